// SPDX-License-Identifier: BSL-1.0
//
// A scheduler on the fibers of a host, here one of a few lines: a ready queue, and a context for
// each fiber that always goes back to the thread's own.
#include "fibers/host.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/sanitized.hpp"

#include <cerrno>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace weft::test {
namespace {

class toy_host final : public fibers::host {
  public:
    explicit toy_host(fibers::scheduler& kernel) : kernel_(kernel) {
        kernel_.move_in(*this);
        kernel_.switched_to(idle_);
    }
    ~toy_host() { kernel_.move_out(); }

    // Runs what is ready and what becomes ready, until `done`.
    void run(const std::function<bool()>& done) {
        while (!done()) {
            if (ready_.empty()) {
                kernel_.serve(fibers::never);
            } else {
                one& next = *ready_.front();
                ready_.pop_front();
                step(next);
                if (kernel_.has_ready()) {
                    kernel_.serve(fibers::time_point::min());
                }
            }
        }
    }

    // The next start() is refused with this errno.
    int refuse = 0;
    // suspend() returns for no reason so many times.
    int spurious = 0;

  private:
    struct one : fibers::seat {
        toy_host* owner = nullptr;
        fibers::context own;
        std::unique_ptr<std::byte[]> stack;
        bool ended = false;
    };
    static constexpr std::size_t stack_size = small_stack;

    bool start(fibers::fiber& f, std::size_t, bool at_once) noexcept override {
        if (refuse != 0) {
            errno = std::exchange(refuse, 0);
            return false;
        }
        one& made = *all_.emplace_back(std::make_unique<one>());
        made.owner = this;
        made.stack = std::make_unique<std::byte[]>(stack_size);
        made.own.create(made.stack.get(), stack_size, made.stack.get() + stack_size, &main, &made);
        kernel_.take_seat(f, made);
        if (!at_once) {
            ready_.push_back(&made);
            return true;
        }
        if (running_ == nullptr) {
            step(made);
        } else {
            ready_.push_front(running_);
            ready_.push_front(&made);
            leave();
        }
        return true;
    }
    void suspend() noexcept override {
        if (spurious > 0) {
            --spurious;
            ready_.push_back(running_);
        }
        leave();
    }
    void resume(fibers::seat& s) noexcept override { ready_.push_back(static_cast<one*>(&s)); }
    void yield() noexcept override {
        ready_.push_back(running_);
        leave();
    }

    void step(one& next) {
        running_ = &next;
        kernel_.switched_to(next);
        thread_.switch_to(next.own, cells_);
        kernel_.switched_to(idle_);
        running_ = nullptr;
    }
    void leave() noexcept { running_->own.switch_to(thread_, cells_); }
    static fibers::context& main(void* argument) noexcept {
        one& self = *static_cast<one*>(argument);
        self.owner->kernel_.run_hosted(*self.occupant);
        self.ended = true;
        return self.owner->thread_;
    }

    fibers::scheduler& kernel_;
    fibers::thread_cells cells_;
    fibers::context thread_;
    fibers::seat idle_;
    std::deque<std::unique_ptr<one>> all_;
    std::deque<one*> ready_;
    one* running_ = nullptr;
};

class host_test : public kernel_fixture {
  public:
    void SetUp() override {
        kernel_fixture::SetUp();
        host_ = std::make_unique<toy_host>(kernel());
    }
    void TearDown() override {
        host_.reset();
        kernel_fixture::TearDown();
    }
    toy_host& host() { return *host_; }
    void run_until_ended(std::initializer_list<const test_fiber*> all) {
        host_->run([&] {
            return std::all_of(all.begin(), all.end(), [](const auto* f) { return f->ended(); });
        });
    }

  private:
    std::unique_ptr<toy_host> host_;
};

TEST_F(host_test, fibers_yield_in_the_hosts_order) {
    const auto work = [this](const char* name) {
        return [this, name] {
            for (int i = 0; i < 2; ++i) {
                note(name);
                EXPECT_EQ(yield(), wake_reason::notified);
            }
        };
    };
    const test_fiber& a = start(work("a"));
    const test_fiber& b = start(work("b"));
    run_until_ended({&a, &b});
    EXPECT_EQ(log(), (log_lines{"a", "b", "a", "b"}));
}

TEST_F(host_test, a_parked_fiber_waits_for_unpark) {
    test_fiber& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::notified);
        note("woken");
    });
    const test_fiber& waker = start([&] {
        note("waking");
        EXPECT_TRUE(kernel().unpark(waiter));
        EXPECT_FALSE(kernel().unpark(waiter));
    });
    run_until_ended({&waiter, &waker});
    EXPECT_EQ(log(), (log_lines{"waking", "woken"}));
}

TEST_F(host_test, a_host_that_resumes_for_no_reason_ends_no_wait) {
    test_fiber& waiter = start([this] {
        host().spurious = 3;
        EXPECT_EQ(park(), wake_reason::notified);
    });
    const test_fiber& waker = start([&] {
        for (int i = 0; i < 10; ++i) {
            yield();
        }
        EXPECT_FALSE(waiter.ended());
        kernel().unpark(waiter);
    });
    run_until_ended({&waiter, &waker});
    EXPECT_EQ(host().spurious, 0);
}

