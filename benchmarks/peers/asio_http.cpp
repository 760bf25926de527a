// SPDX-License-Identifier: BSL-1.0
// The HTTP server on Boost.Asio: one io_context on one thread, callbacks, told that no other
// thread runs it.
#include "benchmarks/peers/http_answer.hpp"

#include <boost/asio.hpp>
#include <boost/version.hpp>

#include <memory>
#include <string>

namespace {

using boost::asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(tcp::socket socket) : socket_(std::move(socket)) {
        socket_.set_option(tcp::no_delay(true));
    }

    void read() {
        auto space = boost::asio::buffer(buffer_.space(), buffer_.space_size());
        socket_.async_read_some(
            space, [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
                if (!error) {
                    self->buffer_.received(count);
                    self->answer();
                }
            });
    }

  private:
    void answer() {
        if (!buffer_.take_request()) {
            read();
            return;
        }
        auto response =
            boost::asio::buffer(peers::http_response.data(), peers::http_response.size());
        boost::asio::async_write(
            socket_, response,
            [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                if (!error) {
                    self->answer();
                }
            });
    }

    tcp::socket socket_;
    peers::request_buffer buffer_;
};

void accept_next(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](boost::system::error_code error, tcp::socket socket) {
        if (!error) {
            std::make_shared<session>(std::move(socket))->read();
        }
        accept_next(acceptor);
    });
}

} // namespace

int main() {
    boost::asio::io_context context(1);
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    accept_next(acceptor);
    std::string version =
        std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
    peers::announce("Boost.Asio", version.c_str(), acceptor.local_endpoint().port());
    context.run();
}
