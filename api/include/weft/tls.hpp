// SPDX-License-Identifier: BSL-1.0
//
// TLS over a stream, by OpenSSL: what both sides agree on stands in a tls_context, and start_tls()
// turns a stream into one that is encrypted. asyncio's ssl.SSLContext and start_tls.
//
// A TLS stream is a stream like any other, with these differences. The end of the stream is the
// peer's closing message; a connection that ends without one was cut off, and reading throws
// tls_error (truncated). shutdown_write() sends that message, and may block until there is room for
// it; close() sends it if that needs no waiting. release() throws invalid_state. One task may read
// while another writes.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/stream.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace weft {

namespace detail {
class tls_settings;
}

enum class tls_errc {
    not_tls = 1,          // what the peer has sent is no TLS, or came in plain text before it
    certificate_rejected, // the peer's certificate is not trusted, or is for another name
    refused_by_peer,      // the peer has ended it with an alert, which the text names
    truncated,            // the connection ended without the peer's closing message
    protocol_error,       // nothing in common (version, cipher), or a record that is not right
    bad_configuration,    // a file that cannot be read, a key that does not fit its certificate
};

// An error_code's category of these, named "weft.tls".
WEFT_API const std::error_category& tls_category() noexcept;
inline std::error_code make_error_code(tls_errc e) noexcept {
    return {static_cast<int>(e), tls_category()};
}

// What TLS has to say against a connection or a configuration. Errors of the socket underneath stay
// what they are: std::system_error with the system's reason. Python's ssl.SSLError.
class WEFT_API tls_error : public std::system_error {
  public:
    tls_error(tls_errc why, const std::string& text);
    ~tls_error() override;
};

enum class tls_version { tls_1_2, tls_1_3 };

struct tls_client_options {
    bool verify = true;                // the server's certificate and name
    std::string ca_file = {};          // trusted certificates (PEM), a file and a folder as made by
    std::string ca_path = {};          // `openssl rehash`; both empty: the system's
    std::string certificate_file = {}; // this client's own chain (PEM), if servers ask for one
    std::string private_key_file = {}; // empty: in certificate_file
    std::string private_key_password = {};
    std::vector<std::string> alpn = {}; // application protocols, the preferred one first
    tls_version min_version = tls_version::tls_1_2;
};

enum class tls_client_certificate { ignored, optional, required };

struct tls_server_options {
    // Application protocols, the preferred one first. A client that offers others only is refused.
    std::vector<std::string> alpn = {};
    tls_client_certificate client_certificate = tls_client_certificate::ignored;
    std::string client_ca_file = {}; // whose certificates clients may show (PEM)
    bool session_tickets = true;     // so that clients may resume their sessions
    std::string private_key_password = {};
    tls_version min_version = tls_version::tls_1_2;
};

// What the two sides of a connection need to know beforehand. A handle: copies share one state,
// which connections keep alive. Thread-safe: one context may serve several loops. Making one reads
// files.
//
// A client's context keeps the sessions that servers offer, by the server's name, so that the next
// connection there is set up faster; the oldest go first when they become many.
class WEFT_API tls_context {
  public:
    // A client's, with the system's trusted certificates.
    tls_context();

    // Throw tls_error (bad_configuration) naming the file, std::invalid_argument for an ALPN name
    // that is empty or longer than 255 bytes, std::system_error (ENOTSUP) where weft was built
    // without TLS.
    static tls_context client(const tls_client_options& options = {});
    // The files (PEM) hold the server's certificate, followed by those that lead to a trusted one,
    // and its key.
    static tls_context server(const std::string& certificate_chain_file,
                              const std::string& private_key_file,
                              const tls_server_options& options = {});

    bool is_server() const noexcept;

  private:
    friend class detail::tls_settings;
    explicit tls_context(std::shared_ptr<detail::tls_settings> settings) noexcept;

    std::shared_ptr<detail::tls_settings> settings_;
};

// start_tls blocks until the handshake is done and gives the stream back, encrypted; wrap it in
// with_timeout() against peers that say nothing. With a client's context, `server_name` is whom to
// ask for, and its certificate must be for that name or numeric address; with a server's context,
// leave it empty. Cancellable. When it fails or is cancelled the stream is closed.
//
// A server may have received the beginning of the handshake already, by reading the line before it:
// it counts. Such bytes are never taken for text: what an attacker has put in front of the
// handshake makes it fail (not_tls). A client has nothing to receive before its own first message,
// so anything there is refused.
//
// Throws tls_error and std::system_error; std::invalid_argument when a verifying client is given no
// name, and for one with a zero byte; busy when a task is reading or writing.
WEFT_API stream start_tls(stream s, const tls_context& context, std::string_view server_name = {});

// What a handshake has agreed upon.
struct tls_info {
    std::string protocol;     // "TLSv1.3"
    std::string cipher;       // "TLS_AES_256_GCM_SHA384"
    std::string alpn;         // empty: none
    std::string peer_subject; // of the peer's certificate (RFC 2253); empty: it has shown none
    bool session_reused = false;
};

// Throws invalid_state when the stream is no TLS stream or its handshake is not done; see
// stream::handshake().
WEFT_API tls_info tls_info_of(const stream& s);

} // namespace weft

template <>
struct std::is_error_code_enum<weft::tls_errc> : std::true_type {};
