// SPDX-License-Identifier: BSL-1.0
//
// A proxy that treats connections as badly as networks do: it delays, cuts into single bytes,
// stalls, keeps to a bandwidth, ends one direction half-way, and resets. It changes no byte and no
// order, and one seed makes one run.
#pragma once

#include <weft/weft.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace weft::test {

struct chaos_options {
    unsigned seed = 1;
    // Of a thousand pieces that pass, how many meet each of these.
    int delayed = 200;             // by up to 3 ms
    int cut = 100;                 // into single bytes
    int stalled = 10;              // for 200 ms
    int half_closed = 0;           // nothing more goes that way
    int reset = 0;                 // the connection, in both directions
    std::size_t largest = 5000;    // of a piece, in bytes
    std::size_t a_millisecond = 0; // bytes in each direction; 0: no limit
};

class chaos_proxy {
  public:
    // Listens on a port of its own and connects on to `target`, on the loopback interface.
    chaos_proxy(std::uint16_t target, const chaos_options& options);

    std::uint16_t port() const { return listener_.local_endpoint().port(); }
    // Connections that it has broken.
    std::size_t broken() const noexcept { return broken_; }

  private:
    struct connection;
    void serve();
    void pass_on(connection& c, stream& from, stream& to, std::uint64_t seed);

    std::uint16_t target_;
    chaos_options options_;
    listener listener_;
    std::size_t broken_ = 0;
    task<void> server_; // destroyed first: its end is the end of all connections
};

} // namespace weft::test
