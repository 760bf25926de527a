// SPDX-License-Identifier: BSL-1.0
// The TLS echo on weft: one task per connection. Arguments: the files of certificate and key.
#include "benchmarks/peers/http_answer.hpp"

#include <weft/weft.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <span>
#include <utility>

namespace {

void serve(weft::stream connection) {
    try {
        std::array<std::byte, std::size_t{16} * 1024> bytes;
        while (const std::size_t n = connection.read_some(bytes)) {
            connection.write(std::span(bytes).first(n));
        }
    } catch (const std::exception&) {
        // The client left.
    }
}

} // namespace

int main(int, char** files) {
    weft::run([&] {
        const weft::tls_context context = weft::tls_context::server(files[1], files[2]);
        weft::listen_options options;
        options.tls = &context;
        weft::listener listener("127.0.0.1", 0, options);
        peers::announce("weft", WEFT_VERSION, listener.local_endpoint().port());
        for (;;) {
            weft::spawn(serve, listener.accept()).detach();
        }
    });
}
