// SPDX-License-Identifier: BSL-1.0
//
// add_reader and add_writer: when the callbacks are called, when not any more, and what they live
// beside.
#include "tests/support/api_fixture.hpp"
#include "tests/support/api_stderr.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using descriptor_callbacks_test = api_test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class socket_pair {
  public:
    socket_pair() {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0);
    }
    ~socket_pair() {
        close_near();
        ::close(fds_[1]);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;

    int near() const { return fds_[0]; }
    int far() const { return fds_[1]; }
    void put(const char* text = "x") const { EXPECT_EQ(::write(far(), text, 1), 1); }
    bool take() const {
        char c = 0;
        return ::read(near(), &c, 1) == 1;
    }
    void close_near() {
        if (fds_[0] >= 0) {
            ::close(fds_[0]);
            fds_[0] = -1;
        }
    }

  private:
    int fds_[2] = {-1, -1};
};

int error_number_of(void (*f)(int), int fd) {
    try {
        f(fd);
    } catch (const std::system_error& e) {
        return e.code().value();
    }
    return 0;
}

TEST_F(descriptor_callbacks_test, a_reader_is_called_again_and_again_until_removed) {
    const socket_pair s;
    run([&] {
        loop& l = running_loop();
        int calls = 0;
        l.add_reader(s.near(), [&] { ++calls; });
        yield_times(3);
        EXPECT_EQ(calls, 0);
        s.put();
        while (calls < 5) { // nobody reads
            yield();
        }
        EXPECT_TRUE(l.remove_reader(s.near()));
        const int before = calls;
        yield_times(200);
        EXPECT_EQ(calls, before);
        EXPECT_FALSE(l.remove_reader(s.near()));
    });
}

TEST_F(descriptor_callbacks_test, a_reader_wakes_a_sleeping_loop) {
    const socket_pair s;
    run([&] {
        std::string got;
        auto waiter = spawn([] { sleep_until_cancelled(); });
        running_loop().add_reader(s.near(), [&] {
            char c = 0;
            EXPECT_EQ(::read(s.near(), &c, 1), 1);
            got += c;
            if (got == "ab") {
                waiter.cancel();
            }
        });
        std::thread other([&] {
            for (const char* text : {"a", "b"}) {
                std::this_thread::sleep_for(10ms);
                s.put(text);
            }
        });
        waiter.wait(); // no deadlock: somebody may write
        other.join();
        EXPECT_EQ(got, "ab");
    });
}

TEST_F(descriptor_callbacks_test, a_writer_is_called_while_there_is_room) {
    const socket_pair s;
    run([&] {
        loop& l = running_loop();
        int calls = 0;
        const std::array<char, 4096> much{};
        l.add_writer(s.near(), [&] {
            ++calls;
            while (::write(s.near(), much.data(), much.size()) > 0) {
            }
        });
        sleep_for(5ms);
        EXPECT_EQ(calls, 1);
        std::array<char, 65536> sink{};
        while (::read(s.far(), sink.data(), sink.size()) > 0) {
        }
        sleep_for(5ms);
        EXPECT_GE(calls, 2);
        EXPECT_TRUE(l.remove_writer(s.near()));
        EXPECT_FALSE(l.remove_reader(s.near()));
    });
}

