// SPDX-License-Identifier: BSL-1.0
//
// Addresses for calls that take a host: what is numeric is taken as it is, what is a name is
// resolved. The errors name the call that the program has made.
#pragma once

#include <weft/endpoint.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weft::detail {

// The address that the text is, if it is one. Never blocks.
std::optional<endpoint> numeric_endpoint(std::string_view host, std::uint16_t port);

// The same address with another port.
endpoint with_port(const endpoint& e, std::uint16_t port) noexcept;

// resolve(), naming `call`. Needs a task only where `host` is a name.
std::vector<endpoint> resolve_for(const char* call, std::string_view host, std::uint16_t port);

} // namespace weft::detail
