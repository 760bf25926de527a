// SPDX-License-Identifier: BSL-1.0
//
// Durations of every kind at the edge of the API: rounded up, held at the ends of the range, NaN
// refused. In virtual time the order in which two tasks wake tells exactly how long the one slept.
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using duration_test = ordered_api_test;
using testing::HasSubstr;

// Whether a sleep of d ends after `before` and not after `at`, both of the same beginning.
template <class Rep, class Period>
testing::AssertionResult sleeps(std::chrono::duration<Rep, Period> d, clock::duration before,
                                clock::duration at) {
    std::string log;
    run({.virtual_time = true}, [&] {
        auto early = spawn([&] {
            sleep_for(before);
            log += "before ";
        });
        auto subject = spawn([&] {
            sleep_for(d);
            log += "woken ";
        });
        auto late = spawn([&] {
            sleep_for(at);
            log += "at ";
        });
        early.wait();
        late.wait();
        if (log != "before woken at ") {
            subject.cancel();
            subject.wait();
        }
    });
    return log == "before woken at " ? testing::AssertionSuccess()
                                     : testing::AssertionFailure() << "order: " << log;
}

template <class Rep, class Period>
testing::AssertionResult sleeps_exactly(std::chrono::duration<Rep, Period> d, clock::duration t) {
    return sleeps(d, t - 1ns, t);
}

// Whether the duration counts as "no limit".
template <class Rep, class Period>
testing::AssertionResult never_wakes(std::chrono::duration<Rep, Period> d) {
    bool woke = false;
    run({.virtual_time = true}, [&] {
        auto t = spawn([&] { woke = end_of([&] { sleep_for(d); }) == "value"; });
        sleep_for(24h * 365 * 240);
        t.cancel();
        t.wait();
    });
    return woke ? testing::AssertionFailure() << "it woke" : testing::AssertionSuccess();
}

template <class Rep, class Period>
testing::AssertionResult takes_no_time(std::chrono::duration<Rep, Period> d) {
    bool woke = false;
    run({.virtual_time = true}, [&] {
        auto t = spawn([&] { woke = end_of([&] { sleep_for(d); }) == "value"; });
        yield_times(3); // no time passes while this can run
        t.cancel();
        t.wait();
    });
    return woke ? testing::AssertionSuccess() : testing::AssertionFailure() << "it slept";
}

template <class Rep, class Period = std::ratio<1>>
using in = std::chrono::duration<Rep, Period>;

TEST_F(duration_test, integral_ones_are_exact) {
    EXPECT_TRUE(sleeps_exactly(1ns, 1ns));
    EXPECT_TRUE(sleeps_exactly(1us, 1us));
    EXPECT_TRUE(sleeps_exactly(250us, 250us));
    EXPECT_TRUE(sleeps_exactly(3s, 3s));
    EXPECT_TRUE(sleeps_exactly(std::chrono::years(10), std::chrono::years(10)));
    EXPECT_TRUE(sleeps_exactly(in<std::int64_t, std::ratio<1, 50>>(3), 60ms));
}

