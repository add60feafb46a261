#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# symbols.sh LIBRARY NM: the library may call these functions of libpq and no others. None of them
# waits for the network; those marked run on helper threads.
set -eu
library=$1
nm=$2

allowed='
PQbackendPID PQbinaryTuples PQclear PQcmdStatus PQcmdTuples PQconndefaults PQconninfo PQconninfoFree
PQconninfoParse PQconsumeInput PQenterPipelineMode PQerrorMessage PQexitPipelineMode PQfformat
PQfinish PQflush PQfmod PQfname PQfnumber PQfreeCancel PQfreemem PQfsize PQftable PQftablecol
PQftype PQgetCancel PQgetCopyData PQgetResult PQgetisnull PQgetlength PQgetvalue PQgssEncInUse
PQisBusy PQisnonblocking PQlibVersion PQnfields PQnotifies PQntuples PQparameterStatus
PQpipelineStatus PQpipelineSync PQputCopyData PQputCopyEnd PQresultErrorField
PQresultErrorMessage PQresultStatus PQsendDescribePrepared PQsendFlushRequest PQsendPrepare
PQsendQuery PQsendQueryParams PQsendQueryPrepared PQserverVersion PQsetErrorVerbosity
PQsetNoticeReceiver PQsetSingleRowMode PQsetnonblocking PQsocket PQsslInUse PQstatus
PQtransactionStatus
PQconnectStartParams PQconnectPoll
PQcancel
PQcancelCreate PQcancelFinish PQcancelPoll PQcancelSocket PQcancelStart PQsendClosePrepared
PQsendPipelineSync PQsetChunkedRowsMode
' # connecting and PQcancel: on helper threads; the last two lines: libpq 17 and newer

used=$("$nm" --dynamic --undefined-only "$library" | sed -n 's/^.* U \(\(PQ\|pq\|lo_\)[^@ ]*\).*/\1/p')
[ -n "$used" ] || { echo "no function of libpq found in $library"; exit 1; }

failed=0
for name in $used; do
    case " $(echo $allowed) " in
    *" $name "*) ;;
    *) echo "$library calls $name, which is not on the list"; failed=1 ;;
    esac
done
[ $failed = 0 ] && echo "$(echo "$used" | wc -l) functions of libpq, all on the list"
exit $failed
