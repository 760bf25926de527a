// SPDX-License-Identifier: BSL-1.0
#include "api/io/server_core.hpp"

#include <weft/errors.hpp>
#include <weft/server.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {

connection_handler::~connection_handler() = default;

server start_server(std::shared_ptr<connection_handler> handler, std::string_view host,
                    std::uint16_t port, const listen_options& options, source_location where) {
    return server_core::start(listener_core::open("weft::start_server", host, port, options),
                              std::move(handler), options, where);
}

server start_unix_server(std::shared_ptr<connection_handler> handler, std::string_view path,
                         const listen_options& options, source_location where) {
    return server_core::start(listener_core::open_unix("weft::start_unix_server", path, options),
                              std::move(handler), options, where);
}

} // namespace detail

server::server() noexcept = default;
server::server(std::shared_ptr<detail::server_core> core) noexcept : core_(std::move(core)) {}
server::server(server&&) noexcept = default;

server& server::operator=(server&& other) noexcept {
    if (this != &other) {
        end();
        core_ = std::move(other.core_);
    }
    return *this;
}

server::~server() {
    end();
}

void server::end() noexcept {
    if (const auto core = std::move(core_)) {
        core->stop();
        core->cancel_connections();
        core->join();
    }
}

void server::serve_forever() {
    constexpr auto call = "weft::server::serve_forever";
    const auto core = core_; // this handle may be moved or destroyed meanwhile
    if (core == nullptr) {
        return;
    }
    try {
        core->wait_until_over(call);
    } catch (const cancelled&) {
        core->stop();
        core->wait_until_over(call);
        throw;
    }
}

void server::close() noexcept {
    if (core_ != nullptr) {
        core_->stop();
    }
}

void server::close_clients() noexcept {
    if (core_ != nullptr) {
        core_->cancel_connections();
    }
}

void server::wait_closed() {
    if (const auto core = core_) {
        core->wait_until_over("weft::server::wait_closed");
    }
}

bool server::is_serving() const noexcept {
    return core_ != nullptr && !core_->stopped();
}

std::size_t server::connections() const noexcept {
    return core_ != nullptr ? core_->connections() : 0;
}

endpoint server::local_endpoint() const {
    return local_endpoints().front();
}

std::vector<endpoint> server::local_endpoints() const {
    constexpr auto call = "weft::server::local_endpoint";
    if (core_ == nullptr) {
        detail::throw_closed(call);
    }
    return core_->listening().local_endpoints(call);
}

} // namespace weft
