// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls_transport.hpp"

#include "api/loop_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <utility>

namespace weft::detail {

namespace {

constexpr std::size_t record = SSL3_RT_MAX_PLAIN_LENGTH;
// What may wait to be sent while the peer sends us what wants an answer and does not read it.
constexpr std::size_t most_kept = std::size_t{64} * 1024;

bool is_address(const std::string& name) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> address;
    return ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

} // namespace

tls_transport::tls_transport(std::shared_ptr<tls_settings> settings, std::string_view server_name,
                             const char* call)
    : settings_(std::move(settings)), connection_(settings_->new_connection()) {
    SSL* c = connection_.get();
    BIO* bio = wire_.make_bio();
    SSL_set_bio(c, bio, bio);
    SSL_set_app_data(c, this);
    if (settings_->is_server) {
        SSL_set_accept_state(c);
        return;
    }
    SSL_set_connect_state(c);
    expect_server(server_name, call);
    if (const tls_session session = settings_->sessions.take(server_name_)) {
        SSL_set_session(c, session.get());
    }
}

void tls_transport::expect_server(std::string_view name, const char* call) {
    if (name.empty()) {
        if (settings_->verifies) {
            throw std::invalid_argument(
                fmt::format("{}: no server name to verify the certificate against; give one, or "
                            "make a context that does not verify",
                            call));
        }
        return;
    }
    if (name.find('\0') != std::string_view::npos) {
        throw std::invalid_argument(fmt::format("{}: a server name with a zero byte", call));
    }
    server_name_ = name.substr(0, name.find('%')); // the interface of a link-local address
    if (server_name_.ends_with('.')) {
        server_name_.pop_back(); // certificates name hosts without it
    }
    SSL* c = connection_.get();
    X509_VERIFY_PARAM* expected = SSL_get0_param(c);
    ERR_clear_error();
    const bool accepted =
        is_address(server_name_)
            ? X509_VERIFY_PARAM_set1_ip_asc(expected, server_name_.c_str()) == 1
            : SSL_set_tlsext_host_name(c, server_name_.c_str()) == 1 &&
                  X509_VERIFY_PARAM_set1_host(expected, server_name_.c_str(), 0) == 1;
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!accepted) {
        ERR_clear_error();
        throw std::invalid_argument(
            fmt::format("{}: '{}' is no name of a server", call, server_name_));
    }
}

void tls_transport::connect(transport& below, std::unique_ptr<transport> owned,
                            std::string received) {
    wire_.connect(below, std::move(owned), std::move(received));
}

int tls_transport::keep_session(SSL* connection, SSL_SESSION* session) {
    auto& self = *static_cast<tls_transport*>(SSL_get_app_data(connection));
    if (self.server_name_.empty() || SSL_SESSION_is_resumable(session) == 0) {
        return 0; // it stays OpenSSL's
    }
    tls_session owned(session);
    try {
        self.settings_->sessions.keep(self.server_name_, std::move(owned));
    } catch (...) { // no memory: the next handshake is a full one
    }
    return 1;
}

// --- failures ---

void tls_transport::wake_others(descriptor& d) const {
    d.loop().descriptors().look_again(d.fd(), reactor::direction::read);
    d.loop().descriptors().look_again(d.fd(), reactor::direction::write);
}

void tls_transport::throw_if_failed(const char* call) const {
    if (failure_) {
        throw tls_error(failure_->why, fmt::format("{}: {}", call, failure_->text));
    }
}

void tls_transport::fail(descriptor& d, tls_failure why, const char* call) {
    failure_ = std::move(why);
    wake_others(d);
    wire_.flush(); // the alert that tells the peer, if there is room for it
    throw tls_error(failure_->why, fmt::format("{}: {}", call, failure_->text));
}

// What a call into OpenSSL has failed of; nothing where it only lacks bytes or the error is the
// wire's.
std::optional<tls_failure> tls_transport::failure_of(int ssl_error) const {
    if (ssl_error == SSL_ERROR_SSL || (ssl_error == SSL_ERROR_SYSCALL && wire_.ended())) {
        return read_tls_failure(connection_.get(), established_);
    }
    return std::nullopt;
}