TEST_F(duration_test, of_every_integer_type_are_exact) {
    EXPECT_TRUE(sleeps_exactly(in<std::int8_t, std::milli>(5), 5ms));
    EXPECT_TRUE(sleeps_exactly(in<std::int8_t, std::ratio<3600>>(5), 5h));
    EXPECT_TRUE(sleeps_exactly(in<short, std::micro>(5), 5us));
    EXPECT_TRUE(sleeps_exactly(in<int, std::micro>(5), 5us));
    EXPECT_TRUE(sleeps_exactly(in<int, std::milli>(std::numeric_limits<int>::max()), 2147483647ms));
    EXPECT_TRUE(sleeps_exactly(in<int>(std::numeric_limits<int>::max()), 2147483647s));
    EXPECT_TRUE(sleeps_exactly(in<unsigned, std::milli>(5), 5ms));
    EXPECT_TRUE(sleeps_exactly(in<unsigned, std::micro>(4'000'000'000U), 4000s));
    EXPECT_TRUE(sleeps_exactly(in<std::uint64_t, std::milli>(5), 5ms));
    EXPECT_TRUE(sleeps_exactly(in<std::uint64_t, std::nano>(5), 5ns));
    EXPECT_TRUE(sleeps_exactly(in<std::uint8_t>(200), 200s));
}

TEST_F(duration_test, finer_than_the_clock_are_rounded_up) {
    EXPECT_TRUE(sleeps_exactly(in<std::int64_t, std::pico>(1), 1ns));
    EXPECT_TRUE(sleeps_exactly(in<std::int64_t, std::pico>(1000), 1ns));
    EXPECT_TRUE(sleeps_exactly(in<std::int64_t, std::pico>(1001), 2ns));
    EXPECT_TRUE(sleeps_exactly(in<std::int64_t, std::ratio<1, 3>>(1), 333'333'334ns));
}

TEST_F(duration_test, floating_ones_are_rounded_up) {
    EXPECT_TRUE(sleeps_exactly(in<double>(1.5), 1500ms));
    EXPECT_TRUE(sleeps_exactly(in<double, std::nano>(0.1), 1ns));
    EXPECT_TRUE(sleeps_exactly(in<double, std::nano>(1.000001), 2ns));
    EXPECT_TRUE(sleeps_exactly(in<float>(0.5F), 500ms));
    EXPECT_TRUE(sleeps_exactly(in<long double>(0.25L), 250ms));
    EXPECT_TRUE(sleeps_exactly(in<double>(1e-12), 1ns));
    EXPECT_TRUE(sleeps_exactly(in<double>(std::numeric_limits<double>::denorm_min()), 1ns));
    // 0.1F is a little more than a tenth: never early means that little more.
    EXPECT_TRUE(sleeps(in<float>(0.1F), 100'000'001ns, 100'000'002ns));
}

TEST_F(duration_test, zero_and_negative_ones_take_no_time) {
    EXPECT_TRUE(takes_no_time(0s));
    EXPECT_TRUE(takes_no_time(-1ns));
    EXPECT_TRUE(takes_no_time(-1h));
    EXPECT_TRUE(takes_no_time(std::chrono::hours::min()));
    EXPECT_TRUE(takes_no_time(std::chrono::nanoseconds::min()));
    EXPECT_TRUE(takes_no_time(in<std::int64_t, std::ratio<86400>>::min()));
    EXPECT_TRUE(takes_no_time(in<std::int8_t, std::ratio<3600>>(-128)));
    EXPECT_TRUE(takes_no_time(in<unsigned, std::micro>(0)));
    EXPECT_TRUE(takes_no_time(in<double>(0.0)));
    EXPECT_TRUE(takes_no_time(in<double>(-0.0)));
    EXPECT_TRUE(takes_no_time(in<double>(-1e-12)));
    EXPECT_TRUE(takes_no_time(in<double>(-1e300)));
    EXPECT_TRUE(takes_no_time(in<double>(-std::numeric_limits<double>::infinity())));
    EXPECT_TRUE(takes_no_time(in<float>(std::numeric_limits<float>::lowest())));
}

TEST_F(duration_test, too_large_ones_mean_no_limit) {
    EXPECT_TRUE(never_wakes(std::chrono::nanoseconds::max()));
    EXPECT_TRUE(never_wakes(std::chrono::seconds::max()));
    EXPECT_TRUE(never_wakes(std::chrono::hours::max()));
    EXPECT_TRUE(never_wakes(std::chrono::years(400)));
    EXPECT_TRUE(never_wakes(in<std::uint64_t, std::nano>::max()));
    EXPECT_TRUE(never_wakes(in<std::uint64_t>::max()));
    EXPECT_TRUE(never_wakes(in<std::int64_t, std::exa>::max()));
    EXPECT_TRUE(never_wakes(in<double>(1e300)));
    EXPECT_TRUE(never_wakes(in<double>(std::numeric_limits<double>::infinity())));
    EXPECT_TRUE(never_wakes(in<float>(std::numeric_limits<float>::max())));
    EXPECT_TRUE(never_wakes(in<double, std::nano>(9.3e18)));
    EXPECT_TRUE(never_wakes(in<float>(9223371776.F))); // the last below the limit
    EXPECT_TRUE(never_wakes(in<double>(9223372036.8547745)));
    EXPECT_TRUE(never_wakes(in<std::int64_t, std::ratio<1, 3>>(25'000'000'000)));
    EXPECT_TRUE(never_wakes(in<std::int64_t, std::ratio<1, 30>>::max()));
}

TEST_F(duration_test, not_a_number_is_refused) {
    in_virtual_time([] {
        const std::string text = text_of<std::invalid_argument>(
            [] { sleep_for(in<double>(std::numeric_limits<double>::quiet_NaN())); });
        EXPECT_THAT(text, HasSubstr("weft::sleep_for"));
        EXPECT_THAT(text, HasSubstr("NaN"));
        EXPECT_THROW(sleep_for(in<float, std::nano>(std::numeric_limits<float>::quiet_NaN())),
                     std::invalid_argument);
        EXPECT_THROW(sleep_for(in<long double>(-std::numeric_limits<long double>::quiet_NaN())),
                     std::invalid_argument);
        // It was neither a block nor a turn, and others sleep on.
        sleep_for(1h);
    });
}

} // namespace
} // namespace weft::test
