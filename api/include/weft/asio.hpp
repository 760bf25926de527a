// SPDX-License-Identifier: BSL-1.0
//
// A stream as Boost.Asio's SyncReadStream and SyncWriteStream, so that what is written against
// those runs on a task unchanged and blocks only that: Boost.Beast's HTTP and WebSocket before all.
// Opt-in: the only header of weft that needs Boost (1.74 or newer), and only its headers.
//
//     weft::asio_stream stream(listener.accept());
//     boost::beast::flat_buffer buffer;
//     boost::beast::http::request<boost::beast::http::string_body> request;
//     boost::beast::http::read(stream, buffer, request);
//
//     boost::beast::websocket::stream<weft::asio_stream> socket(listener.accept());
//     socket.accept();
//
// No io_context runs, and none is needed. Limits of time are weft's: with_timeout around the call.
#pragma once

#include <weft/mutex.hpp>
#include <weft/stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor" // Boost's base class, which nobody deletes by

// The category of a std::error_code that Boost does not know, under its own name and texts.
class boost_category final : public boost::system::error_category {
  public:
    explicit boost_category(const std::error_category& category) noexcept : category_(category) {}
    const char* name() const noexcept override { return category_.name(); }
    std::string message(int value) const override { return category_.message(value); }
    using boost::system::error_category::message;

    // The one that stands for `category`, in the whole program: Boost compares them by address.
    static const boost_category& of(const std::error_category& category) {
        static std::mutex guard;
        static std::map<const std::error_category*, boost_category> all;
        const std::lock_guard<std::mutex> lock(guard);
        return all.try_emplace(&category, category).first->second;
    }

  private:
    const std::error_category& category_;
};

#pragma GCC diagnostic pop

// Beast's WebSocket asks each stream for an executor, and keeps a timer and a list of open sockets
// in the context behind it. It uses them for asynchronous calls only, so one idle context serves
// all streams of a thread; it goes with the last of them.
inline std::shared_ptr<boost::asio::io_context> idle_io_context() {
    thread_local std::weak_ptr<boost::asio::io_context> kept;
    std::shared_ptr<boost::asio::io_context> context = kept.lock();
    if (context == nullptr) {
        context = std::make_shared<boost::asio::io_context>(1);
        kept = context;
    }
    return context;
}

} // namespace detail

// The same error in Boost's terms: of its own system and generic categories where it is the
// system's, so that it compares equal to boost::asio::error::connection_reset and the like;
// otherwise of one with the same name and texts:
//
//     if (error == weft::as_boost_error(weft::tls_errc::truncated)) ...
inline boost::system::error_code as_boost_error(const std::error_code& error) {
    if (error.category() == std::system_category()) {
        return {error.value(), boost::system::system_category()};
    }
    if (error.category() == std::generic_category()) {
        return {error.value(), boost::system::generic_category()};
    }
    return {error.value(), detail::boost_category::of(error.category())};
}

// Move-only. Belongs to the loop of its stream. One task may read while others write: writers take
// turns, each write_some is whole. So one task may read a WebSocket, which answers pings and closes
// by itself, while another writes to it, as long as Beast's auto_fragment is on (the default), with
// which each frame is one write_some. The answer waits for its turn, and the reader with it: let
// one of the two peers ping, not both.
//
// The calls block the task where the stream's do. What the stream throws as std::system_error comes
// as boost::system::error_code, or as boost::system::system_error where the call takes none; the
// end of the stream as boost::asio::error::eof. The end of a TLS stream that was cut off is not
// eof, it is tls_errc::truncated; see as_boost_error().
//
// `cancelled` and misuse (`busy`, `wrong_loop`, `not_in_task`) are never made error codes: they
// pass through Asio's and Beast's functions as C++ exceptions. What those functions worked on can
// then be destroyed. An HTTP parser that was cancelled while it waited for bytes can be read into
// again, with the same buffer, and has lost none. A WebSocket can be read again when it was between
// two messages; in the middle of one, Beast does not know how far it was: close it, or destroy it.
// What was cancelled while it wrote cannot be written to again.
class asio_stream {
  public:
    using executor_type = boost::asio::io_context::executor_type;
    using lowest_layer_type = asio_stream;

    asio_stream() = default; // closed
    explicit asio_stream(stream from)
        : writing_(std::make_shared<mutex>()), stream_(std::move(from)) {}
    // The context stays with what was moved from, too: a WebSocket may be built around it.
    asio_stream(asio_stream&& other) noexcept
        : context_(other.context_), writing_(other.writing_), stream_(std::move(other.stream_)) {}
    asio_stream& operator=(asio_stream&& other) noexcept {
        writing_ = other.writing_;
        stream_ = std::move(other.stream_);
        return *this;
    }
    ~asio_stream() = default;

