// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/gather_scope.hpp>

#include <vector>

namespace weft::detail {

struct gather_scope::state : fibers::wait_site, cancel_branch {
    // One watched child. Observers must not move, so all are made at once.
    struct child final : observer {
        child() noexcept : observer(&child::ended) {}
        static void ended(observer& o, completion& c) noexcept {
            auto& self = static_cast<child&>(o);
            self.scope->child_ended(*c.as_task());
        }
        gather_scope::state* scope = nullptr;
        task_core* task = nullptr;
    };

    explicit state(std::size_t count)
        : wait_site{"weft::gather", this, &state::hand_on},
          cancel_branch{&state::next_child},
          children(count) {}

    // The waiter was cancelled while parked here: that cancels the children, and their end wakes
    // it.
    static fibers::fiber* hand_on(fibers::wait_site& site) noexcept {
        auto& self = static_cast<state&>(site);
        self.reached = 0;
        self.waiter->loop()->add_cancel_branch(self);
        return nullptr;
    }
    static task_core* next_child(cancel_branch& branch) noexcept {
        auto& self = static_cast<state&>(branch);
        while (self.reached < self.watched) {
            task_core* t = self.children[self.reached++].task;
            if (!t->done()) {
                return t;
            }
        }
        return nullptr;
    }

    void child_ended(task_core& t) noexcept {
        --running;
        if (t.how_it_ended() != task_core::outcome::value) {
            if (first_failure == nullptr) {
                first_failure = &t;
                cancel_children({});
            }
            t.mark_retrieved();
        }
        if (running == 0 && waiter != nullptr) {
            waiter->loop()->scheduler().unpark(*waiter);
        }
    }

    void cancel_children(const std::string& message) noexcept {
        for (child& c : children) {
            if (c.task != nullptr && !c.task->done()) {
                c.task->cancel(message);
            }
        }
    }

    std::vector<child> children;
    std::size_t watched = 0;
    std::size_t running = 0;
    std::size_t reached = 0; // of the watched ones, by the cancel in progress
    task_core* first_failure = nullptr;
};

gather_scope::gather_scope(std::size_t children) {
    require_running_task("weft::gather");
    state_ = std::make_unique<state>(children);
}

gather_scope::~gather_scope() = default;

void gather_scope::watch(task_state& s) {
    state::child& c = state_->children[state_->watched++];
    c.scope = state_.get();
    c.task = &s.core();
    ++state_->running;
    if (s.core().done()) {
        state_->child_ended(s.core());
    } else {
        s.core().observe(c);
    }
}

void gather_scope::wait() {
    task_core& self = require_running_task("weft::gather");
    fibers::scheduler& scheduler = self.loop()->scheduler();
    if (self.cancel_pending() && scheduler.cancel_is_deliverable()) {
        state_->cancel_children(self.cancel_message());
    }
    fibers::wake_reason reason = fibers::wake_reason::notified;
    if (state_->running > 0) {
        state_->waiter = &self;
        reason = scheduler.park(*state_);
    }
    if (reason == fibers::wake_reason::cancelled) {
        throw_cancelled(self);
    }
    if (state_->first_failure != nullptr) {
        state_->first_failure->throw_outcome();
    }
}

} // namespace weft::detail