TEST_F(descriptor_callbacks_test, a_second_one_takes_the_place_of_the_first) {
    const socket_pair s;
    run([&] {
        live_count live;
        std::vector<int> calls;
        loop& l = running_loop();
        l.add_reader(s.near(), [&, held = live.make()] { calls.push_back(1); });
        s.put();
        l.add_reader(s.near(), [&, held = live.make()] {
            calls.push_back(2);
            s.take();
        });
        EXPECT_EQ(live.alive(), 1);
        sleep_for(5ms);
        EXPECT_THAT(calls, ElementsAre(2));
        l.remove_reader(s.near());
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(descriptor_callbacks_test,
       removed_in_the_same_iteration_is_not_called_though_its_turn_was_next) {
    const socket_pair a;
    const socket_pair b;
    run([&] {
        loop& l = running_loop();
        int calls = 0;
        // Whichever comes first removes the other.
        l.add_reader(a.near(), [&] {
            ++calls;
            a.take();
            EXPECT_TRUE(l.remove_reader(b.near()));
        });
        l.add_reader(b.near(), [&] {
            ++calls;
            b.take();
            EXPECT_TRUE(l.remove_reader(a.near()));
        });
        a.put();
        b.put();
        sleep_for(5ms);
        EXPECT_EQ(calls, 1);
    });
}

TEST_F(descriptor_callbacks_test, one_may_remove_or_replace_itself) {
    const socket_pair s;
    run([&] {
        live_count live;
        loop& l = running_loop();
        std::vector<int> calls;
        l.add_reader(s.near(), [&, held = live.make()] {
            calls.push_back(1);
            l.add_reader(s.near(), [&, held2 = held] {
                calls.push_back(2);
                EXPECT_TRUE(l.remove_reader(s.near()));
                EXPECT_GT(live.alive(), 0) << "not while it runs";
            });
        });
        s.put();
        sleep_for(5ms);
        EXPECT_THAT(calls, ElementsAre(1, 2));
        EXPECT_EQ(live.alive(), 0);
    });
}

TEST_F(descriptor_callbacks_test, stands_beside_a_task_that_waits_for_the_same_descriptor) {
    run([] {
        listener listening("127.0.0.1", std::uint16_t{0});
        auto accepting = spawn([&] { return listening.accept(); });
        stream client = open_connection("127.0.0.1", listening.local_endpoint().port());
        stream server = accepting.get();
        auto reading = spawn([&] { return server.read_line(); });
        int calls = 0;
        yield_times(2);
        running_loop().add_reader(server.native_handle(), [&] { ++calls; });
        client.write("line\n");
        EXPECT_EQ(reading.get(), "line\n");
        yield_times(2);
        EXPECT_GE(calls, 1);
        const int fd = server.native_handle();
        server.close(); // the reader goes with the descriptor
        EXPECT_FALSE(running_loop().remove_reader(fd));
    });
}

TEST_F(descriptor_callbacks_test, one_of_a_descriptor_that_was_closed_is_gone) {
    socket_pair s;
    run([&] {
        live_count live;
        loop& l = running_loop();
        const int fd = s.near();
        l.add_reader(fd, [held = live.make()] { ADD_FAILURE(); });
        s.close_near(); // before the loop has told the kernel
        sleep_for(1ms);
        EXPECT_EQ(live.alive(), 0);
        EXPECT_FALSE(l.remove_reader(fd));
    });
}

TEST_F(descriptor_callbacks_test, what_cannot_be_watched_is_an_error) {
    run([] {
        EXPECT_EQ(error_number_of([](int fd) { running_loop().add_reader(fd, [] {}); }, -1), EBADF);
        EXPECT_EQ(error_number_of([](int fd) { running_loop().add_writer(fd, [] {}); }, 4'000),
                  EBADF);
        char path[] = "/tmp/weft-test-XXXXXX";
        const int file = ::mkostemp(path, O_CLOEXEC);
        ::unlink(path);
        EXPECT_EQ(error_number_of([](int fd) { running_loop().add_reader(fd, [] {}); }, file),
                  EPERM);
        ::close(file);
        EXPECT_THAT(text_of<std::system_error>([] { running_loop().add_reader(-1, [] {}); }),
                    AllOf(HasSubstr("weft::loop::add_reader"), HasSubstr("-1")));
        EXPECT_FALSE(running_loop().remove_reader(-1));
    });
}

TEST_F(descriptor_callbacks_test, an_exception_is_reported_and_the_callback_stays) {
    const socket_pair s;
    stderr_lines captured;
    run([&] {
        s.put();
        int calls = 0;
        running_loop().add_reader(s.near(), [&] {
            if (++calls == 2) {
                running_loop().remove_reader(s.near());
            }
            throw std::runtime_error("boom");
        });
        while (calls < 2) {
            yield();
        }
    });
    EXPECT_THAT(captured.finish(),
                ElementsAre(AllOf(HasSubstr("exception in a reader callback"), HasSubstr("boom")),
                            HasSubstr("boom")));
}

TEST_F(descriptor_callbacks_test, go_with_the_loop) {
    const socket_pair s;
    live_count live;
    run([&] {
        s.put();
        running_loop().add_reader(s.near(), [held = live.make()] {});
        running_loop().add_writer(s.near(), [held = live.make()] {});
        yield();
    });
    EXPECT_EQ(live.alive(), 0);
}

TEST_F(descriptor_callbacks_test, belong_to_the_loops_thread) {
    run([] {
        std::thread([&l = running_loop()] {
            EXPECT_THROW(l.add_reader(0, [] {}), wrong_loop);
            EXPECT_THROW(l.remove_writer(0), wrong_loop);
            EXPECT_THROW(l.add_signal_handler(10, [] {}), wrong_loop);
            EXPECT_THROW(l.remove_signal_handler(10), wrong_loop);
        }).join();
    });
}

} // namespace
} // namespace weft::test
