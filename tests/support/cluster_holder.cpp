// SPDX-License-Identifier: BSL-1.0
// Makes a temporary cluster, prints its folder, and waits to be killed.
#include <copg/testing/temporary_cluster.hpp>

#include <cstdio>
#include <unistd.h>

int main() {
    copg::testing::temporary_cluster const cluster;
    std::puts(cluster.directory().c_str());
    std::fflush(stdout);
    while (true)
        ::pause();
}
