// SPDX-License-Identifier: BSL-1.0
//
// The context switch by itself, without a scheduler: control goes where it is sent, every context
// has its own stack, errno and exception state, and a context ends by naming the next one.
#include "fibers/context.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/stack_use.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cfenv>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::fibers {
namespace {

constexpr std::size_t stack_size = 64 * 1024;

// A context on the heap that runs a function and ends by going to `next`.
class flow {
  public:
    flow(std::function<void()> body, context& next)
        : body_(std::move(body)), next_(next), memory_(new std::byte[stack_size]) {
        context_.create(memory_.get(), stack_size, memory_.get() + stack_size, &flow::main, this);
    }

    context& get() noexcept { return context_; }
    bool holds(std::uintptr_t address) const noexcept {
        const auto low = reinterpret_cast<std::uintptr_t>(memory_.get());
        return address >= low && address < low + stack_size;
    }

  private:
    static context& main(void* argument) noexcept {
        flow& self = *static_cast<flow*>(argument);
        self.body_();
        return self.next_;
    }

    std::function<void()> body_;
    context& next_;
    std::unique_ptr<std::byte[]> memory_;
    context context_;
};

class context_switch : public testing::Test {
  protected:
    context own_;
    thread_cells cells_;
    std::string trace_;
};

TEST_F(context_switch, nothing_of_main_runs_before_the_first_switch) {
    flow f([&] { trace_ += "f"; }, own_);
    EXPECT_EQ(trace_, "");
    own_.switch_to(f.get(), cells_);
    EXPECT_EQ(trace_, "f");
}

TEST_F(context_switch, goes_there_and_back_and_there_again) {
    flow* self = nullptr;
    flow f(
        [&] {
            trace_ += "1";
            self->get().switch_to(own_, cells_);
            trace_ += "2";
            self->get().switch_to(own_, cells_);
            trace_ += "3";
        },
        own_);
    self = &f;
    for (const char* after : {"1", "12", "123"}) {
        own_.switch_to(f.get(), cells_);
        EXPECT_EQ(trace_, after);
    }
}

TEST_F(context_switch, goes_on_with_the_context_that_main_returned) {
    flow last([&] { trace_ += "last"; }, own_);
    flow first([&] { trace_ += "first,"; }, last.get());
    own_.switch_to(first.get(), cells_);
    EXPECT_EQ(trace_, "first,last");
}

TEST_F(context_switch, every_context_stands_on_its_own_stack) {
    std::uintptr_t at = 0;
    flow f([&] { at = test::stack_position(); }, own_);
    EXPECT_FALSE(f.holds(test::stack_position()));
    own_.switch_to(f.get(), cells_);
    EXPECT_TRUE(f.holds(at));
}

TEST_F(context_switch, the_top_may_lie_below_the_end_of_the_stack_and_need_not_be_aligned) {
    for (const std::size_t reserved : {0, 8, 40, 192, 4096}) {
        const std::unique_ptr<std::byte[]> memory(new std::byte[stack_size]);
        std::byte* top = memory.get() + stack_size - reserved;
        struct {
            context* back;
            std::uintptr_t at;
        } seen{&own_, 0};
        context c;
        c.create(
            memory.get(), stack_size, top,
            [](void* argument) noexcept -> context& {
                auto& out = *static_cast<decltype(seen)*>(argument);
                alignas(16) volatile char aligned[16] = {};
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&aligned) % 16, 0U);
                out.at = test::stack_position();
                return *out.back;
            },
            &seen);
        own_.switch_to(c, cells_);
        EXPECT_LT(seen.at, reinterpret_cast<std::uintptr_t>(top));
        EXPECT_GT(seen.at + 4096, reinterpret_cast<std::uintptr_t>(top));
    }
}

TEST_F(context_switch, carries_errno) {
    flow* self = nullptr;
    flow f(
        [&] {
            errno = EBADF;
            self->get().switch_to(own_, cells_);
            EXPECT_EQ(errno, EBADF);
            errno = EPIPE;
        },
        own_);
    self = &f;
    errno = EINTR;
    own_.switch_to(f.get(), cells_);
    EXPECT_EQ(errno, EINTR);
    own_.switch_to(f.get(), cells_);
    EXPECT_EQ(errno, EINTR);
}

TEST_F(context_switch, carries_the_exceptions_being_handled) {
    flow* self = nullptr;
    flow f(
        [&] {
            try {
                throw 1;
            } catch (int) {
                self->get().switch_to(own_, cells_);
                try {
                    throw;
                } catch (int caught) {
                    EXPECT_EQ(caught, 1);
                }
            }
        },
        own_);
    self = &f;
    try {
        throw 2;
    } catch (int) {
        own_.switch_to(f.get(), cells_);
        try {
            throw;
        } catch (int caught) {
            EXPECT_EQ(caught, 2);
        }
        own_.switch_to(f.get(), cells_);
        EXPECT_NE(std::current_exception(), nullptr);
    }
    EXPECT_EQ(std::current_exception(), nullptr);
}

TEST_F(context_switch, carries_the_rounding_mode) {
    flow f([&] { EXPECT_EQ(std::fesetround(FE_UPWARD), 0); }, own_);
    const int before = std::fegetround();
    own_.switch_to(f.get(), cells_);
    EXPECT_EQ(std::fegetround(), before);
}

// Fiber to fiber to fiber, never through the one that started them.
TEST_F(context_switch, a_ring_of_contexts_passes_the_turn_round) {
    constexpr std::size_t members = 20;
    constexpr std::size_t laps = 50;
    std::deque<flow> ring;
    std::vector<std::size_t> steps(members);
    for (std::size_t i = 0; i < members; ++i) {
        ring.emplace_back(
            [&, i] {
                for (std::size_t lap = 0; lap < laps; ++lap) {
                    ++steps[i];
                    errno = static_cast<int>(i + 1);
                    ring[i].get().switch_to(ring[(i + 1) % members].get(), cells_);
                    EXPECT_EQ(errno, static_cast<int>(i + 1));
                }
                ring[i].get().switch_to(i + 1 < members ? ring[i + 1].get() : own_, cells_);
            },
            own_);
    }
    own_.switch_to(ring[0].get(), cells_);
    EXPECT_EQ(steps, std::vector<std::size_t>(members, laps));
    for (flow& f : ring) {
        own_.switch_to(f.get(), cells_); // to their ends
    }
}

TEST_F(context_switch, contexts_made_and_ended_on_the_same_memory_find_it_clean) {
    const std::unique_ptr<std::byte[]> memory(new std::byte[stack_size]);
    for (int i = 0; i < 100; ++i) {
        context c;
        c.create(
            memory.get(), stack_size, memory.get() + stack_size,
            [](void* back) noexcept -> context& {
                test::use_stack(stack_size / 2);
                return *static_cast<context*>(back);
            },
            &own_);
        own_.switch_to(c, cells_);
    }
}

} // namespace
} // namespace weft::fibers
