// SPDX-License-Identifier: BSL-1.0
//
// Client and server with a bad network between them, and clients that change their minds: every
// byte that arrives is the right one at its place, errors are those of a network, nothing hangs and
// nothing is left.
//
// WEFT_CHAOS_SEEDS says how many seeds to try, from WEFT_TEST_SEED on.
#include "tests/support/chaos_proxy.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/random_seed.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <random>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using chaos = net_test;

unsigned seeds_to_try() {
    const char* given = std::getenv("WEFT_CHAOS_SEEDS");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 3;
}

// What the sender of one direction says at each position.
class script {
  public:
    explicit script(std::uint64_t seed) noexcept : seed_(seed) {}
    std::string at(std::size_t begin, std::size_t size) const {
        std::string text(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint64_t x = (seed_ + begin + i) * 0x9e3779b97f4a7c15U;
            text[i] = static_cast<char>((x >> 56U) ^ (x >> 24U));
        }
        return text;
    }

  private:
    std::uint64_t seed_;
};

bool is_of_the_network(const std::system_error& e) {
    return e.code() == std::errc::connection_reset || e.code() == std::errc::broken_pipe;
}

// Runs body(limit), again and again with another limit, until one is long enough.
template <class F>
void with_second_thoughts(std::mt19937_64& random, F body) {
    for (;;) {
        try {
            return with_timeout(std::chrono::microseconds(random() % 2000), body);
        } catch (const timeout_error&) {
        }
    }
}

struct direction_end {
    std::size_t bytes = 0;
    bool clean = false; // ended by the sender's end, and not by an error
};

// Sends `size` bytes and says so. Returns how many the kernel took.
direction_end send_script(stream& to, const script& s, std::size_t size, std::uint64_t seed,
                          bool change_mind) {
    std::mt19937_64 random(seed);
    direction_end sent;
    try {
        while (sent.bytes < size) {
            const std::string piece =
                s.at(sent.bytes, std::min<std::size_t>(1 + random() % 3000, size - sent.bytes));
            if (change_mind) { // of a write() that was given up nobody knows how much was sent
                with_second_thoughts(
                    random, [&] { sent.bytes += to.write_some(std::as_bytes(std::span(piece))); });
            } else {
                to.write(piece);
                sent.bytes += piece.size();
            }
        }
        to.shutdown_write();
        sent.clean = true;
    } catch (const std::system_error& e) {
        EXPECT_TRUE(is_of_the_network(e) || e.code() == std::errc::not_connected) << e.what();
    }
    return sent;
}

// Reads to the end, in all ways there are, and compares.
direction_end read_script(stream& from, const script& s, std::uint64_t seed, bool change_mind) {
    std::mt19937_64 random(seed);
    direction_end received;
    const auto take = [&](const std::string& came) {
        EXPECT_EQ(came, s.at(received.bytes, came.size())) << "at " << received.bytes;
        received.bytes += came.size();
        received.clean = came.empty();
    };
    const auto step = [&] {
        switch (const std::size_t n = 1 + random() % 2000; random() % 4) {
        case 0:
            return take(from.read(n));
        case 1:
            return take(from.read_exactly(n));
        case 2:
            return take(from.read_line());
        default:
            std::string bytes(n, '\0');
            bytes.resize(from.read_some(std::as_writable_bytes(std::span(bytes))));
            return take(bytes);
        }
    };
    from.set_read_limit(1'000'000);
    try {
        while (!received.clean) {
            if (change_mind) {
                with_second_thoughts(random, step);
            } else {
                step();
            }
        }
    } catch (const incomplete_read& e) {
        take(e.partial());
        received.clean = true;
    } catch (const std::system_error& e) {
        EXPECT_TRUE(is_of_the_network(e)) << e.what();
        received.clean = false;
    }
    return received;
}

// One connection's two directions at one end of it, both at once.
std::array<direction_end, 2> talk(stream& s, std::uint64_t number, std::size_t size, bool is_client,
                                  bool change_mind) {
    const script up(number * 2);
    const script down(number * 2 + 1);
    const auto [sent, received] =
        gather([&] { return send_script(s, is_client ? up : down, size, number, change_mind); },
               [&] { return read_script(s, is_client ? down : up, number + 1, change_mind); });
    return {sent, received};
}

// Connections through the proxy, each with `size` bytes in both directions. Returns how many the
// proxy has broken.
std::size_t run_chaos(chaos_options options, std::uint64_t connections, std::size_t size) {
    listener l("127.0.0.1", 0);
    chaos_proxy proxy(l.local_endpoint().port(), options);
    std::size_t complete = 0;
    for (std::uint64_t i = 0; i < connections; ++i) {
        stream client = open_connection("127.0.0.1", proxy.port());
        stream server = l.accept();
        const std::uint64_t number = options.seed * 1000 + i;
        const auto [near, far] = gather([&] { return talk(client, number, size, true, true); },
                                        [&] { return talk(server, number, size, false, false); });
        EXPECT_LE(near[1].bytes, far[0].bytes + (far[0].clean ? 0 : 3000));
        const bool all = near[1].bytes == size && far[1].bytes == size && near[1].clean &&
                         far[1].clean && near[0].clean && far[0].clean;
        complete += all ? 1 : 0;
    }
    EXPECT_GE(complete + proxy.broken(), connections) << "what was not broken has arrived whole";
    return proxy.broken();
}

template <class F>
void for_all_seeds(F body) {
    const unsigned first = random_seed();
    for (unsigned seed = first; seed < first + seeds_to_try(); ++seed) {
        SCOPED_TRACE(seed_note(seed));
        body(seed);
    }
}

TEST_F(chaos, delays_and_cuts_change_nothing) {
    for_all_seeds([](unsigned seed) {
        in_virtual_time([&] { EXPECT_EQ(run_chaos({.seed = seed}, 2, 30'000), 0U); });
    });
}

TEST_F(chaos, a_slow_line_changes_nothing) {
    for_all_seeds([](unsigned seed) {
        in_virtual_time([&] {
            EXPECT_EQ(run_chaos({.seed = seed, .cut = 300, .a_millisecond = 100}, 1, 20'000), 0U);
        });
    });
}

TEST_F(chaos, ends_half_way_leave_a_beginning) {
    for_all_seeds([](unsigned seed) {
        in_virtual_time([&] { run_chaos({.seed = seed, .half_closed = 50}, 4, 30'000); });
    });
}

TEST_F(chaos, resets_leave_a_beginning) {
    for_all_seeds([](unsigned seed) {
        in_virtual_time(
            [&] { run_chaos({.seed = seed, .half_closed = 20, .reset = 50}, 4, 30'000); });
    });
}

TEST_F(chaos, breaks_some_connections_and_not_all) {
    in_virtual_time([] {
        const std::size_t broken =
            run_chaos({.seed = 7, .half_closed = 20, .reset = 20}, 20, 20'000);
        EXPECT_GT(broken, 0U);
        EXPECT_LT(broken, 20U);
    });
}

TEST_F(chaos, in_real_time) {
    weft::run([] {
        EXPECT_EQ(
            run_chaos({.seed = random_seed(), .delayed = 20, .cut = 50, .stalled = 0}, 1, 30'000),
            0U);
        run_chaos({.seed = random_seed(), .delayed = 20, .stalled = 0, .reset = 30}, 2, 30'000);
    });
}

} // namespace
} // namespace weft::test
