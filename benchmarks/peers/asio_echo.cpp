// SPDX-License-Identifier: BSL-1.0
// The echo server on Boost.Asio.
#include "benchmarks/peers/asio_server.hpp"

#include <array>

namespace {

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(peers::tcp::socket socket) : socket_(std::move(socket)) {}

    void start() {
        socket_.async_read_some(
            boost::asio::buffer(bytes_),
            [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
                if (!error) {
                    self->send_back(count);
                }
            });
    }

  private:
    void send_back(std::size_t count) {
        boost::asio::async_write(
            socket_, boost::asio::buffer(bytes_.data(), count),
            [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                if (!error) {
                    self->start();
                }
            });
    }

    peers::tcp::socket socket_;
    std::array<char, 4096> bytes_;
};

} // namespace

int main() {
    return peers::serve_on_asio<session>();
}
