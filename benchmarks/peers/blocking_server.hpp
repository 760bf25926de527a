// SPDX-License-Identifier: BSL-1.0
// What a server does with one connection where its calls block: written once for every runtime that
// has such calls. A Wire is a connection of the runtime's:
//
//   ssize_t read(char* into, std::size_t size)     as recv()
//   bool write(std::string_view all)               false: the client is gone
//   void sleep(std::chrono::milliseconds)
//   void apart(void (*work)())                     where the runtime wants work for the processor
#pragma once

#include "benchmarks/peers/computing.hpp"
#include "benchmarks/peers/http_answer.hpp"

#include <string_view>

namespace peers {

template <class Wire>
void before_answering(asked what, Wire& wire) {
    switch (what) {
    case asked::wait:
        wire.sleep(wait_time);
        break;
    case asked::compute:
        compute();
        break;
    case asked::apart:
        wire.apart(compute);
        break;
    default:
        break;
    }
}

template <class Wire>
void serve_http(Wire& wire) {
    request_buffer buffer;
    for (;;) {
        const ssize_t got = wire.read(buffer.space(), buffer.space_size());
        if (got <= 0) {
            return;
        }
        buffer.received(static_cast<std::size_t>(got));
        for (asked what; (what = buffer.take_request()) != asked::nothing;) {
            before_answering(what, wire);
            if (!wire.write(http_response)) {
                return;
            }
        }
    }
}

template <class Wire>
void serve_echo(Wire& wire) {
    char bytes[4096];
    for (ssize_t got = 0; (got = wire.read(bytes, sizeof(bytes))) > 0;) {
        if (!wire.write(std::string_view(bytes, static_cast<std::size_t>(got)))) {
            return;
        }
    }
}

} // namespace peers
