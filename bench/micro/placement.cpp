// SPDX-License-Identifier: BSL-1.0
#include "micro/placement.hpp"

#include <sched.h>

namespace copg::micro {

void stay_on_one_cpu() {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    auto last = CPU_SETSIZE - 1; // interrupts are served by the first ones
    while (last > 0 && CPU_ISSET(last, &allowed) == 0)
        --last;
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    CPU_SET(last, &wanted);
    ::sched_setaffinity(0, sizeof wanted, &wanted);
}

} // namespace copg::micro