    // read_some blocks until at least one byte is there, puts what has come into the first buffer
    // that has room, and returns how much. No room at all: 0, at once.
    template <class MutableBuffers>
    std::size_t read_some(const MutableBuffers& buffers, boost::system::error_code& error) {
        const std::span<std::byte> room = first_with_room(buffers);
        const std::size_t n = attempt(error, [&] { return stream_.read_some(room); });
        if (n == 0 && !room.empty() && !error) {
            error = boost::asio::error::eof;
        }
        return n;
    }
    template <class MutableBuffers>
    std::size_t read_some(const MutableBuffers& buffers) {
        return or_throw("weft::asio_stream::read_some",
                        [&](auto& error) { return read_some(buffers, error); });
    }

    // write_some blocks until the kernel has taken all of it, as a blocking socket does, in one
    // system call if the kernel has room; of more than 64 buffers it takes the first 64. Returns
    // how many bytes that were.
    template <class ConstBuffers>
    std::size_t write_some(const ConstBuffers& buffers, boost::system::error_code& error) {
        std::array<std::string_view, most_pieces> pieces;
        std::size_t count = 0;
        std::size_t size = 0;
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers);
             at != end && count < most_pieces; ++at) {
            const boost::asio::const_buffer one(*at);
            if (one.size() > 0) {
                pieces[count++] = {static_cast<const char*>(one.data()), one.size()};
                size += one.size();
            }
        }
        return attempt(error, [&] {
            const std::shared_ptr<mutex> kept = writing_; // the stream may be destroyed meanwhile
            const auto my_turn = kept ? std::unique_lock(*kept) : std::unique_lock<mutex>();
            stream_.write(std::span<const std::string_view>(pieces.data(), count));
            return size;
        });
    }
    template <class ConstBuffers>
    std::size_t write_some(const ConstBuffers& buffers) {
        return or_throw("weft::asio_stream::write_some",
                        [&](auto& error) { return write_some(buffers, error); });
    }

    // Closes the stream; who waits in it gets bad_descriptor. Does not block; again is fine.
    void close() noexcept { stream_.close(); }
    bool is_open() const noexcept { return stream_.native_handle() >= 0; }

    // The stream itself, for endpoints, shutdown_write, or to take it out by a move.
    stream& get_stream() noexcept { return stream_; }
    const stream& get_stream() const noexcept { return stream_; }

    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    // An executor that nothing runs on; see the top of this file. The context behind it lives as
    // long as this object.
    executor_type get_executor() const {
        if (context_ == nullptr) {
            context_ = detail::idle_io_context();
        }
        return context_->get_executor();
    }

  private:
    static constexpr std::size_t most_pieces = 64;

    template <class MutableBuffers>
    static std::span<std::byte> first_with_room(const MutableBuffers& buffers) {
        const auto end = boost::asio::buffer_sequence_end(buffers);
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
            const boost::asio::mutable_buffer one(*at);
            if (one.size() > 0) {
                return {static_cast<std::byte*>(one.data()), one.size()};
            }
        }
        return {};
    }

    template <class F>
    static std::size_t attempt(boost::system::error_code& error, F&& f) {
        try {
            error = {};
            return f();
        } catch (const std::system_error& e) {
            error = as_boost_error(e.code());
            return 0;
        }
    }

    template <class F>
    static std::size_t or_throw(const char* call, F&& f) {
        boost::system::error_code error;
        const std::size_t n = f(error);
        if (error) {
            throw boost::system::system_error(error, call);
        }
        return n;
    }

    mutable std::shared_ptr<boost::asio::io_context> context_; // for what is built on the stream
    std::shared_ptr<mutex> writing_;                           // null: closed
    stream stream_;
};

// Beast's names for what it does to a connection by itself.

// The end of a WebSocket: the server ends its direction first, both read until the peer has ended
// its own, then the connection is closed. Blocks until the peer has done so, or the caller's limit
// of time comes.
inline void teardown(boost::beast::role_type role, asio_stream& s,
                     boost::system::error_code& error) {
    const auto end_writing = [&] {
        try {
            s.get_stream().shutdown_write();
        } catch (const std::system_error& e) {
            error = as_boost_error(e.code());
        }
    };
    error = {};
    if (role == boost::beast::role_type::server) {
        end_writing();
    }
    std::array<char, 2048> unread;
    while (!error) {
        s.read_some(boost::asio::buffer(unread), error);
    }
    if (error != boost::asio::error::eof) {
        return;
    }
    error = {};
    if (role == boost::beast::role_type::client) {
        end_writing();
    }
    s.close();
}

inline void beast_close_socket(asio_stream& s) noexcept {
    s.close();
}

} // namespace weft
