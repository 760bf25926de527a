// SPDX-License-Identifier: BSL-1.0
// The Beast HTTP server on Boost.Asio's stackful coroutines (boost::asio::spawn), one per
// connection: one io_context on one thread, told that no other thread runs it.
#include "benchmarks/peers/beast_session.hpp"

#include <boost/asio.hpp>
#include <boost/asio/spawn.hpp>

#include <exception>
#include <utility>

namespace {

using boost::asio::ip::tcp;

struct wire {
    tcp::socket& socket;
    boost::asio::yield_context yield;

    bool read(boost::beast::flat_buffer& buffer, peers::beast_request& into) {
        boost::system::error_code error;
        boost::beast::http::async_read(socket, buffer, into, yield[error]);
        return !error;
    }
    bool write(const peers::beast_response& answer) {
        boost::system::error_code error;
        boost::beast::http::async_write(socket, answer, yield[error]);
        return !error;
    }
};

// Newer versions of spawn want to be told what becomes of an exception, older ones throw it.
struct rethrown {
    void operator()(const std::exception_ptr& error) const {
        if (error != nullptr) {
            std::rethrow_exception(error);
        }
    }
};

template <class F>
void spawn(boost::asio::io_context& context, F&& f) {
#if BOOST_VERSION >= 108000
    boost::asio::spawn(context, std::forward<F>(f), rethrown());
#else
    boost::asio::spawn(context, std::forward<F>(f));
#endif
}

} // namespace

int main() {
    boost::asio::io_context context(1);
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    spawn(context, [&](boost::asio::yield_context yield) {
        for (;;) {
            auto accepted = std::make_shared<tcp::socket>(context);
            acceptor.async_accept(*accepted, yield);
            accepted->set_option(tcp::no_delay(true));
            spawn(context, [accepted](boost::asio::yield_context session) {
                wire to_client{*accepted, session};
                peers::serve_beast(to_client);
            });
        }
    });
    peers::announce("Boost.Asio", peers::boost_version().c_str(), acceptor.local_endpoint().port());
    context.run();
}
