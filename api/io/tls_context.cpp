// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls_failure.hpp"
#include "api/io/tls_settings.hpp"
#include "api/io/tls_transport.hpp"

#include <weft/tls.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <utility>

namespace weft {

namespace detail {

namespace {

constexpr const char* of_client = "weft::tls_context::client";
constexpr const char* of_server = "weft::tls_context::server";

std::string as_sent(const std::vector<std::string>& protocols, const char* call) {
    std::string sent;
    for (const std::string& p : protocols) {
        if (p.empty() || p.size() > 255) {
            throw std::invalid_argument(
                fmt::format("{}: ALPN names have 1 to 255 bytes; one here has {}", call, p.size()));
        }
        sent += static_cast<char>(p.size());
        sent += p;
    }
    return sent;
}

const unsigned char* as_bytes(const std::string& s) noexcept {
    return reinterpret_cast<const unsigned char*>(s.data());
}

int give_password(char* out, int size, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) {
        return -1; // and never ask at the terminal, as OpenSSL would
    }
    std::copy(text.begin(), text.end(), out);
    return static_cast<int>(text.size());
}

} // namespace

tls_settings::tls_settings(bool server, bool verify)
    : is_server(server),
      verifies(verify),
      context_(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) {
    if (!context_) {
        throw_bad_tls_configuration("weft::tls_context: OpenSSL makes no context");
    }
    SSL_CTX* c = context_.get();
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A quiet connection holds no buffers; a record that is written again may have moved.
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_read_ahead(c, 1); // a record's head and body in one recv
}

void tls_settings::require_at_least(tls_version v) {
    SSL_CTX_set_min_proto_version(context_.get(),
                                  v == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
}

void tls_settings::use_certificate(const std::string& chain_file, const std::string& key_file,
                                   std::string password) {
    const char* call = is_server ? of_server : of_client;
    SSL_CTX* c = context_.get();
    SSL_CTX_set_default_passwd_cb(c, &give_password);
    SSL_CTX_set_default_passwd_cb_userdata(c, &password);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(c, chain_file.c_str()) != 1) {
        throw_bad_tls_configuration(fmt::format("{}: certificate file '{}'", call, chain_file));
    }
    const std::string& key = key_file.empty() ? chain_file : key_file;
    if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(c) != 1) {
        throw_bad_tls_configuration(fmt::format("{}: key file '{}'", call, key));
    }
    SSL_CTX_set_default_passwd_cb(c, nullptr);
    SSL_CTX_set_default_passwd_cb_userdata(c, nullptr);
}

std::shared_ptr<tls_settings> tls_settings::client(const tls_client_options& options) {
    auto made = std::make_shared<tls_settings>(false, options.verify);
    SSL_CTX* c = made->context_.get();
    ERR_clear_error();
    made->require_at_least(options.min_version);
    SSL_CTX_set_verify(c, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (options.ca_file.empty() && options.ca_path.empty()) {
        SSL_CTX_set_default_verify_paths(c);
    }
    if (!options.ca_file.empty() && SSL_CTX_load_verify_file(c, options.ca_file.c_str()) != 1) {
        throw_bad_tls_configuration(fmt::format("{}: ca_file '{}'", of_client, options.ca_file));
    }
    if (!options.ca_path.empty() && SSL_CTX_load_verify_dir(c, options.ca_path.c_str()) != 1) {
        throw_bad_tls_configuration(fmt::format("{}: ca_path '{}'", of_client, options.ca_path));
    }
    if (!options.certificate_file.empty()) {
        made->use_certificate(options.certificate_file, options.private_key_file,
                              options.private_key_password);
    }
    const std::string protocols = as_sent(options.alpn, of_client);
    if (!protocols.empty()) {
        SSL_CTX_set_alpn_protos(c, as_bytes(protocols), static_cast<unsigned>(protocols.size()));
    }
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, &tls_transport::keep_session);
    return made;
}

std::shared_ptr<tls_settings> tls_settings::server(const std::string& certificate_chain_file,
                                                   const std::string& private_key_file,
                                                   const tls_server_options& options) {
    auto made = std::make_shared<tls_settings>(true, false);
    SSL_CTX* c = made->context_.get();
    ERR_clear_error();
    made->require_at_least(options.min_version);
    made->use_certificate(certificate_chain_file, private_key_file, options.private_key_password);
    if (!options.client_ca_file.empty()) {
        const char* file = options.client_ca_file.c_str();
        if (SSL_CTX_load_verify_file(c, file) != 1) {
            throw_bad_tls_configuration(fmt::format("{}: client_ca_file '{}'", of_server, file));
        }
        SSL_CTX_set_client_CA_list(c, SSL_load_client_CA_file(file)); // whom clients are told
    }
    switch (options.client_certificate) {
    case tls_client_certificate::ignored:
        break;
    case tls_client_certificate::optional:
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
        break;
    case tls_client_certificate::required:
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        break;
    }
    made->protocols_ = as_sent(options.alpn, of_server);
    if (!made->protocols_.empty()) {
        SSL_CTX_set_alpn_select_cb(c, &tls_settings::choose_protocol, made.get());
    }
    // Sessions live in the clients' tickets, and here is nothing that could grow.
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    constexpr unsigned char name[] = "weft";
    SSL_CTX_set_session_id_context(c, name, sizeof(name));
    if (!options.session_tickets) {
        SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(c, 0);
    }
    return made;
}

int tls_settings::choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                                  const unsigned char* offered, unsigned offered_size, void* self) {
    const std::string& ours = static_cast<const tls_settings*>(self)->protocols_;
    unsigned char* chosen = nullptr;
    const int how = SSL_select_next_proto(
        &chosen, size, as_bytes(ours), static_cast<unsigned>(ours.size()), offered, offered_size);
    *out = chosen;
    return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL* tls_settings::new_connection() const {
    SSL* made = SSL_new(context_.get());
    if (made == nullptr) {
        ERR_clear_error();
        throw std::bad_alloc();
    }
    return made;
}

} // namespace detail

tls_context::tls_context() : tls_context(client()) {}

tls_context::tls_context(std::shared_ptr<detail::tls_settings> settings) noexcept
    : settings_(std::move(settings)) {}

tls_context tls_context::client(const tls_client_options& options) {
    return tls_context(detail::tls_settings::client(options));
}

tls_context tls_context::server(const std::string& certificate_chain_file,
                                const std::string& private_key_file,
                                const tls_server_options& options) {
    return tls_context(
        detail::tls_settings::server(certificate_chain_file, private_key_file, options));
}

bool tls_context::is_server() const noexcept {
    return settings_ != nullptr && settings_->is_server;
}

} // namespace weft
