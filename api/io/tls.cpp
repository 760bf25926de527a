// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls.hpp"

#include "api/io/tls_transport.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace weft {

namespace detail {

void put_tls_over(stream_core& s, const tls_context& context, std::string_view server_name,
                  const char* call) {
    const std::shared_ptr<tls_settings>& settings = tls_settings::of(context);
    if (!settings) {
        throw invalid_state(fmt::format("{}: the tls_context was moved from", call));
    }
    s.put_over(std::make_unique<tls_transport>(settings, server_name, call));
}

} // namespace detail

stream start_tls(stream s, const tls_context& context, std::string_view server_name) {
    constexpr auto call = "weft::start_tls";
    detail::stream_core& core = detail::stream_core::of(s, call);
    const detail::stream_core::use reading(core, &detail::stream_core::reading, call);
    const detail::stream_core::use writing(core, &detail::stream_core::writing, call);
    if (!context.is_server() && !core.buffer.empty()) {
        throw tls_error(
            tls_errc::not_tls,
            fmt::format("{}: the server has sent {} bytes of plain text before the handshake; "
                        "somebody may have put them there",
                        call, core.buffer.size()));
    }
    detail::put_tls_over(core, context, server_name, call);
    core.prepare(call);
    return s;
}

tls_info tls_info_of(const stream& s) {
    constexpr auto call = "weft::tls_info_of";
    const detail::stream_core& core = detail::stream_core::of(s, call);
    core.require_own_loop(call);
    const detail::tls_transport* tls = core.way().as_tls();
    std::optional<tls_info> info = tls != nullptr ? tls->info() : std::nullopt;
    if (!info) {
        throw invalid_state(fmt::format(
            "{}: {}", call,
            tls == nullptr ? "it is no TLS stream"
                           : "the handshake is not done; call stream::handshake() before"));
    }
    return *std::move(info);
}

} // namespace weft
