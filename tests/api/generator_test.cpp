// SPDX-License-Identifier: BSL-1.0
//
// generator: values made while they are read, by a body that may block, throw and be given up at
// any point.
#include "tests/support/api_counting.hpp"
#include "tests/support/api_fixture.hpp"

#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using generator_test = api_test;

static_assert(std::input_iterator<ints::iterator>);
static_assert(!std::is_copy_constructible_v<ints> && std::is_nothrow_move_constructible_v<ints>);

TEST_F(generator_test, gives_what_the_body_yields) {
    in_virtual_time([] {
        ints g([](ints::sink& out) {
            out(1);
            const int two = 2;
            out(two);
            int three = 3;
            out(three);
        });
        EXPECT_EQ(read_all(g), (std::vector{1, 2, 3}));
        EXPECT_EQ(read_all(g), std::vector<int>{}); // it has ended
    });
}

TEST_F(generator_test, runs_no_further_than_it_is_read) {
    in_virtual_time([] {
        std::string log;
        ints g([&](ints::sink& out) {
            log += "a";
            out(1);
            log += "b";
            out(2);
            log += "c";
        });
        EXPECT_EQ(log, "");
        auto i = g.begin();
        EXPECT_EQ(log, "a");
        ++i;
        EXPECT_EQ(log, "ab");
        ++i;
        EXPECT_EQ(log, "abc");
        EXPECT_TRUE(i == g.end());
    });
}

TEST_F(generator_test, does_not_give_up_the_turn) {
    in_virtual_time([] {
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        auto g = count_to(100);
        EXPECT_EQ(read_all(g).size(), 100U);
        EXPECT_FALSE(other_ran);
    });
}

TEST_F(generator_test, yields_from_nested_calls) {
    in_virtual_time([] {
        const std::function<void(ints::sink&, int)> tree = [&](ints::sink& out, int depth) {
            if (depth > 0) {
                tree(out, depth - 1);
                out(depth);
                tree(out, depth - 1);
            }
        };
        ints g([&](ints::sink& out) { tree(out, 3); });
        EXPECT_EQ(read_all(g), (std::vector{1, 2, 1, 3, 1, 2, 1}));
    });
}

TEST_F(generator_test, goes_on_after_a_break) {
    in_virtual_time([] {
        auto g = count_to(4);
        for (const int i : g) {
            if (i == 2) {
                break;
            }
        }
        EXPECT_EQ(read_all(g), (std::vector{3, 4}));
    });
}

TEST_F(generator_test, hands_out_references) {
    in_virtual_time([] {
        std::vector<int> values{1, 2, 3};
        generator<int&> by_reference([&](generator<int&>::sink& out) {
            for (int& v : values) {
                out(v);
            }
        });
        for (int& v : by_reference) {
            v *= 10;
        }
        EXPECT_EQ(values, (std::vector{10, 20, 30}));

        const std::string text = "constant";
        generator<std::string> copies([&](generator<std::string>::sink& out) { out(text); });
        for (std::string& s : copies) {
            s += "?"; // the reader's own
        }
        EXPECT_EQ(text, "constant");
    });
}

TEST_F(generator_test, hands_out_what_cannot_be_copied) {
    in_virtual_time([] {
        using pointers = generator<std::unique_ptr<int>>;
        pointers g([](pointers::sink& out) { out(std::make_unique<int>(7)); });
        std::unique_ptr<int> mine;
        for (auto& p : g) {
            mine = std::move(p);
        }
        EXPECT_EQ(*mine, 7);
    });
}

TEST_F(generator_test, may_block_in_its_readers_name) {
    in_virtual_time([] {
        const auto begin = loop_time();
        std::vector<task_ref> who;
        ints g([&](ints::sink& out) {
            who.push_back(current_task());
            sleep_for(2s);
            out(1);
            sleep_for(3s);
        });
        auto reader = spawn([&] { read_all(g); });
        reader.wait();
        EXPECT_EQ(loop_time() - begin, 5s);
        ASSERT_EQ(who.size(), 1U);
        EXPECT_EQ(who[0], reader.view());
        EXPECT_EQ(names_of_all_tasks().size(), 1U);
    });
}

TEST_F(generator_test, may_wait_for_tasks_it_starts) {
    in_virtual_time([] {
        ints g([](ints::sink& out) {
            for (int i = 0; i < 3; ++i) {
                out(spawn([i] { return i * i; }).get());
            }
        });
        EXPECT_EQ(read_all(g), (std::vector{0, 1, 4}));
    });
}

TEST_F(generator_test, throws_the_bodys_error_at_the_step) {
    in_virtual_time([] {
        ints g([](ints::sink& out) {
            out(1);
            throw std::runtime_error("out of numbers");
        });
        int last = 0;
        EXPECT_EQ(end_of([&] {
                      for (const int i : g) {
                          last = i;
                      }
                  }),
                  "error: out of numbers");
        EXPECT_EQ(last, 1);
        EXPECT_EQ(read_all(g), std::vector<int>{});
    });
}

TEST_F(generator_test, reads_another_one) {
    in_virtual_time([] {
        ints squares([](ints::sink& out) {
            auto numbers = count_to(3);
            for (const int i : numbers) {
                out(i * i);
            }
        });
        EXPECT_EQ(read_all(squares), (std::vector{1, 4, 9}));
    });
}

TEST_F(generator_test, is_read_by_tasks_in_turn) {
    in_virtual_time([] {
        auto g = count_to(4);
        auto i = g.begin();
        std::vector<int> seen;
        for (int n = 0; n < 4; ++n) {
            auto reader = spawn([&] {
                seen.push_back(*i);
                yield();
                ++i;
            });
            reader.get();
        }
        EXPECT_EQ(seen, (std::vector{1, 2, 3, 4}));
        EXPECT_TRUE(i == g.end());
    });
}

TEST_F(generator_test, works_inside_a_catch_block_and_throws_in_one) {
    in_virtual_time([] {
        ints g([](ints::sink& out) {
            try {
                throw std::runtime_error("inner");
            } catch (const std::runtime_error& e) {
                out(1);
                yield();
                EXPECT_STREQ(e.what(), "inner");
                EXPECT_EQ(end_of([] { throw; }), "error: inner");
            }
        });
        try {
            throw std::runtime_error("outer");
        } catch (const std::runtime_error&) {
            EXPECT_EQ(read_all(g), std::vector{1});
            EXPECT_EQ(end_of([] { throw; }), "error: outer");
        }
    });
}

} // namespace
} // namespace weft::test
