#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Installs the build into a temporary folder and builds a program against it as a user would.
# $1 build folder, $2 source folder, $3 prefix, $4… the compiler
set -eu
build=$1 source=$2 prefix=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$folder" >/dev/null
installed=$folder$prefix
config=$(dirname "$(find "$installed" -name copg.pc)")
flags() {
    PKG_CONFIG_PATH=$config pkg-config --define-variable=prefix="$installed" "$@"
}
printf '#include <copg/copg.hpp>\n#include <copg/testing/leak_probe.hpp>\n#include <copg/testing/temporary_cluster.hpp>\n' >"$folder/testing.cpp"
"$@" -fsyntax-only $(flags --cflags copg-testing) "$folder/testing.cpp"
if [ -e "$config/copg-config.pc" ]; then
    "$@" $(flags --cflags copg-config) "$source/examples/configured.cpp" -o "$folder/configured" \
        $(flags --libs copg-config) -pthread
fi
"$@" $(flags --cflags copg) "$source/examples/smallest.cpp" -o "$folder/smallest" \
    $(flags --libs copg) -pthread
if LD_LIBRARY_PATH=$(dirname "$(find "$installed" -name libcopg.so)") "$folder/smallest" nonsense \
    2>"$folder/said"; then
    echo 'a nonsensical connection string was accepted' && exit 1
fi
grep -q 'invalid connection string' "$folder/said"
echo '1 test case out of 1 passed'
