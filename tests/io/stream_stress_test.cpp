// SPDX-License-Identifier: BSL-1.0
//
// Many connections at once, many one after the other, and many ends of them at awkward moments. The
// fixture finds every descriptor that is lost on the way.
#include "tests/support/api_sanitizers.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/random_seed.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace weft {
namespace {

using test::end_of;
using test::pattern;

class stream_stress : public test::net_test {
  protected:
    static constexpr std::size_t rounds(std::size_t plain) {
        return test::any_sanitizer ? plain / 10 : plain;
    }
};

void echo(stream s) {
    for (std::string line; !(line = s.read_line()).empty();) {
        s.write(line);
    }
}

// Accepts `count` connections, serves each in a task of its own, and waits for all to end.
void serve(listener& l, std::size_t count) {
    std::vector<task<void>> handlers;
    while (handlers.size() < count) {
        handlers.push_back(spawn(echo, l.accept()));
    }
    for (auto& handler : handlers) {
        handler.get();
    }
}

TEST_F(stream_stress, a_thousand_connections_at_once) {
    const std::size_t count = rounds(1000);
    weft::run([&] {
        listener l("127.0.0.1", 0);
        const std::uint16_t port = l.local_endpoint().port();
        task<void> server = spawn([&] { serve(l, count); });
        std::vector<stream> clients;
        for (std::size_t i = 0; i < count; ++i) {
            clients.push_back(open_connection("127.0.0.1", port));
        }
        std::vector<task<void>> talks;
        for (std::size_t i = 0; i < count; ++i) {
            talks.push_back(spawn([&, i] {
                for (int round = 0; round < 5; ++round) {
                    const std::string line = std::to_string(i) + "/" + std::to_string(round) + "\n";
                    clients[i].write(line);
                    ASSERT_EQ(clients[i].read_line(), line);
                }
                clients[i].shutdown_write();
                ASSERT_EQ(clients[i].read_all(), "");
            }));
        }
        for (auto& talk : talks) {
            talk.get();
        }
        server.get();
    });
}

TEST_F(stream_stress, thousands_of_connections_one_after_the_other_reuse_the_same_numbers) {
    const std::size_t count = rounds(5000);
    weft::run([&] {
        listener l("127.0.0.1", 0);
        const std::uint16_t port = l.local_endpoint().port();
        int highest = 0;
        for (std::size_t i = 0; i < count; ++i) {
            stream near = open_connection("127.0.0.1", port);
            stream far = l.accept();
            highest = std::max({highest, near.native_handle(), far.native_handle()});
            test::reset_on_close(near.native_handle()); // or the system runs out of ports
            task<std::string> reader = spawn([&] { return far.read_line(); });
            if (i % 2 == 0) {
                yield(); // sometimes it waits before the line comes
            }
            near.write("line\n");
            ASSERT_EQ(reader.get(), "line\n");
        }
        EXPECT_LT(highest, 64);
    });
}

TEST_F(stream_stress, connections_that_end_at_any_moment) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    const auto choose = [&](unsigned n) {
        return std::uniform_int_distribution<unsigned>(0, n - 1)(random);
    };
    const std::size_t count = rounds(2000);
    const std::string much = pattern(300'000);
    weft::run([&] {
        for (std::size_t i = 0; i < count; ++i) {
            test::stream_pair pair = choose(2) == 0 ? test::connect_unix() : test::connect_tcp();
            if (choose(2) == 0) {
                test::reset_on_close(pair.far.native_handle());
            }
            task<std::string> reader = spawn([&] { return end_of([&] { pair.near.read_all(); }); });
            task<std::string> writer =
                spawn([&] { return end_of([&] { pair.near.write(much); }); });
            test::yield_times(static_cast<int>(choose(4)));
            if (choose(3) == 0) {
                pair.far.read(1 + choose(100'000));
            }
            switch (choose(5)) {
            case 0:
                pair.near.close();
                break;
            case 1:
                pair.far.close();
                break;
            case 2:
                reader.cancel();
                writer.cancel();
                break;
            case 3:
                pair.near.shutdown_write();
                pair.far = stream();
                break;
            default:
                pair.near = stream();
            }
            if (choose(2) == 0) {
                pair.far.close();
            } else {
                pair.near.close();
            }
            for (auto* t : {&reader, &writer}) {
                std::string end;
                const std::string way_out = end_of([&] { end = t->get(); });
                const bool known = way_out == "cancelled" || end == "value" || end == "cancelled" ||
                                   end.find("error: weft::stream::") == 0;
                EXPECT_TRUE(known) << way_out << " " << end;
            }
        }
    });
}

TEST_F(stream_stress, tasks_that_are_cancelled_again_and_again_lose_no_byte) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    const std::string sent = pattern(rounds(200'000));
    weft::run([&] {
        test::stream_pair pair = test::connect_tcp();
        task<void> writer = spawn([&] {
            for (std::size_t at = 0; at < sent.size();) {
                const std::size_t n = 1 + std::uniform_int_distribution<std::size_t>(0, 99)(random);
                pair.far.write(std::string_view(sent).substr(at, n));
                at += n;
                yield();
            }
            pair.far.close();
        });
        std::string received;
        while (!pair.near.at_eof()) {
            task<std::string> reader = spawn([&] {
                try {
                    return pair.near.read_exactly(50);
                } catch (const incomplete_read& e) {
                    return e.partial();
                }
            });
            test::yield_times(std::uniform_int_distribution<int>(1, 5)(random));
            reader.cancel();
            reader.wait();
            if (!reader.cancelled()) {
                received += reader.get();
            }
        }
        EXPECT_EQ(received, sent);
        writer.get();
    });
}

} // namespace
} // namespace weft
