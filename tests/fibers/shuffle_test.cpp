// SPDX-License-Identifier: BSL-1.0
//
// Shuffled turns: every legal order, and no other. What programs see of it is tested with the API.
#include "tests/support/kernel_fixture.hpp"

#include <set>

namespace weft::test {
namespace {

class shuffle_test : public kernel_fixture {
  public:
    // The log of what `program` starts, under each of many seeds.
    std::set<std::string> orders_of(const std::function<void()>& program) {
        std::set<std::string> orders;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            auto options = default_options();
            options.shuffle_seed = seed;
            rebuild(options);
            order_.clear();
            program();
            run();
            orders.insert(order_);
        }
        return orders;
    }
    void write(char c) { order_ += c; }

  private:
    std::string order_;
};

TEST_F(shuffle_test, takes_a_turn_in_every_order) {
    EXPECT_EQ(orders_of([this] {
                  for (const char c : {'a', 'b', 'c'}) {
                      start([this, c] { write(c); });
                  }
              }),
              (std::set<std::string>{"abc", "acb", "bac", "bca", "cab", "cba"}));
}

// Found due together, because the clock was looked at late.
TEST_F(shuffle_test, keeps_deadlines_in_order_of_time) {
    EXPECT_EQ(orders_of([this] {
                  const auto begin = kernel().now();
                  for (const char c : {'3', '1', '2'}) {
                      start([this, c, when = begin + std::chrono::seconds(c - '0')] {
                          park(when);
                          write(c);
                      });
                  }
                  start([this] {
                      yield();
                      port().advance(std::chrono::seconds(5));
                  });
              }),
              std::set<std::string>{"123"});
}

TEST_F(shuffle_test, keeps_callbacks_in_order_among_fibers) {
    struct writer : fibers::callback {
        writer(shuffle_test& t, char c)
            : callback([](fibers::callback& self) noexcept {
                  static_cast<writer&>(self).test.write(static_cast<writer&>(self).letter);
              }),
              test(t),
              letter(c) {}
        shuffle_test& test;
        char letter;
    };
    writer one(*this, '1');
    writer two(*this, '2');
    EXPECT_EQ(orders_of([&] {
                  kernel().post(one);
                  kernel().post(two);
                  start([this] { write('f'); });
              }),
              (std::set<std::string>{"12f", "1f2", "f12"}));
}

TEST_F(shuffle_test, leaves_an_eager_fiber_first) {
    EXPECT_EQ(orders_of([this] {
                  start([this] {
                      spawn_eager(make([this] { write('e'); }));
                      write('a');
                  });
              }),
              std::set<std::string>{"ea"});
}

} // namespace
} // namespace weft::test
