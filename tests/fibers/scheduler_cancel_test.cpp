// SPDX-License-Identifier: BSL-1.0
//
// Cancelling, at each moment of a fiber's life. A cancel is delivered once, at a wait; it beats the
// other reasons to wake; while the fiber unwinds or blocks cancels, it is kept.
#include "tests/support/kernel_fixture.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace weft::fibers {
namespace {

using namespace std::chrono_literals;
using test::log_lines;

class scheduler_cancel : public test::kernel_fixture {
  public:
    // During unwinding or not, parks and yields in a destructor and tells what came out of it.
    struct waits_in_destructor {
        scheduler& s;
        std::vector<wake_reason>& reasons;
        ~waits_in_destructor() {
            wait_site site{"in a destructor"};
            reasons.push_back(s.park(site, s.now() + 1s));
            reasons.push_back(s.yield());
        }
    };
};

TEST_F(scheduler_cancel, before_the_first_step_is_delivered_at_the_first_wait) {
    auto& f = start([this] {
        EXPECT_TRUE(kernel().current()->cancel_pending());
        EXPECT_EQ(park(), wake_reason::cancelled);
        EXPECT_FALSE(kernel().current()->cancel_pending());
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out) << "once only";
    });
    EXPECT_EQ(kernel().cancel(f), nullptr);
    run();
}

TEST_F(scheduler_cancel, before_the_first_step_can_be_taken_by_the_body) {
    auto& f = start([this] {
        EXPECT_TRUE(kernel().current()->take_cancel());
        EXPECT_FALSE(kernel().current()->take_cancel());
        EXPECT_EQ(yield(), wake_reason::notified);
    });
    kernel().cancel(f);
    run();
}

TEST_F(scheduler_cancel, while_parked_wakes_the_fiber) {
    for (const time_point deadline : {never, kernel().now() + 1h}) {
        const time_point before = kernel().now();
        auto& f = start([this, deadline] {
            EXPECT_EQ(park(deadline), wake_reason::cancelled);
            EXPECT_FALSE(kernel().current()->cancel_pending());
            EXPECT_TRUE(kernel().timers().empty());
        });
        start([&, this] {
            EXPECT_EQ(kernel().cancel(f), nullptr);
            EXPECT_EQ(f.state(), fiber_state::ready);
            EXPECT_FALSE(kernel().unpark(f)) << "the cancel was first";
        });
        run();
        EXPECT_EQ(kernel().now(), before);
    }
}

TEST_F(scheduler_cancel, after_the_wake_up_and_before_the_resume_beats_the_wake_up) {
    auto& f = start([this] { EXPECT_EQ(park(), wake_reason::cancelled); });
    start([&, this] {
        EXPECT_TRUE(kernel().unpark(f));
        EXPECT_EQ(kernel().cancel(f), nullptr);
    });
    run();
}

TEST_F(scheduler_cancel, after_the_timeout_and_before_the_resume_beats_the_timeout) {
    const time_point deadline = kernel().now() + 1s;
    test::test_fiber* f = nullptr;
    start([&, this] {
        park(deadline);
        EXPECT_EQ(f->state(), fiber_state::ready);
        kernel().cancel(*f);
    });
    f = &start([&, this] { EXPECT_EQ(park(deadline), wake_reason::cancelled); });
    run();
}

TEST_F(scheduler_cancel, and_a_timeout_that_comes_before_the_resume) {
    const time_point deadline = kernel().now() + 1s;
    auto& f = start([&, this] { EXPECT_EQ(park(deadline), wake_reason::cancelled); });
    start([&, this] {
        kernel().cancel(f);
        port().advance(1s);
        kernel().look_up();
    });
    run();
}

TEST_F(scheduler_cancel, of_a_yielding_fiber_is_delivered_by_yield) {
    auto& f = start([this] {
        EXPECT_EQ(yield(), wake_reason::cancelled);
        EXPECT_EQ(yield(), wake_reason::notified);
    });
    start([&, this] { kernel().cancel(f); });
    run();
}

TEST_F(scheduler_cancel, of_oneself_is_delivered_at_the_next_wait) {
    start([this] {
        kernel().cancel(*kernel().current());
        EXPECT_EQ(park(), wake_reason::cancelled);
        kernel().cancel(*kernel().current());
        EXPECT_EQ(yield(), wake_reason::cancelled);
    });
    run();
}

TEST_F(scheduler_cancel, twice_before_it_is_delivered_is_one_cancel) {
    auto& f = start([this] {
        EXPECT_EQ(park(), wake_reason::cancelled);
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
    });
    start([&, this] {
        kernel().cancel(f);
        kernel().cancel(f);
    });
    run();
}

