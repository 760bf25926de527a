// SPDX-License-Identifier: BSL-1.0
#include "tests/support/net_resolver.hpp"

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include <dlfcn.h>
#include <netdb.h>

namespace weft::test {

namespace {

struct entry {
    std::vector<std::string> addresses;
    int result = 0;
    int error_number = 0;
    bool closed = false;
    int asked = 0;
    int waiting = 0;
};

std::mutex mutex;
std::condition_variable gate_opened;
std::map<std::string, entry> names;

using function = int(const char*, const char*, const addrinfo*, addrinfo**);

function* libc() noexcept {
    static auto* const next = reinterpret_cast<function*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return next;
}

// libc frees them one by one, so lists of its own making can be joined.
int join(const entry& e, const char* service, const addrinfo* hints, addrinfo** result) {
    *result = nullptr;
    addrinfo** end = result;
    for (const std::string& address : e.addresses) {
        const int code = libc()(address.c_str(), service, hints, end);
        if (code != 0) {
            return code;
        }
        while (*end != nullptr) {
            end = &(*end)->ai_next;
        }
    }
    return 0;
}

} // namespace

made_up_names::made_up_names() = default;

made_up_names::~made_up_names() {
    std::unique_lock lock(mutex);
    for (auto& [name, e] : names) {
        e.closed = false;
    }
    gate_opened.notify_all();
    gate_opened.wait(lock, [] {
        for (const auto& [name, e] : names) {
            if (e.waiting > 0) {
                return false;
            }
        }
        return true;
    });
    names.clear();
}

void made_up_names::add(const std::string& name, std::vector<std::string> addresses) {
    const std::lock_guard lock(mutex);
    names[name].addresses = std::move(addresses);
}

void made_up_names::add_failure(const std::string& name, int result, int error_number) {
    const std::lock_guard lock(mutex);
    names[name].result = result;
    names[name].error_number = error_number;
}

void made_up_names::close_gate(const std::string& name) {
    const std::lock_guard lock(mutex);
    names[name].closed = true;
}

void made_up_names::open_gate(const std::string& name) {
    const std::lock_guard lock(mutex);
    names[name].closed = false;
    gate_opened.notify_all();
}

int made_up_names::asked(const std::string& name) const {
    const std::lock_guard lock(mutex);
    return names[name].asked;
}

int made_up_names::waiting(const std::string& name) const {
    const std::lock_guard lock(mutex);
    return names[name].waiting;
}

} // namespace weft::test

extern "C" __attribute__((visibility("default"))) int
getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** result) {
    using namespace weft::test;
    std::unique_lock lock(mutex);
    const auto found = host != nullptr ? names.find(host) : names.end();
    if (found == names.end()) {
        lock.unlock();
        return libc()(host, service, hints, result);
    }
    entry& e = found->second;
    ++e.asked;
    ++e.waiting;
    gate_opened.wait(lock, [&e] { return !e.closed; });
    --e.waiting;
    gate_opened.notify_all(); // the end of the names may wait for this
    if (e.result != 0) {
        errno = e.error_number;
        return e.result;
    }
    return join(e, service, hints, result);
}
