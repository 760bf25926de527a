// SPDX-License-Identifier: BSL-1.0
//
// A process without descriptors goes on listening: it says so once, waits, and takes the
// connections when there is room again. In virtual time, so that the waiting costs none.
#include "tests/support/api_stderr.hpp"
#include "tests/support/net_shortage.hpp"
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;
using test::descriptor_shortage;
using test::end_of;
using test::error_of;
using test::in_virtual_time;
using listener_shortage = test::net_test;

// A connection that waits in the backlog, and how often stderr spoke of accept().
struct scene {
    listener l{"127.0.0.1", 0};
    stream client = open_connection("127.0.0.1", l.local_endpoint().port());
    test::stderr_lines reports;

    std::size_t reported() const {
        const auto lines = reports.lines();
        for (const auto& line : lines) {
            EXPECT_EQ(line.find("weft: weft::listener::accept: Too many open files"), 0U) << line;
        }
        return lines.size();
    }
};

// Counts the milliseconds of virtual time.
class stop_watch {
  public:
    int elapsed() const noexcept { return milliseconds_; }

  private:
    int milliseconds_ = 0;
    task<void> counting_ = spawn([this] {
        for (;; ++milliseconds_) {
            sleep_for(1ms);
        }
    });
};

TEST_F(listener_shortage, is_waited_out_and_reported_once) {
    in_virtual_time([] {
        scene s;
        std::optional<descriptor_shortage> shortage(std::in_place);
        const stop_watch watch;
        task<stream> accepter = spawn([&] { return s.l.accept(); });
        sleep_for(10s);
        EXPECT_FALSE(accepter.done());
        EXPECT_EQ(s.reported(), 1U);
        shortage.reset();
        stream accepted = accepter.get();
        EXPECT_LE(watch.elapsed(), 11'000) << "it looks at least once a second";
        s.client.write("x");
        EXPECT_EQ(accepted.read(1), "x");
        EXPECT_EQ(s.reported(), 1U);
    });
}

TEST_F(listener_shortage, is_looked_at_again_after_100_ms) {
    in_virtual_time([] {
        scene s;
        std::optional<descriptor_shortage> shortage(std::in_place);
        const stop_watch watch;
        task<stream> accepter = spawn([&] { return s.l.accept(); });
        sleep_for(99ms);
        EXPECT_FALSE(accepter.done());
        shortage.reset();
        accepter.get();
        EXPECT_NEAR(watch.elapsed(), 100, 1);
    });
}

TEST_F(listener_shortage, of_the_next_day_is_reported_again) {
    in_virtual_time([] {
        scene s;
        for (std::size_t day = 1; day <= 2; ++day) {
            std::optional<descriptor_shortage> shortage(std::in_place);
            task<stream> accepter = spawn([&] { return s.l.accept(); });
            sleep_for(1s);
            shortage.reset();
            accepter.get();
            EXPECT_EQ(s.reported(), day);
            s.client = open_connection("127.0.0.1", s.l.local_endpoint().port());
        }
        s.l.accept();
    });
}

TEST_F(listener_shortage, loses_no_connection) {
    in_virtual_time([] {
        scene s;
        std::vector<stream> clients;
        for (int i = 0; i < 20; ++i) {
            clients.push_back(open_connection("127.0.0.1", s.l.local_endpoint().port()));
        }
        s.l.accept();
        std::optional<descriptor_shortage> shortage(std::in_place, 5); // room for five
        std::vector<stream> accepted;
        task<void> accepter = spawn([&] {
            while (accepted.size() < clients.size()) {
                accepted.push_back(s.l.accept());
            }
        });
        sleep_for(5s);
        EXPECT_EQ(accepted.size(), 5U);
        shortage->make_room(1);
        sleep_for(5s);
        EXPECT_EQ(accepted.size(), 6U);
        shortage.reset();
        accepter.get();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            EXPECT_EQ(accepted[i].remote_endpoint(), clients[i].local_endpoint());
        }
    });
}

TEST_F(listener_shortage, does_not_keep_an_accept_from_being_cancelled) {
    in_virtual_time([] {
        scene s;
        const descriptor_shortage shortage;
        task<std::string> accepter = spawn([&] { return end_of([&] { s.l.accept(); }); });
        sleep_for(50ms);
        accepter.cancel();
        const stop_watch watch;
        EXPECT_EQ(accepter.get(), "cancelled");
        EXPECT_EQ(watch.elapsed(), 0);
    });
}

TEST_F(listener_shortage, does_not_keep_a_close_from_being_noticed) {
    in_virtual_time([] {
        scene s;
        const descriptor_shortage shortage;
        task<int> accepter = spawn([&] { return error_of([&] { s.l.accept(); }); });
        sleep_for(5s);
        const stop_watch watch;
        s.l.close();
        EXPECT_EQ(accepter.get(), EBADF);
        EXPECT_EQ(watch.elapsed(), 0);
    });
}

TEST_F(listener_shortage, in_real_time_does_not_keep_the_processor_busy) {
    weft::run([] {
        scene s;
        std::optional<descriptor_shortage> shortage(std::in_place);
        task<stream> accepter = spawn([&] { return s.l.accept(); });
        const std::clock_t used = std::clock();
        sleep_for(50ms);
        EXPECT_LT(std::clock() - used, CLOCKS_PER_SEC / 40);
        shortage.reset();
        accepter.get();
    });
}

TEST_F(listener_shortage, of_those_who_connect_or_listen_is_their_error) {
    weft::run([] {
        scene s;
        const std::uint16_t port = s.l.local_endpoint().port();
        const auto texts = [&] {
            const descriptor_shortage shortage;
            return std::pair(end_of([&] { open_connection("127.0.0.1", port); }),
                             end_of([&] { listener("127.0.0.1", 0); }));
        }();
        EXPECT_EQ(texts.first, "error: weft::open_connection: 127.0.0.1:" + std::to_string(port) +
                                   ": Too many open files");
        EXPECT_EQ(texts.second, "error: weft::listener: 127.0.0.1:0: Too many open files");
        s.l.accept();
    });
}

} // namespace
} // namespace weft
