// SPDX-License-Identifier: BSL-1.0
#include "api/io/listener_core.hpp"

#include <weft/listener.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {

listener_handle::listener_handle(listener_handle&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)) {}

listener_handle& listener_handle::operator=(listener_handle&& other) noexcept {
    listener_handle old(std::exchange(core_, std::exchange(other.core_, nullptr)));
    return *this;
}

listener_handle::~listener_handle() {
    close();
    if (core_ != nullptr) {
        core_->release();
    }
}

listener_core& listener_handle::core(const char* call) const {
    if (core_ == nullptr) {
        throw_closed(call);
    }
    return *core_;
}

void listener_handle::close() noexcept {
    if (core_ != nullptr) {
        core_->stop();
    }
}

int listener_handle::native_handle() const noexcept {
    return core_ != nullptr ? core_->native_handle() : -1;
}

} // namespace detail

listener::listener(std::string_view host, std::uint16_t port, const listen_options& options)
    : listener_handle(detail::listener_core::open("weft::listener", host, port, options)) {}

stream listener::accept() {
    constexpr auto call = "weft::listener::accept";
    return core(call).accept(call);
}

endpoint listener::local_endpoint() const {
    return local_endpoints().front();
}

std::vector<endpoint> listener::local_endpoints() const {
    constexpr auto call = "weft::listener::local_endpoint";
    return core(call).local_endpoints(call);
}

unix_listener::unix_listener(std::string_view path, const listen_options& options)
    : listener_handle(detail::listener_core::open_unix("weft::unix_listener", path, options)) {}

stream unix_listener::accept() {
    constexpr auto call = "weft::unix_listener::accept";
    return core(call).accept(call);
}

endpoint unix_listener::local_endpoint() const {
    constexpr auto call = "weft::unix_listener::local_endpoint";
    return core(call).local_endpoints(call).front();
}

} // namespace weft
