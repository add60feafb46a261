// SPDX-License-Identifier: BSL-1.0
#include "support/name_server.hpp"

#include <condition_variable>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <netdb.h>

namespace copg::test {
namespace {

struct entry {
    std::vector<std::string> addresses;
    bool held = false;
    std::size_t lookups = 0;
};

std::mutex mutex; // guards all below
std::condition_variable let_go;
std::map<std::string, entry> entries;

using resolver = int(char const*, char const*, addrinfo const*, addrinfo**);

resolver* system_resolver() {
    static auto* const found = reinterpret_cast<resolver*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return found;
}

/// The addresses as one list, in order.
int answer(entry const& known, char const* service, addrinfo const* hints, addrinfo** result) {
    addrinfo** end = result;
    *end = nullptr;
    for (auto const& address : known.addresses) {
        if (auto const failed = system_resolver()(address.c_str(), service, hints, end);
            failed != 0)
            return failed;
        while (*end != nullptr)
            end = &(*end)->ai_next;
    }
    return *result == nullptr ? EAI_NONAME : 0;
}

int resolve(char const* name, char const* service, addrinfo const* hints, addrinfo** result) {
    if (name == nullptr)
        return system_resolver()(name, service, hints, result);
    std::unique_lock lock{mutex};
    auto const found = entries.find(name);
    if (found == entries.end()) {
        lock.unlock();
        return system_resolver()(name, service, hints, result);
    }
    ++found->second.lookups;
    if (!found->second.held)
        return answer(found->second, service, hints, result);
    let_go.wait(lock, [name = std::string{name}] { return !entries.contains(name); });
    return EAI_AGAIN;
}

} // namespace

name_server::name_server() = default;

name_server::~name_server() {
    std::lock_guard const lock{mutex};
    entries.clear();
    let_go.notify_all();
}

void name_server::set(std::string const& name, std::vector<std::string> addresses) {
    std::lock_guard const lock{mutex};
    entries[name].addresses = std::move(addresses);
}

void name_server::hold(std::string const& name) {
    std::lock_guard const lock{mutex};
    entries[name].held = true;
}

std::size_t name_server::lookups(std::string const& name) const {
    std::lock_guard const lock{mutex};
    auto const found = entries.find(name);
    return found == entries.end() ? 0 : found->second.lookups;
}

} // namespace copg::test

extern "C" int
getaddrinfo(char const* name, char const* service, addrinfo const* hints, addrinfo** result) {
    return copg::test::resolve(name, service, hints, result);
}
