// SPDX-License-Identifier: BSL-1.0
//
// Stack walkers stop at a fiber's entry: nobody called it. They must neither run past it into
// whatever lies on the stack above nor give up earlier. (What a debugger makes of it is tested by
// backtrace_gdb.py.)
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <set>
#include <vector>

#include <execinfo.h>
#include <unwind.h>

namespace weft::fibers {
namespace {

struct walk {
    std::vector<void*> functions; // where each frame's function begins
    _Unwind_Reason_Code end = _URC_NO_REASON;
};

constexpr std::size_t most_frames = 200;

[[gnu::noinline]] walk walk_stack() {
    walk w;
    w.end = _Unwind_Backtrace(
        [](_Unwind_Context* c, void* argument) {
            auto& functions = static_cast<walk*>(argument)->functions;
            const _Unwind_Ptr at = _Unwind_GetIP(c);
            if (at != 0) { // the end of a stack is reported as a last frame at address 0
                functions.push_back(_Unwind_FindEnclosingFunction(reinterpret_cast<void*>(at - 1)));
            }
            return functions.size() < most_frames ? _URC_NO_REASON : _URC_NORMAL_STOP;
        },
        &w);
    return w;
}

[[gnu::noinline]] void recurse(int depth, const std::function<void()>& at_the_bottom) {
    if (depth > 0) {
        recurse(depth - 1, at_the_bottom);
    } else {
        at_the_bottom();
    }
    asm volatile("" ::: "memory"); // no tail calls
}

class unwinding : public test::kernel_fixture {
  public:
    void look() { expect_whole_stack(walk_stack()); }

    void expect_whole_stack(const walk& w) {
        EXPECT_EQ(w.end, _URC_END_OF_STACK);
        ASSERT_FALSE(w.functions.empty());
        EXPECT_LT(w.functions.size(), most_frames);
        for (void* f : w.functions) {
            EXPECT_NE(f, nullptr) << "a return address that belongs to no function";
        }
        if (entry_function_ == nullptr) {
            entry_function_ = w.functions.back();
        }
        EXPECT_EQ(w.functions.back(), entry_function_);
    }

  private:
    void* entry_function_ = nullptr; // the last frame of every fiber
};

TEST_F(unwinding, a_walk_ends_at_the_fibers_entry) {
    std::vector<std::size_t> frames;
    for (const int depth : {0, 1, 10, 50}) {
        start([&, this, depth] {
            recurse(depth, [&, this] {
                const walk w = walk_stack();
                expect_whole_stack(w);
                frames.push_back(w.functions.size());
            });
        });
    }
    run();
    ASSERT_EQ(frames.size(), 4U);
    EXPECT_LT(frames[0], 40U);
    EXPECT_EQ(frames[1], frames[0] + 1);
    EXPECT_EQ(frames[2], frames[0] + 10);
    EXPECT_EQ(frames[3], frames[0] + 50);
}

// Where the walk would go on if it did not stop: what the loop's own stack has below main().
TEST_F(unwinding, a_walk_does_not_run_into_the_stack_of_the_loop) {
    const walk outside = walk_stack();
    const std::set<void*> loops(outside.functions.begin() + 2, outside.functions.end());
    start([&, this] {
        const walk w = walk_stack();
        expect_whole_stack(w);
        for (void* f : w.functions) {
            EXPECT_EQ(loops.count(f), 0U);
        }
    });
    run();
}

TEST_F(unwinding, a_walk_ends_on_fresh_recycled_resumed_and_eager_fibers) {
    start([this] {
        look();
        yield();
        look();
        EXPECT_TRUE(spawn_eager(make([this] {
            look();
            sleep_for(std::chrono::seconds(1));
            look();
        })));
        look();
    });
    start([this] { look(); });
    run();
    start([this] { look(); });
    start([this] { look(); }, 1024 * 1024);
    run();
}

TEST_F(unwinding, glibcs_backtrace_ends_too) {
    start([] {
        std::array<void*, most_frames> frames{};
        const int count = backtrace(frames.data(), most_frames);
        EXPECT_GT(count, 2);
        EXPECT_LT(count, 60);
        std::array<void*, 5> few{};
        EXPECT_EQ(backtrace(few.data(), 5), std::min(count, 5));
    });
    run();
}

TEST_F(unwinding, a_walk_from_a_catch_block_and_from_a_destructor_during_unwinding) {
    struct walker {
        unwinding& test;
        ~walker() { test.look(); }
    };
    start([this] {
        try {
            const walker w{*this};
            recurse(5, [] { throw 1; });
        } catch (int) {
            look();
        }
    });
    run();
}

} // namespace
} // namespace weft::fibers
