// SPDX-License-Identifier: BSL-1.0
//
// A stream over a connected socket. Writing to a peer that is gone is EPIPE and never a signal.
#pragma once

#include "api/io/transport.hpp"

namespace weft::detail {

transport& socket_transport() noexcept;

} // namespace weft::detail
