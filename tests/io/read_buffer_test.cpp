// SPDX-License-Identifier: BSL-1.0
//
// The bytes a stream has received and not handed out: in order, without holes, and without memory
// once they are gone.
#include "api/io/read_buffer.hpp"
#include "tests/support/random_seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace weft::detail {
namespace {

void append(read_buffer& b, std::string_view text) {
    const auto room = b.prepare(text.size());
    ASSERT_GE(room.size(), text.size());
    std::copy(text.begin(), text.end(), room.begin());
    b.commit(text.size());
}

TEST(read_buffer, is_empty_to_begin_with) {
    read_buffer b;
    EXPECT_TRUE(b.empty());
    EXPECT_EQ(b.size(), 0U);
    EXPECT_EQ(b.view(), "");
    EXPECT_EQ(b.take(0), "");
}

TEST(read_buffer, gives_bytes_back_in_their_order) {
    read_buffer b;
    append(b, "hello ");
    append(b, "world");
    EXPECT_EQ(b.view(), "hello world");
    EXPECT_EQ(b.take(4), "hell");
    EXPECT_EQ(b.view(), "o world");
    b.consume(2);
    append(b, "!");
    EXPECT_EQ(b.take(b.size()), "world!");
    EXPECT_TRUE(b.empty());
}

TEST(read_buffer, prepared_room_that_is_not_used_is_no_content) {
    read_buffer b;
    append(b, "x");
    b.prepare(1000);
    EXPECT_EQ(b.view(), "x");
    b.commit(0);
    EXPECT_EQ(b.view(), "x");
}

TEST(read_buffer, makes_room_by_moving_before_it_grows) {
    read_buffer b;
    append(b, std::string(read_buffer::smallest, 'a'));
    b.consume(read_buffer::smallest - 1);
    EXPECT_EQ(b.prepare(read_buffer::smallest / 2).size(), read_buffer::smallest - 1);
    EXPECT_EQ(b.view(), "a");
}

TEST(read_buffer, grows_for_as_much_as_is_asked) {
    read_buffer b;
    append(b, "x");
    append(b, std::string(1'000'000, 'y'));
    EXPECT_EQ(b.size(), 1'000'001U);
    EXPECT_EQ(b.take(1), "x");
    EXPECT_EQ(b.take(1'000'000), std::string(1'000'000, 'y'));
}

TEST(read_buffer, keeps_a_small_block_when_empty_and_gives_a_large_one_back) {
    read_buffer b;
    append(b, "x");
    const void* small = b.view().data();
    b.consume(1);
    append(b, "y");
    EXPECT_EQ(b.view().data(), small);
    append(b, std::string(100'000, 'z'));
    b.consume(b.size());
    EXPECT_EQ(b.view().data(), nullptr);
}

TEST(read_buffer, is_a_queue_of_bytes_whatever_the_portions) {
    const unsigned seed = test::random_seed();
    SCOPED_TRACE(test::seed_note(seed));
    std::mt19937 random(seed);
    read_buffer b;
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 2 == 0) {
            std::string text(random() % 700, static_cast<char>('a' + i % 26));
            append(b, text);
            expected += text;
        } else {
            const std::size_t n = random() % (expected.size() + 1);
            ASSERT_EQ(b.take(n), expected.substr(0, n));
            expected.erase(0, n);
        }
        ASSERT_EQ(b.view(), expected);
    }
}

} // namespace
} // namespace weft::detail
