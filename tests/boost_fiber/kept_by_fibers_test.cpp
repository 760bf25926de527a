// SPDX-License-Identifier: BSL-1.0
//
// What each fiber keeps of its own across the switches of either library.
#include "tests/support/api_fixture.hpp"
#include "tests/support/boost_fiber_threads.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace weft::test {

namespace fibers = boost::fibers;

namespace {

using boost_fiber_state = api_test;

TEST_F(boost_fiber_state, AnExceptionInHandStaysItsFibersAcrossSwitchesOfEitherKind) {
    on_boost_fibers([] {
        std::string seen;
        const auto work = [&](const char* text) {
            try {
                throw std::runtime_error(text);
            } catch (...) {
                boost::this_fiber::yield();
                sleep_for(200us);
                boost::this_fiber::sleep_for(200us);
                try {
                    throw;
                } catch (const std::runtime_error& e) {
                    seen += e.what();
                }
            }
            EXPECT_EQ(std::uncaught_exceptions(), 0);
        };
        fibers::fiber a([&] { work("a"); });
        fibers::fiber b(fibers::launch::dispatch, [&] { work("b"); });
        auto c = spawn([&] { work("c"); });
        a.join();
        b.join();
        c.get();
        std::sort(seen.begin(), seen.end());
        EXPECT_EQ(seen, "abc");
    });
}

TEST_F(boost_fiber_state, AWaitWhileAnExceptionUnwindsIsItsFibersOwn) {
    on_boost_fibers([] {
        struct waits_in_its_end {
            ~waits_in_its_end() {
                sleep_for(200us);
                boost::this_fiber::yield();
                EXPECT_EQ(std::uncaught_exceptions(), 1);
            }
        };
        int caught = 0;
        const auto work = [&] {
            try {
                const waits_in_its_end w;
                throw std::runtime_error("x");
            } catch (const std::runtime_error&) {
                ++caught;
            }
        };
        fibers::fiber a(work);
        fibers::fiber b(work);
        fibers::fiber([] { EXPECT_EQ(std::uncaught_exceptions(), 0); }).join();
        a.join();
        b.join();
        EXPECT_EQ(caught, 2);
    });
}

TEST_F(boost_fiber_state, ErrnoIsEachFibersOwn) {
    on_boost_fibers([] {
        const auto work = [](int value) {
            for (int i = 0; i < 3; ++i) {
                errno = value;
                sleep_for(100us);
                EXPECT_EQ(errno, value);
                boost::this_fiber::yield();
                EXPECT_EQ(errno, value);
            }
        };
        fibers::fiber a([&] { work(EPERM); });
        fibers::fiber b([&] { work(ENOENT); });
        a.join();
        b.join();
    });
}

TEST_F(boost_fiber_state, AFiberInheritsContextVariablesAndKeepsItsOwn) {
    on_boost_fibers([] {
        static context_var<int> request(0);
        request.set(1);
        for (const auto policy : {fibers::launch::post, fibers::launch::dispatch}) {
            fibers::fiber(policy, [] {
                EXPECT_EQ(request.get(), 1);
                request.set(2);
                spawn([] { EXPECT_EQ(request.get(), 2); }).get();
                sleep_for(100us);
                EXPECT_EQ(request.get(), 2);
            }).join();
        }
        EXPECT_EQ(request.get(), 1);
    });
}

} // namespace
} // namespace weft::test