// A call into OpenSSL has not succeeded. Throws, or says what to wait for or what the system says.
attempt tls_transport::after_failure(descriptor& d, int ssl_error, int wire_error,
                                     const char* call) {
    if (ssl_error == SSL_ERROR_WANT_READ) {
        return attempt::again(wire_.wanted());
    }
    std::optional<tls_failure> why = failure_of(ssl_error);
    if (!why && wire_error != 0) {
        wake_others(d);
        return attempt::failed(wire_error);
    }
    fail(d, why ? std::move(*why) : read_tls_failure(connection_.get(), established_), call);
}

// --- the handshake ---

attempt tls_transport::handshake(descriptor& d, const char* call) {
    ERR_clear_error();
    const int result = SSL_do_handshake(connection_.get());
    attempt outcome{0};
    if (result != 1) {
        const int error = SSL_get_error(connection_.get(), result);
        outcome = after_failure(d, error, wire_.read_error(), call);
        // There is nothing to read that would say why it does not take our part of it.
        if (const int unsent = wire_.write_error(); unsent != 0) {
            return attempt::failed(unsent);
        }
    }
    // The peer waits for what is kept here before it says anything more.
    if (const attempt flushed = wire_.flush(); flushed.bytes == -EAGAIN) {
        return flushed;
    }
    if (result == 1) {
        established_ = true;
        wake_others(d); // by now their bytes may be inside of OpenSSL
    }
    return outcome;
}

attempt tls_transport::prepare(descriptor& d, const char* call) {
    throw_if_failed(call);
    wire_.enter(d, call);
    return established_ ? attempt{0} : handshake(d, call);
}

// --- reading ---

attempt tls_transport::receive(descriptor& d, std::span<char> out, const char* call) {
    if (const attempt a = prepare(d, call); a.bytes < 0) {
        return a;
    }
    SSL* c = connection_.get();
    std::size_t received = 0;
    bool drained = false; // for then the next call would only say so
    int error = SSL_ERROR_NONE;
    ERR_clear_error();
    while (error == SSL_ERROR_NONE && received < out.size() && !drained) {
        std::size_t n = 0;
        const int result = SSL_read_ex(c, out.data() + received, out.size() - received, &n);
        error = SSL_get_error(c, result);
        received += n;
        drained = wire_.drained() && (error == SSL_ERROR_WANT_READ ||
                                      (error == SSL_ERROR_NONE && SSL_has_pending(c) == 0));
    }
    if (wire_.kept() > 0 && wire_.flush().bytes == -EAGAIN && wire_.kept() > most_kept &&
        received == 0) {
        // The peer asks for more answers than it reads.
        return attempt::again(reactor::direction::write);
    }
    if (received > 0) {
        failure_ = failure_of(error); // for the next call, like an end
        return {.bytes = static_cast<std::ptrdiff_t>(received), .drained = drained};
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
        return {0};
    }
    attempt a = after_failure(d, error, wire_.read_error(), call);
    a.drained = drained;
    return a;
}

// --- writing ---

// One record at most; 0 when there is an error.
std::size_t tls_transport::send_record(std::span<const char> data) {
    std::size_t n = 0;
    SSL_write_ex(connection_.get(), data.data(), std::min(data.size(), record), &n);
    return n;
}

// As many records as the loop's memory holds go out in one system call.
std::size_t tls_transport::send_records(std::span<const char> data, std::span<char> scratch) {
    constexpr std::size_t largest = SSL3_RT_MAX_ENCRYPTED_LENGTH + SSL3_RT_HEADER_LENGTH;
    wire_.collect_in(scratch);
    std::size_t sent = 0;
    std::size_t n = 0;
    do {
        n = send_record(data.subspan(sent));
        sent += n;
    } while (n > 0 && sent < data.size() && wire_.collected() + largest <= scratch.size());
    wire_.send_collected();
    return sent;
}