TEST_F(scheduler_cancel, of_a_finished_fiber_does_nothing) {
    auto& f = start([] {});
    run();
    EXPECT_EQ(kernel().cancel(f), nullptr);
    run_until_deadlock();
    EXPECT_EQ(f.runs(), 1);
}

TEST_F(scheduler_cancel, withdrawn_in_time_is_not_delivered) {
    auto& f = start([this] { EXPECT_EQ(sleep_for(1s), wake_reason::timed_out); });
    kernel().cancel(f);
    f.withdraw_cancel();
    run();
}

// --- kept ---

TEST_F(scheduler_cancel, while_unwinding_is_kept_for_the_next_wait_after_it) {
    std::vector<wake_reason> reasons;
    auto& f = start([&, this] {
        try {
            const waits_in_destructor w{kernel(), reasons};
            throw 1;
        } catch (int) {
            EXPECT_TRUE(kernel().current()->cancel_pending());
            EXPECT_EQ(park(), wake_reason::cancelled) << "caught, so no longer unwinding";
        }
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
    });
    start([&, this] {
        EXPECT_EQ(f.state(), fiber_state::parked);
        EXPECT_EQ(kernel().cancel(f), nullptr);
        EXPECT_EQ(f.state(), fiber_state::parked) << "not woken";
    });
    run();
    EXPECT_EQ(reasons, (std::vector{wake_reason::timed_out, wake_reason::notified}));
}

TEST_F(scheduler_cancel, pending_at_the_start_of_unwinding_is_kept) {
    std::vector<wake_reason> reasons;
    start([&, this] {
        kernel().cancel(*kernel().current());
        try {
            const waits_in_destructor w{kernel(), reasons};
            throw 1;
        } catch (int) {
        }
        EXPECT_EQ(park(), wake_reason::cancelled);
    });
    run();
    EXPECT_EQ(reasons, (std::vector{wake_reason::timed_out, wake_reason::notified}));
}

TEST_F(scheduler_cancel, is_delivered_in_a_destructor_that_does_not_run_during_unwinding) {
    std::vector<wake_reason> reasons;
    start([&, this] {
        kernel().cancel(*kernel().current());
        const waits_in_destructor w{kernel(), reasons};
    });
    run();
    EXPECT_EQ(reasons, (std::vector{wake_reason::cancelled, wake_reason::notified}));
}

// Another fiber's unwinding is nobody else's reason to keep a cancel.
TEST_F(scheduler_cancel, is_delivered_while_another_fiber_unwinds) {
    std::vector<wake_reason> reasons;
    start([&, this] {
        try {
            const waits_in_destructor w{kernel(), reasons};
            throw 1;
        } catch (int) {
        }
    });
    auto& f = start([this] {
        EXPECT_EQ(park(), wake_reason::cancelled);
        note("cancelled");
    });
    start([&, this] { kernel().cancel(f); });
    run();
    EXPECT_EQ(log(), log_lines{"cancelled"});
}

TEST_F(scheduler_cancel, with_cancels_blocked_is_kept) {
    auto& f = start([this] {
        fiber& self = *kernel().current();
        self.block_cancels();
        self.block_cancels();
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
        EXPECT_TRUE(self.cancel_pending());
        EXPECT_EQ(yield(), wake_reason::notified);
        self.unblock_cancels();
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out) << "blocked twice";
        self.unblock_cancels();
        EXPECT_EQ(sleep_for(1s), wake_reason::cancelled);
        EXPECT_EQ(sleep_for(1s), wake_reason::timed_out);
    });
    start([&, this] {
        EXPECT_EQ(kernel().cancel(f), nullptr);
        EXPECT_EQ(f.state(), fiber_state::parked);
    });
    run();
}

// A fiber that polls with cancels blocked must not keep the processor because a cancel is pending.
TEST_F(scheduler_cancel, pending_and_blocked_does_not_make_yield_return_at_once) {
    bool done = false;
    auto& poller = start([&, this] {
        kernel().current()->block_cancels();
        for (int i = 0; i < 10 && !done; ++i) {
            EXPECT_EQ(yield(), wake_reason::notified);
        }
        EXPECT_TRUE(done) << "yield() let nobody else run";
        kernel().current()->unblock_cancels();
        EXPECT_EQ(yield(), wake_reason::cancelled);
    });
    kernel().cancel(poller);
    start([&] { done = true; });
    run();
}

