// SPDX-License-Identifier: BSL-1.0
// The Beast HTTP server on weft: one task per connection.
#include "benchmarks/peers/beast_session.hpp"
#include "benchmarks/peers/weft_listener.hpp"

#include <weft/asio.hpp>
#include <weft/weft.hpp>

#include <utility>

namespace {

struct wire {
    weft::asio_stream stream;

    bool read(boost::beast::flat_buffer& buffer, peers::beast_request& into) {
        boost::system::error_code error;
        boost::beast::http::read(stream, buffer, into, error);
        return !error;
    }
    bool write(const peers::beast_response& answer) {
        boost::system::error_code error;
        boost::beast::http::write(stream, answer, error);
        return !error;
    }
};

void serve(weft::stream connection) {
    wire to_client{weft::asio_stream(std::move(connection))};
    peers::serve_beast(to_client);
}

} // namespace

int main() {
    weft::run([] { peers::serve_each(serve); });
}
