// SPDX-License-Identifier: BSL-1.0
// What travels over a connection: two fixed requests and a fixed answer in the shape of HTTP/1.1.
//
// Invariant: every successful answer has exactly `answer.size()` bytes, so that the load generator
// needs no parser and one read an answer. A server that has nothing to carry a connection with
// answers with `refusal_prefix`, the reason as the body, and closes.
#pragma once

#include <chrono>
#include <string_view>

namespace bench {

inline constexpr std::string_view end_of_request = "\r\n\r\n";
inline constexpr std::string_view short_request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
inline constexpr std::string_view waiting_request = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
inline constexpr std::string_view waiting_request_start = "GET /wait ";
inline constexpr std::chrono::milliseconds server_wait{100};

inline constexpr std::string_view answer = "HTTP/1.1 200 OK\r\n"
                                           "Content-Type: text/plain\r\n"
                                           "Content-Length: 36\r\n"
                                           "Connection: keep-alive\r\n"
                                           "\r\n"
                                           "A fixed answer of thirty-six bytes.\n";

inline constexpr std::string_view refusal_prefix = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

} // namespace bench
