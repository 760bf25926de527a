// SPDX-License-Identifier: BSL-1.0
//
// TLS over another transport. The handshake is part of the first call that needs it.
//
// OpenSSL is called to try and never to wait: tls_wire answers its reads and writes at once. Two
// tasks may be at it, one that reads and one that writes, each inside it only while it runs. What
// one of them finds out, the end of the handshake or a failure, the other may be asleep for: so it
// is woken.
#pragma once

#include "api/io/layer.hpp"
#include "api/io/tls_failure.hpp"
#include "api/io/tls_settings.hpp"
#include "api/io/tls_wire.hpp"

#include <weft/tls.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weft::detail {

class tls_transport final : public layer {
  public:
    // `server_name`: whom a client asks for. Throws std::invalid_argument.
    tls_transport(std::shared_ptr<tls_settings> settings, std::string_view server_name,
                  const char* call);

    void connect(transport& below, std::unique_ptr<transport> owned, std::string received) override;

    attempt receive(descriptor& d, std::span<char> out, const char* call) override;
    attempt send(descriptor& d, std::span<const iovec> pieces, const char* call) override;
    attempt end_sending(descriptor& d, const char* call) override;
    attempt prepare(descriptor& d, const char* call) override;
    attempt flush(descriptor& d, const char* call) override;
    void closing(descriptor& d) noexcept override;
    const tls_transport* as_tls() const noexcept override { return this; }

    // Nothing before the handshake is done.
    std::optional<tls_info> info() const;

    // OpenSSL's callback.
    static int keep_session(SSL* connection, SSL_SESSION* session);

  private:
    void expect_server(std::string_view name, const char* call);
    attempt handshake(descriptor& d, const char* call);
    std::optional<tls_failure> failure_of(int ssl_error) const;
    attempt after_failure(descriptor& d, int ssl_error, int wire_error, const char* call);
    [[noreturn]] void fail(descriptor& d, tls_failure why, const char* call);
    void throw_if_failed(const char* call) const;
    void wake_others(descriptor& d) const;
    std::size_t send_record(std::span<const char> data);
    std::size_t send_records(std::span<const char> data, std::span<char> scratch);
    std::size_t send_together(std::span<const iovec> pieces, std::span<char> scratch);

    std::shared_ptr<tls_settings> settings_;
    tls_wire wire_; // outlives the connection
    std::unique_ptr<SSL, ssl_free> connection_;
    std::string server_name_;
    bool established_ = false;
    bool ended_sending_ = false;
    std::optional<tls_failure> failure_; // for good
};

} // namespace weft::detail
