// SPDX-License-Identifier: BSL-1.0
#include "micro/allocations.hpp"

#include <cerrno>
#include <cstdlib>

namespace {

thread_local std::size_t count = 0;

} // namespace

std::size_t copg::micro::allocations() noexcept {
    return count;
}

#if defined COPG_COUNTS_ALLOCATIONS && defined __GLIBC__

// The executable's own functions come before those of the C library for every library of the
// process (glibc manual, Replacing malloc).
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
    ++count;
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
    ++count;
    return __libc_calloc(number, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
    ++count;
    return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    ++count;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    ++count;
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
}

} // extern "C"

#endif
