// SPDX-License-Identifier: BSL-1.0
//
// From names of hosts to addresses, by the system's resolver (getaddrinfo).
#pragma once

#include <weft/detail/export.hpp>
#include <weft/endpoint.hpp>

#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

namespace weft {

// resolve blocks until the addresses of `host` are known and returns them, at least one, each once,
// in the order in which to try them (RFC 6724, as the system is configured). Numeric addresses,
// also with an interface ("fe80::1%eth0"), are answered at once; for names the system is asked on a
// thread of the loop's own, kept apart from those of to_thread().
//
// Cancellable: the task leaves at once with `cancelled`, and an answer that comes later is dropped;
// run() waits at its end for questions that are still being asked. Throws std::system_error naming
// the host: in resolve_category() what the resolver says (EAI_NONAME: there is no such host,
// EAI_AGAIN: not now ...), in std::system_category() a failure of the system; not_in_task,
// no_running_loop. asyncio.loop.getaddrinfo.
WEFT_API std::vector<endpoint> resolve(std::string_view host, std::uint16_t port);

// The same with the name of a TCP service, such as "https", or a number as text.
WEFT_API std::vector<endpoint> resolve(std::string_view host, std::string_view service);

// Of the resolver's error codes, <netdb.h>'s EAI_*. EAI_AGAIN equals
// std::errc::resource_unavailable_try_again, EAI_MEMORY std::errc::not_enough_memory. Any thread.
WEFT_API const std::error_category& resolve_category() noexcept;

} // namespace weft
