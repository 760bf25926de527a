// SPDX-License-Identifier: BSL-1.0
// The HTTP server on Boost.Asio. Work for the processor goes to its thread_pool and comes back.
#include "benchmarks/peers/asio_server.hpp"
#include "benchmarks/peers/computing.hpp"

namespace {

boost::asio::thread_pool& workers() {
    static boost::asio::thread_pool pool(2);
    return pool;
}

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(peers::tcp::socket socket)
        : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

    void start() {
        auto space = boost::asio::buffer(buffer_.space(), buffer_.space_size());
        socket_.async_read_some(
            space, [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
                if (!error) {
                    self->buffer_.received(count);
                    self->go_on();
                }
            });
    }

  private:
    void go_on() {
        switch (buffer_.take_request()) {
        case peers::asked::nothing:
            start();
            return;
        case peers::asked::wait:
            timer_.expires_after(peers::wait_time);
            timer_.async_wait(
                [self = shared_from_this()](boost::system::error_code) { self->answer(); });
            return;
        case peers::asked::apart:
            boost::asio::post(workers(), [self = shared_from_this()] {
                peers::compute();
                boost::asio::post(self->socket_.get_executor(), [self] { self->answer(); });
            });
            return;
        case peers::asked::compute:
            peers::compute();
            break;
        case peers::asked::hello:
            break;
        }
        answer();
    }

    void answer() {
        auto response =
            boost::asio::buffer(peers::http_response.data(), peers::http_response.size());
        boost::asio::async_write(
            socket_, response,
            [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                if (!error) {
                    self->go_on();
                }
            });
    }

    peers::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    peers::request_buffer buffer_;
};

} // namespace

int main() {
    return peers::serve_on_asio<session>();
}
