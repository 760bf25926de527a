// SPDX-License-Identifier: BSL-1.0
#include "api/io/names.hpp"
#include "api/thread_call.hpp"

#include <weft/resolve.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace weft {

namespace {

class resolver_errors final : public std::error_category {
  public:
    const char* name() const noexcept override { return "name resolution"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
    std::error_condition default_error_condition(int code) const noexcept override {
        switch (code) {
        case EAI_AGAIN:
            return std::errc::resource_unavailable_try_again;
        case EAI_MEMORY:
            return std::errc::not_enough_memory;
        default:
            return {code, *this};
        }
    }
};

// One question to the system. It owns what it refers to: its asker may have left.
struct question {
    const char* call;
    std::string host;
    std::string service; // empty: none

    std::vector<endpoint> ask() const;
    [[noreturn]] void fail(std::error_code why) const {
        throw std::system_error(why, service.empty()
                                         ? fmt::format("{}: {}", call, host)
                                         : fmt::format("{}: {}, service {}", call, host, service));
    }
    void require_text() const {
        // The resolver would see the part before the zero only.
        if (host.empty() || (host + service).find('\0') != std::string::npos) {
            fail({EAI_NONAME, resolve_category()});
        }
    }
};

std::vector<endpoint> question::ask() const {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM; // or each address comes once for each type
    addrinfo* found = nullptr;
    const int result =
        ::getaddrinfo(host.c_str(), service.empty() ? nullptr : service.c_str(), &wanted, &found);
    if (result == EAI_SYSTEM) {
        fail({errno, std::system_category()});
    }
    if (result != 0) {
        fail({result, resolve_category()});
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
    std::vector<endpoint> answer;
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        const endpoint e = endpoint::from(a->ai_addr, a->ai_addrlen);
        if (std::find(answer.begin(), answer.end(), e) == answer.end()) {
            answer.push_back(e);
        }
    }
    if (answer.empty()) {
        fail({EAI_NODATA, resolve_category()});
    }
    return answer;
}

std::vector<endpoint> ask_in_thread(question q) {
    q.require_text();
    const char* const call = q.call;
    return detail::call_in_thread(detail::thread_use::names, call,
                                  [q = std::move(q)] { return q.ask(); });
}

} // namespace

namespace detail {

std::vector<endpoint> resolve_for(const char* call, std::string_view host, std::uint16_t port) {
    if (const auto numeric = numeric_endpoint(host, port)) {
        return {*numeric};
    }
    std::vector<endpoint> found = ask_in_thread({call, std::string(host), {}});
    for (endpoint& e : found) {
        e = with_port(e, port);
    }
    return found;
}

} // namespace detail

const std::error_category& resolve_category() noexcept {
    static const resolver_errors category;
    return category;
}

std::vector<endpoint> resolve(std::string_view host, std::uint16_t port) {
    constexpr auto call = "weft::resolve";
    detail::require_running_task(call);
    return detail::resolve_for(call, host, port);
}

std::vector<endpoint> resolve(std::string_view host, std::string_view service) {
    constexpr auto call = "weft::resolve";
    detail::require_running_task(call);
    std::uint16_t port = 0;
    const auto* const end = service.data() + service.size();
    if (const auto number = std::from_chars(service.data(), end, port);
        number.ec == std::errc() && number.ptr == end) {
        return detail::resolve_for(call, host, port);
    }
    question q{call, std::string(host), std::string(service)};
    if (service.empty()) {
        q.fail({EAI_SERVICE, resolve_category()});
    }
    return ask_in_thread(std::move(q));
}

} // namespace weft
