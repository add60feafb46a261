// SPDX-License-Identifier: BSL-1.0
// Makes a temporary cluster and a standby of it, prints their folders, and waits to be killed.
#include <copg/testing/temporary_cluster.hpp>

#include <cstdio>
#include <unistd.h>

int main() {
    copg::testing::temporary_cluster const cluster;
    copg::testing::temporary_cluster const standby{
        copg::testing::cluster_options{}.standby_of(cluster)};
    std::puts(cluster.directory().c_str());
    std::puts(standby.directory().c_str());
    std::fflush(stdout);
    while (true)
        ::pause();
}
