// SPDX-License-Identifier: BSL-1.0
//
// <weft/tls.hpp> where weft was built without OpenSSL: no context can be made, and nothing else be
// reached.
#include "api/io/tls.hpp"

#include <weft/errors.hpp>

#include <utility>

namespace weft {

namespace {

[[noreturn]] void throw_unsupported(const char* call) {
    throw std::system_error(
        ENOTSUP, std::system_category(),
        std::string(call) +
            ": weft was built without TLS; install OpenSSL 3 and build it with -Dtls=enabled");
}

} // namespace

namespace detail {

class tls_settings {};

void put_tls_over(stream_core&, const tls_context&, std::string_view, const char* call) {
    throw_unsupported(call);
}

} // namespace detail

tls_context::tls_context() {
    throw_unsupported("weft::tls_context");
}

tls_context tls_context::client(const tls_client_options&) {
    throw_unsupported("weft::tls_context::client");
}

tls_context tls_context::server(const std::string&, const std::string&, const tls_server_options&) {
    throw_unsupported("weft::tls_context::server");
}

bool tls_context::is_server() const noexcept {
    return false;
}

stream start_tls(stream, const tls_context&, std::string_view) {
    throw_unsupported("weft::start_tls");
}

tls_info tls_info_of(const stream&) {
    throw invalid_state("weft::tls_info_of: it is no TLS stream");
}

} // namespace weft
