// SPDX-License-Identifier: BSL-1.0
//
// The encrypted side of a TLS connection: OpenSSL reads and writes records here, and they go
// through the transport below.
//
// Reading and writing only try. What cannot be sent at once is kept, so for OpenSSL a write always
// succeeds: it never has a record half-way out whose plain text the caller would have to show again
// after a cancel. The owner sees to it that little is kept and that it is flushed.
#pragma once

#include "api/io/read_buffer.hpp"
#include "api/io/transport.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <openssl/bio.h>
#include <span>
#include <string>

namespace weft::detail {

class tls_wire {
  public:
    // What goes between, and who owns it if it is no constant. `received`: bytes that came ahead.
    void connect(transport& below, std::unique_ptr<transport> owned, std::string received);
    // A handle for OpenSSL, which takes it over; the wire must outlive it. Throws std::bad_alloc.
    BIO* make_bio();

    // From here to the next enter() the calls concern this descriptor, which may have become
    // readable since the last time.
    void enter(descriptor& d, const char* call) noexcept {
        descriptor_ = &d;
        call_ = call;
        drained_ = false;
    }

    // Sends what is kept; 0 when nothing is left.
    attempt flush();
    std::size_t kept() const noexcept { return kept_.size(); }

    // Collects several records in `room`, to be sent at once by send_collected().
    void collect_in(std::span<char> room) noexcept {
        room_ = room;
        collected_ = 0;
    }
    std::size_t collected() const noexcept { return collected_; }
    void send_collected();

    // No layer of protocol is below that would use the loop's scratch memory too.
    bool is_lowest() const noexcept { return owned_below_ == nullptr; }
    // The transport below had nothing more to give when last seen.
    bool drained() const noexcept { return drained_; }
    // It has come to its end.
    bool ended() const noexcept { return ended_; }
    // What a read waits for.
    reactor::direction wanted() const noexcept { return wanted_; }
    // Why reading or writing has failed, for good; 0: it has not. Throw what the transport below
    // has thrown.
    int read_error() const { return read_failure_.error(); }
    int write_error() const { return write_failure_.error(); }

    transport& below() noexcept { return *below_; }

  private:
    static const BIO_METHOD* method();
    static int on_read(BIO* b, char* out, std::size_t size, std::size_t* count) noexcept;
    static int on_write(BIO* b, const char* data, std::size_t size, std::size_t* count) noexcept;
    static long on_control(BIO* b, int command, long, void*) noexcept;

    bool read(std::span<char> out, std::size_t& count, bool& retry);
    void write(std::span<const char> data);
    void send_or_keep(std::span<const char> data);

    struct failure {
        int error_number = 0;
        std::exception_ptr thrown;
        int error() const;
        bool happened() const noexcept { return error_number != 0 || thrown != nullptr; }
    };

    transport* below_ = nullptr;
    std::unique_ptr<transport> owned_below_;
    descriptor* descriptor_ = nullptr;
    const char* call_ = nullptr;
    std::string received_; // before there was TLS
    std::size_t taken_ = 0;
    read_buffer kept_;
    std::span<char> room_;
    std::size_t collected_ = 0;
    bool drained_ = false;
    bool ended_ = false;
    reactor::direction wanted_ = reactor::direction::read;
    failure read_failure_;
    failure write_failure_;
};

} // namespace weft::detail
