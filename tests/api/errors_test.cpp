// SPDX-License-Identifier: BSL-1.0
//
// The error types: their bases, texts and codes, and that copying one cannot fail.
#include "tests/support/api_fixture.hpp"

#include <cerrno>
#include <system_error>
#include <type_traits>

namespace weft::test {
namespace {

using errors_test = api_test;

template <class Error, class Base>
constexpr bool is_a = std::is_base_of_v<Base, Error>&& std::is_convertible_v<Error*, Base*>;

static_assert(!is_a<cancelled, std::exception>);
static_assert(is_a<timeout_error, std::system_error>);
static_assert(is_a<spawn_error, std::system_error>);
static_assert(is_a<invalid_state, std::logic_error>);
static_assert(is_a<no_running_loop, std::logic_error>);
static_assert(is_a<not_in_task, std::logic_error>);
static_assert(is_a<wrong_loop, std::logic_error>);
static_assert(is_a<busy, std::logic_error>);
static_assert(is_a<incomplete_read, std::runtime_error>);
static_assert(is_a<limit_overrun, std::runtime_error>);
static_assert(is_a<deadlock_error, std::runtime_error>);

static_assert(std::is_nothrow_copy_constructible_v<cancelled>);
static_assert(std::is_nothrow_copy_constructible_v<incomplete_read>);
static_assert(std::is_nothrow_copy_constructible_v<timeout_error>);

TEST_F(errors_test, cancelled_has_a_message_or_says_what_it_is) {
    const cancelled plain;
    EXPECT_EQ(plain.message(), "");
    EXPECT_STREQ(plain.what(), "weft::cancelled");
    const cancelled why("because");
    EXPECT_EQ(why.message(), "because");
    EXPECT_STREQ(why.what(), "because");
    cancelled copy(why);
    EXPECT_EQ(copy.message(), "because");
    copy = plain;
    EXPECT_EQ(copy.message(), "");
    EXPECT_EQ(why.message(), "because");
}

TEST_F(errors_test, timeout_error_is_the_standard_code) {
    const timeout_error e("weft::something: too late");
    EXPECT_TRUE(e.code() == std::errc::timed_out);
    EXPECT_NE(std::string(e.what()).find("weft::something: too late"), std::string::npos);
}

TEST_F(errors_test, spawn_error_carries_the_systems_reason) {
    const spawn_error e(ENOMEM, "weft::spawn: no stack");
    EXPECT_TRUE(e.code() == std::errc::not_enough_memory);
    EXPECT_NE(std::string(e.what()).find("weft::spawn: no stack"), std::string::npos);
}

TEST_F(errors_test, incomplete_read_carries_what_came) {
    const incomplete_read e("text", "part", 10);
    const incomplete_read copy = e; // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(copy.partial(), "part");
    EXPECT_EQ(copy.expected(), 10u);
    EXPECT_STREQ(copy.what(), "text");
}

// Each type is thrown by the library and caught here, and the other way round: one type on both
// sides.
TEST_F(errors_test, cross_the_librarys_border) {
    EXPECT_THROW(yield(), no_running_loop);
    EXPECT_THROW(run([] { run([] {}); }), invalid_state);
    EXPECT_THROW(run([] { throw busy("b"); }), busy);
    EXPECT_THROW(run([] { throw limit_overrun("l"); }), limit_overrun);
    EXPECT_THROW(run([] { throw timeout_error("t"); }), timeout_error);
    EXPECT_THROW(run([] { throw spawn_error(ENOMEM, "s"); }), spawn_error);
    EXPECT_THROW(run([] { throw incomplete_read("i", "", 1); }), std::runtime_error);
    EXPECT_THROW(run([] { throw deadlock_error("d"); }), deadlock_error);
}

// A program may derive from `cancelled` and throw that: it still counts as a cancel.
TEST_F(errors_test, a_type_of_the_programs_own_derived_from_cancelled_counts) {
    struct shutting_down : cancelled {
        shutting_down() : cancelled("shutting down") {}
    };
    in_virtual_time([] {
        auto t = spawn([] { throw shutting_down(); });
        t.wait();
        EXPECT_TRUE(t.cancelled());
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: shutting down");
    });
}

} // namespace
} // namespace weft::test
