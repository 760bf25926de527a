// SPDX-License-Identifier: BSL-1.0
//
// Putting TLS over a stream, whether weft was built with it or not.
#pragma once

#include "api/io/stream_core.hpp"

#include <weft/tls.hpp>

#include <string_view>

namespace weft::detail {

// The handshake is left to the first call that needs it. Throws std::invalid_argument.
void put_tls_over(stream_core& s, const tls_context& context, std::string_view server_name,
                  const char* call);

} // namespace weft::detail
