// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls_failure.hpp"

#include <fmt/format.h>

#include <cstring>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace weft::detail {

namespace {

std::string text_of(unsigned long error) {
    if (ERR_SYSTEM_ERROR(error)) {
        return std::strerror(ERR_GET_REASON(error));
    }
    if (const char* reason = ERR_reason_error_string(error)) {
        return reason;
    }
    return fmt::format("OpenSSL error {:#x}", error);
}

std::string alert_text(int alert) {
    if (alert == TLS13_AD_CERTIFICATE_REQUIRED) {
        return "certificate required"; // OpenSSL 3.0 has no word for it
    }
    return SSL_alert_desc_string_long(alert);
}

std::string why_rejected(const SSL* connection) {
    const long result = SSL_get_verify_result(connection);
    return fmt::format("the peer's certificate was rejected: {}",
                       X509_verify_cert_error_string(result));
}

} // namespace

tls_failure read_tls_failure(const SSL* connection, bool established) {
    const unsigned long first = ERR_peek_error();
    ERR_clear_error();
    if (first == 0) {
        return {tls_errc::protocol_error, "OpenSSL gives no reason"};
    }
    if (ERR_GET_LIB(first) != ERR_LIB_SSL) {
        return {tls_errc::protocol_error, text_of(first)};
    }
    const int reason = ERR_GET_REASON(first);
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return {tls_errc::certificate_rejected,
                connection != nullptr ? why_rejected(connection) : text_of(first)};
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return {tls_errc::certificate_rejected, "the peer has shown no certificate"};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
        return {tls_errc::not_tls, fmt::format("the peer does not speak TLS ({})", text_of(first))};
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return {tls_errc::truncated,
                established ? "the connection ended without TLS's closing message: what came may "
                              "be cut off"
                            : "the peer has closed the connection during the TLS handshake"};
    default:
        break;
    }
    if (reason > SSL_AD_REASON_OFFSET) {
        return {tls_errc::refused_by_peer, fmt::format("the peer has sent the TLS alert '{}'",
                                                       alert_text(reason - SSL_AD_REASON_OFFSET))};
    }
    return {tls_errc::protocol_error, text_of(first)};
}

void throw_bad_tls_configuration(const std::string& what) {
    throw tls_error(tls_errc::bad_configuration,
                    fmt::format("{}: {}", what, read_tls_failure(nullptr, false).text));
}

} // namespace weft::detail
