// SPDX-License-Identifier: BSL-1.0
//
// A descriptor with an owner is closed exactly once.
#include "reactor/unique_fd.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace weft::reactor {
namespace {

unique_fd open_one() {
    return unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(unique_fd, an_empty_one_holds_nothing) {
    unique_fd none;
    EXPECT_FALSE(none);
    EXPECT_EQ(none.get(), -1);
    EXPECT_EQ(none.release(), -1);
}

TEST(unique_fd, closes_at_the_end_of_its_scope) {
    int fd = -1;
    {
        const unique_fd owner = open_one();
        ASSERT_TRUE(owner);
        fd = owner.get();
        EXPECT_TRUE(is_open(fd));
    }
    EXPECT_FALSE(is_open(fd));
}

TEST(unique_fd, zero_is_a_descriptor) {
    unique_fd zero(0);
    EXPECT_TRUE(zero);
    EXPECT_EQ(zero.release(), 0);
}

TEST(unique_fd, moving_hands_over) {
    unique_fd first = open_one();
    const int fd = first.get();
    const unique_fd second(std::move(first));
    EXPECT_FALSE(first); // NOLINT: what it is after the move is the point
    EXPECT_EQ(second.get(), fd);
    EXPECT_TRUE(is_open(fd));
}

TEST(unique_fd, assigning_closes_what_was_held) {
    unique_fd first = open_one();
    unique_fd second = open_one();
    const int gone = first.get();
    const int kept = second.get();
    first = std::move(second);
    EXPECT_FALSE(is_open(gone));
    EXPECT_TRUE(is_open(kept));
    unique_fd& self = first;
    first = std::move(self);
    EXPECT_EQ(first.get(), kept);
    EXPECT_TRUE(is_open(kept));
}

TEST(unique_fd, release_gives_up_the_ownership) {
    int fd = -1;
    {
        unique_fd owner = open_one();
        fd = owner.release();
        EXPECT_FALSE(owner);
    }
    EXPECT_TRUE(is_open(fd));
    ::close(fd);
}

TEST(unique_fd, require_fd_throws_the_systems_reason) {
    EXPECT_TRUE(require_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC), "weft: test"));
    try {
        require_fd(::open("/no/such/file", O_RDONLY | O_CLOEXEC), "weft: test");
        FAIL();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
        EXPECT_EQ(std::string(e.what()).find("weft: test"), 0U);
    }
}

} // namespace
} // namespace weft::reactor
