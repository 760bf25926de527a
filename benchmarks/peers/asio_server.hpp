// SPDX-License-Identifier: BSL-1.0
// Servers on Boost.Asio: one io_context on one thread, callbacks, told that no other thread runs
// it. A Session is made of a connected socket and has start().
#pragma once

#include "benchmarks/peers/boost_version.hpp"
#include "benchmarks/peers/http_answer.hpp"

#include <boost/asio.hpp>

#include <memory>
#include <utility>

namespace peers {

using boost::asio::ip::tcp;

template <class Session>
void accept_next(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](boost::system::error_code error, tcp::socket socket) {
        if (!error) {
            socket.set_option(tcp::no_delay(true));
            std::make_shared<Session>(std::move(socket))->start();
        }
        accept_next<Session>(acceptor);
    });
}

template <class Session>
int serve_on_asio() {
    boost::asio::io_context context(1);
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    accept_next<Session>(acceptor);
    announce("Boost.Asio", boost_version().c_str(), acceptor.local_endpoint().port());
    context.run();
    return 0;
}

} // namespace peers