// Several small pieces make one record.
std::size_t tls_transport::send_together(std::span<const iovec> pieces, std::span<char> scratch) {
    const std::span<char> together = scratch.first(record);
    std::size_t filled = 0;
    for (const iovec& p : pieces) {
        const std::size_t n = std::min(p.iov_len, together.size() - filled);
        std::memcpy(together.data() + filled, p.iov_base, n);
        filled += n;
        if (filled == together.size()) {
            break;
        }
    }
    return send_record(together.first(filled));
}

attempt tls_transport::send(descriptor& d, std::span<const iovec> pieces, const char* call) {
    if (const attempt a = prepare(d, call); a.bytes < 0) {
        return a;
    }
    if (ended_sending_) {
        return attempt::failed(EPIPE);
    }
    if (const attempt a = wire_.flush(); a.bytes < 0) {
        return a;
    }
    const std::span first(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len);
    const std::span<char> scratch = wire_.is_lowest() ? d.loop().scratch() : std::span<char>();
    ERR_clear_error();
    std::size_t sent = 0;
    if (scratch.empty() || (pieces.size() == 1 && first.size() <= record)) {
        sent = send_record(first);
    } else if (first.size() >= record) {
        sent = send_records(first, scratch);
    } else {
        sent = send_together(pieces, scratch);
    }
    if (const int error = wire_.write_error(); error != 0) {
        return attempt::failed(error);
    }
    if (sent == 0) {
        return after_failure(d, SSL_get_error(connection_.get(), 0), 0, call);
    }
    return {.bytes = static_cast<std::ptrdiff_t>(sent), .unsent = wire_.kept() > 0};
}

attempt tls_transport::flush(descriptor& d, const char* call) {
    wire_.enter(d, call);
    return wire_.flush();
}

attempt tls_transport::end_sending(descriptor& d, const char* call) {
    if (const attempt a = prepare(d, call); a.bytes < 0) {
        return a;
    }
    if (!std::exchange(ended_sending_, true)) {
        ERR_clear_error();
        SSL_shutdown(connection_.get()); // sends the closing message and does not wait for another
        ERR_clear_error();
        d.loop().descriptors().look_again(d.fd(), reactor::direction::write); // EPIPE for a writer
    }
    const attempt flushed = wire_.flush();
    return {.bytes = 0, .unsent = flushed.bytes == -EAGAIN};
}

// --- the end ---

void tls_transport::closing(descriptor& d) noexcept {
    if (!established_ || failure_) {
        return;
    }
    try {
        wire_.enter(d, "weft::stream::close");
        ERR_clear_error();
        if (!std::exchange(ended_sending_, true)) {
            SSL_shutdown(connection_.get());
        }
        ERR_clear_error();
        wire_.flush();
        if (!settings_->is_server && wire_.is_lowest()) {
            // Session tickets that lie unread in the kernel would make of its close a reset, and
            // that could overtake what we have written last.
            std::array<char, 4096> unread;
            for (int i = 0; i < 4 && wire_.below().receive(d, unread, "").bytes > 0; ++i) {
            }
        }
    } catch (...) { // the connection is going either way
    }
}

std::optional<tls_info> tls_transport::info() const {
    if (!established_) {
        return std::nullopt;
    }
    const SSL* c = connection_.get();
    tls_info info;
    info.protocol = SSL_get_version(c);
    info.cipher = SSL_get_cipher_name(c);
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(c, &protocol, &size);
    if (size > 0) {
        info.alpn.assign(reinterpret_cast<const char*>(protocol), size);
    }
    info.session_reused = SSL_session_reused(c) == 1;
    if (const X509* peer = SSL_get0_peer_certificate(c)) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
        X509_NAME_print_ex(text.get(), X509_get_subject_name(peer), 0, XN_FLAG_RFC2253);
        char* bytes = nullptr;
        const long length = BIO_get_mem_data(text.get(), &bytes);
        info.peer_subject.assign(bytes, static_cast<std::size_t>(length));
    }
    return info;
}

} // namespace weft::detail
