// SPDX-License-Identifier: BSL-1.0
// What an HTTP server does with one connection, on Boost.Beast: written once for all runtimes. A
// wire has read(buffer, request) and write(response), which block and are false at the end.
#pragma once

#include "benchmarks/peers/boost_version.hpp"
#include "benchmarks/peers/http_answer.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace peers {

using beast_request = boost::beast::http::request<boost::beast::http::empty_body>;
using beast_response = boost::beast::http::response<boost::beast::http::string_body>;

inline beast_response beast_answer(const beast_request& asked) {
    namespace http = boost::beast::http;
    beast_response answer(http::status::ok, asked.version());
    answer.set(http::field::content_type, "text/plain");
    answer.keep_alive(asked.keep_alive());
    answer.body() = "Hello, world!";
    answer.prepare_payload();
    return answer; // the bytes of http_response
}

template <class Wire>
void serve_beast(Wire& wire) {
    boost::beast::flat_buffer buffer;
    for (;;) {
        beast_request asked;
        if (!wire.read(buffer, asked) || !wire.write(beast_answer(asked)) || !asked.keep_alive()) {
            return;
        }
    }
}

} // namespace peers
