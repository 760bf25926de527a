// SPDX-License-Identifier: BSL-1.0
//
// A stream over a pipe's end, a terminal or another character device. Writing to a pipe that nobody
// reads is EPIPE and never a signal.
#pragma once

#include "api/io/transport.hpp"

namespace weft::detail {

transport& pipe_transport() noexcept;

// Makes the descriptor's reads and writes non-blocking, for this process alone where the system
// lets it. Throws std::system_error; the descriptor is then as it was.
void stop_blocking(int fd, const char* call);

} // namespace weft::detail
