// SPDX-License-Identifier: BSL-1.0
//
// What a fiber of Boost's calls of weft's blocks that fiber only.
#include "tests/support/api_fixture.hpp"
#include "tests/support/boost_fiber_threads.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace std::chrono_literals;

namespace weft::test {

namespace fibers = boost::fibers;

namespace {

using boost_fibers = api_test;

TEST_F(boost_fibers, ASleepStopsItsFiberOnly) {
    on_boost_fibers([] {
        std::string order;
        fibers::fiber sleeper([&] {
            sleep_for(3ms);
            order += 's';
        });
        fibers::fiber other([&] {
            for (int i = 0; i < 3; ++i) {
                order += 'o';
                boost::this_fiber::yield();
            }
        });
        other.join();
        sleeper.join();
        EXPECT_EQ(order, "ooos");
    });
}

TEST_F(boost_fibers, TheMainFiberSleepsToo) {
    on_boost_fibers([] {
        bool ran = false;
        fibers::fiber f([&] { ran = true; });
        const auto begin = std::chrono::steady_clock::now();
        sleep_for(2ms);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 2ms);
        EXPECT_TRUE(ran);
        f.join();
    });
}

TEST_F(boost_fibers, SleepsOfBothLibrariesEndInTheOrderOfTheirDeadlines) {
    on_boost_fibers([] {
        std::string order;
        std::vector<fibers::fiber> all;
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 1; i <= 6; ++i) {
            all.emplace_back([&, i] {
                const auto until = begin + i * 2ms;
                if (i % 2 == 0) {
                    boost::this_fiber::sleep_until(until);
                } else {
                    sleep_until(until);
                }
                EXPECT_GE(std::chrono::steady_clock::now(), until);
                order += std::to_string(i);
            });
        }
        for (fibers::fiber& f : all) {
            f.join();
        }
        EXPECT_EQ(order.size(), 6U);
    });
}

TEST_F(boost_fibers, AFiberServesAStreamAndAnotherAsksIt) {
    on_boost_fibers([] {
        listener server("127.0.0.1", 0);
        fibers::buffered_channel<std::string> answers(4);
        fibers::fiber serving([&] {
            stream s = server.accept();
            for (std::string line; !(line = s.read_line()).empty();) {
                s.write({"echo ", line});
            }
        });
        fibers::fiber asking([&] {
            stream s = open_connection("127.0.0.1", server.local_endpoint().port());
            for (int i = 0; i < 3; ++i) {
                s.write(std::to_string(i) + "\n");
                answers.push(s.read_line());
            }
            answers.close();
        });
        std::string all;
        for (const std::string& a : answers) {
            all += a;
        }
        EXPECT_EQ(all, "echo 0\necho 1\necho 2\n");
        asking.join();
        serving.join();
    });
}

TEST_F(boost_fibers, AManyTimesRepeatedExchangeLosesNothing) {
    on_boost_fibers([] {
        listener server("127.0.0.1", 0);
        std::vector<fibers::fiber> all;
        fibers::fiber accepting([&] {
            for (int i = 0; i < 20; ++i) {
                fibers::fiber([s = server.accept()]() mutable { s.write(s.read_all()); }).detach();
            }
        });
        int right = 0;
        for (int i = 0; i < 20; ++i) {
            all.emplace_back([&, i] {
                stream s = open_connection("127.0.0.1", server.local_endpoint().port());
                const std::string sent(std::size_t(1000 * i), char('a' + i));
                s.write(sent);
                s.shutdown_write();
                right += s.read_all() == sent ? 1 : 0;
            });
        }
        for (fibers::fiber& f : all) {
            f.join();
        }
        accepting.join();
        EXPECT_EQ(right, 20);
    });
}

TEST_F(boost_fibers, QueuesEventsAndLocksOfWeftWorkBetweenFibers) {
    on_boost_fibers([] {
        queue<int> numbers(2);
        mutex lock;
        event done;
        int sum = 0;
        fibers::fiber producer([&] {
            for (int i = 1; i <= 50; ++i) {
                numbers.put(i);
            }
        });
        fibers::fiber consumer([&] {
            for (int i = 0; i < 50; ++i) {
                const std::lock_guard mine(lock);
                sum += numbers.get();
            }
            done.set();
        });
        done.wait();
        EXPECT_EQ(sum, 1275);
        producer.join();
        consumer.join();
    });
}

TEST_F(boost_fibers, AFiberThatOnlyYieldsKeepsNobodyFromTheWorld) {
    on_boost_fibers([] {
        bool over = false;
        fibers::fiber busy([&] {
            while (!over) {
                boost::this_fiber::yield();
            }
        });
        fibers::fiber sleeper([&] {
            sleep_for(1ms);
            to_thread([] {});
            over = true;
        });
        busy.join();
        sleeper.join();
    });
}

TEST_F(boost_fibers, CallsOfPosixStopTheirFiberOnly) {
    on_boost_fibers([] {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        std::string order;
        fibers::fiber reading([&] {
            char byte = 0;
            EXPECT_EQ(posix::read(ends[0], &byte, 1), 1);
            order += byte;
        });
        fibers::fiber sleeping([&] {
            EXPECT_EQ(posix::usleep(200), 0);
            order += 's';
        });
        sleeping.join();
        EXPECT_EQ(order, "s");
        EXPECT_EQ(posix::write(ends[1], "r", 1), 1);
        reading.join();
        EXPECT_EQ(order, "sr");
        EXPECT_EQ(posix::close(ends[0]), 0);
        EXPECT_EQ(posix::close(ends[1]), 0);
    });
}

TEST_F(boost_fibers, SeveralThreadsHaveALoopEach) {
    std::vector<std::thread> threads;
    std::atomic<int> answered = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            on_boost_fibers([&] {
                listener server("127.0.0.1", 0);
                fibers::fiber asking([&] {
                    stream s = open_connection("127.0.0.1", server.local_endpoint().port());
                    answered += s.read_all() == "hello" ? 1 : 0;
                });
                server.accept().write("hello");
                asking.join();
            });
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_EQ(answered, 4);
}

} // namespace
} // namespace weft::test
