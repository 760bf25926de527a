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

// What system calls say of an address when this machine has no way to such addresses at all, which
// says little of the address.
bool is_lack_of_way(int error_number) noexcept;

// Of a network interface, by its name or as text; 0 when there is none.
unsigned interface_number(std::string_view name_or_number);

// The same address with another port.
endpoint with_port(const endpoint& e, std::uint16_t port) noexcept;

// resolve(), naming `call`. Needs a task only where `host` is a name.
std::vector<endpoint> resolve_for(const char* call, std::string_view host, std::uint16_t port);

} // namespace weft::detail