TEST_F(scheduler_cancel, pending_during_unwinding_does_not_make_yield_return_at_once) {
    bool done = false;
    struct poller {
        scheduler& s;
        bool& done;
        ~poller() {
            for (int i = 0; i < 10 && !done; ++i) {
                EXPECT_EQ(s.yield(), wake_reason::notified);
            }
            EXPECT_TRUE(done) << "yield() let nobody else run";
        }
    };
    auto& f = start([&, this] {
        try {
            const poller p{kernel(), done};
            throw 1;
        } catch (int) {
        }
        kernel().current()->withdraw_cancel();
    });
    kernel().cancel(f);
    start([&] { done = true; });
    run();
}

// --- handed on ---

struct handing_site : wait_site {
    explicit handing_site(fiber* to)
        : wait_site{"joining", nullptr,
                    [](wait_site& w) noexcept {
                        auto& self = static_cast<handing_site&>(w);
                        ++self.asked;
                        return self.next;
                    }},
          next(to) {}
    fiber* next;
    int asked = 0;
};

TEST_F(scheduler_cancel,
       of_a_site_that_hands_on_names_the_next_fiber_and_leaves_the_waiter_parked) {
    auto& child = start([this] { EXPECT_EQ(park(), wake_reason::cancelled); });
    handing_site site(&child);
    auto& joiner = start([&, this] {
        EXPECT_EQ(kernel().park(site), wake_reason::cancelled) << "its own cancel, when it wakes";
        EXPECT_EQ(site.asked, 1);
        EXPECT_FALSE(kernel().current()->cancel_pending());
    });
    start([&, this] {
        EXPECT_EQ(kernel().cancel(joiner), &child);
        EXPECT_EQ(joiner.state(), fiber_state::parked);
        EXPECT_EQ(kernel().cancel(child), nullptr);
        EXPECT_EQ(child.state(), fiber_state::ready);
        EXPECT_TRUE(kernel().unpark(joiner));
    });
    run();
}

TEST_F(scheduler_cancel, of_a_site_that_has_dealt_with_it_returns_null) {
    handing_site site(nullptr);
    auto& joiner = start([&, this] {
        EXPECT_EQ(kernel().park(site), wake_reason::notified);
        EXPECT_EQ(site.asked, 1);
    });
    start([&, this] {
        EXPECT_EQ(kernel().cancel(joiner), nullptr);
        EXPECT_EQ(joiner.state(), fiber_state::parked);
        joiner.withdraw_cancel();
        EXPECT_TRUE(kernel().unpark(joiner));
    });
    run();
}

TEST_F(scheduler_cancel, pending_before_a_wait_that_hands_on_does_not_end_that_wait) {
    handing_site site(nullptr);
    auto& joiner = start([&, this] {
        kernel().cancel(*kernel().current());
        EXPECT_EQ(kernel().park(site), wake_reason::cancelled);
    });
    start([&, this] {
        EXPECT_EQ(joiner.state(), fiber_state::parked);
        EXPECT_TRUE(kernel().unpark(joiner));
    });
    run();
}

TEST_F(scheduler_cancel, with_cancels_blocked_is_not_handed_on) {
    auto& child = start([this] { EXPECT_EQ(sleep_for(1s), wake_reason::timed_out); });
    handing_site site(&child);
    auto& joiner = start([&, this] {
        kernel().current()->block_cancels();
        EXPECT_EQ(kernel().park(site), wake_reason::notified);
        kernel().current()->unblock_cancels();
        EXPECT_EQ(site.asked, 0);
        EXPECT_EQ(park(), wake_reason::cancelled);
    });
    start([&, this] {
        EXPECT_EQ(kernel().cancel(joiner), nullptr);
        EXPECT_TRUE(kernel().unpark(joiner));
    });
    run();
}

TEST_F(scheduler_cancel, is_deliverable_tells_whether_a_wait_would_deliver_it) {
    struct looks {
        scheduler& s;
        ~looks() { EXPECT_FALSE(s.cancel_is_deliverable()); }
    };
    start([this] {
        EXPECT_TRUE(kernel().cancel_is_deliverable());
        try {
            const looks l{kernel()};
            throw 1;
        } catch (int) {
            EXPECT_TRUE(kernel().cancel_is_deliverable());
        }
        kernel().current()->block_cancels();
        EXPECT_FALSE(kernel().cancel_is_deliverable());
        kernel().current()->unblock_cancels();
        EXPECT_TRUE(kernel().cancel_is_deliverable());
    });
    run();
}

} // namespace
} // namespace weft::fibers