TEST_F(host_test, deadlines_end_waits_in_their_order) {
    const auto work = [this](int hours) {
        return [this, hours] {
            EXPECT_EQ(sleep_for(std::chrono::hours(hours)), wake_reason::timed_out);
            note(std::to_string(hours));
        };
    };
    const test_fiber& c = start(work(3));
    const test_fiber& a = start(work(1));
    const test_fiber& b = start(work(2));
    run_until_ended({&a, &b, &c});
    EXPECT_EQ(log(), (log_lines{"1", "2", "3"}));
}

TEST_F(host_test, a_cancel_ends_a_wait_and_is_kept_where_there_is_none) {
    test_fiber& waiter = start([this] {
        EXPECT_EQ(park(), wake_reason::cancelled);
        EXPECT_EQ(park(kernel().now() + std::chrono::hours(1)), wake_reason::timed_out);
    });
    const test_fiber& other = start([&] {
        kernel().cancel(waiter);
        kernel().cancel(*kernel().current());
        EXPECT_EQ(yield(), wake_reason::cancelled);
        EXPECT_EQ(yield(), wake_reason::notified);
    });
    run_until_ended({&waiter, &other});
}

TEST_F(host_test, an_eager_fiber_runs_until_it_waits_and_its_spawner_goes_on) {
    const test_fiber& spawner = start([this] {
        test_fiber& inner = make([this] {
            note("inner");
            yield();
            note("inner again");
        });
        EXPECT_TRUE(spawn_eager(inner));
        note("spawner");
        while (!inner.ended()) {
            yield();
        }
    });
    const test_fiber& other = start([this] { note("other"); });
    run_until_ended({&spawner, &other});
    EXPECT_EQ(log(), (log_lines{"inner", "spawner", "other", "inner again"}));
}

TEST_F(host_test, a_refused_spawn_leaves_the_fiber_untouched) {
    test_fiber& f = make([] {});
    host().refuse = ENOMEM;
    EXPECT_FALSE(spawn(f));
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(f.state(), fibers::fiber_state::unstarted);
    EXPECT_TRUE(spawn(f));
    run_until_ended({&f});
}

TEST_F(host_test, callbacks_run_where_the_host_is_idle) {
    struct noted final : fibers::callback {
        explicit noted(host_test& t)
            : callback([](fibers::callback& c) noexcept {
                  auto& test = static_cast<noted&>(c).test;
                  EXPECT_EQ(test.kernel().current(), nullptr);
                  test.note("callback");
              }),
              test(t) {}
        host_test& test;
    } call(*this);
    const test_fiber& f = start([&] {
        kernel().post(call);
        note("fiber");
        yield();
        note("fiber again");
    });
    run_until_ended({&f});
    EXPECT_EQ(log(), (log_lines{"fiber", "callback", "fiber again"}));
}

TEST_F(host_test, a_fiber_enters_side_stacks_and_waits_on_them) {
    struct side final : fibers::side_stack {
        side(fibers::scheduler& s, std::function<void(side&)> f) : kernel(s), body(std::move(f)) {
            EXPECT_TRUE(kernel.begin(
                *this,
                [](void* self) noexcept {
                    static_cast<side*>(self)->body(*static_cast<side*>(self));
                },
                this));
        }
        fibers::scheduler& kernel;
        std::function<void(side&)> body;
    };
    const test_fiber& f = start([this] {
        const fibers::fiber* self = kernel().current();
        side outer(kernel(), [&](side& here) {
            side inner(kernel(), [&](side& there) {
                EXPECT_TRUE(kernel().is_on(there));
                sleep_for(std::chrono::hours(1));
                EXPECT_EQ(kernel().current(), self);
                note("inner");
            });
            kernel().enter(inner);
            EXPECT_TRUE(kernel().is_on(here));
            note("outer");
            kernel().leave(here);
            note("outer again");
        });
        kernel().enter(outer);
        EXPECT_FALSE(outer.entered());
        note("between");
        yield();
        kernel().enter(outer);
        EXPECT_FALSE(outer.live());
    });
    const test_fiber& other = start([this] {
        yield();
        note("other");
    });
    run_until_ended({&f, &other});
    EXPECT_EQ(log(), (log_lines{"other", "inner", "outer", "between", "outer again"}));
}

TEST_F(host_test, errno_and_exceptions_stay_each_fibers_own) {
    const auto work = [this](int number) {
        return [this, number] {
            try {
                throw std::runtime_error(std::to_string(number));
            } catch (...) {
                errno = number;
                yield();
                sleep_for(std::chrono::hours(number));
                EXPECT_EQ(errno, number);
                EXPECT_THROW(throw, std::runtime_error);
            }
            EXPECT_EQ(std::current_exception(), nullptr);
        };
    };
    const test_fiber& a = start(work(2));
    const test_fiber& b = start(work(1));
    run_until_ended({&a, &b});
}

} // namespace
} // namespace weft::test
