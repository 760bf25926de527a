// SPDX-License-Identifier: BSL-1.0
//
// A failure cancels the children at once, before any of them runs again. When it comes out of a
// cancel that is under way (which ended a future), it becomes a branch of that one, so that long
// ways of failures and cancels need no recursion.
#include "api/loop_core.hpp"
#include "api/watch_list.hpp"

#include <weft/detail/gather_scope.hpp>

#include <new>

namespace weft::detail {

struct gather_scope::state : fibers::wait_site, cancel_branch {
    state(loop_core& l, std::size_t arguments, bool exceptions)
        : wait_site{"weft::gather", this, &state::hand_on},
          cancel_branch{&state::next_child},
          loop(l),
          children(*this, arguments),
          return_exceptions(exceptions) {}

    struct child_list : watch_list {
        child_list(state& s, std::size_t arguments)
            : watch_list(arguments, &child_list::ended), scope(s) {}
        static void ended(observer& o, completion&) noexcept {
            auto& child = static_cast<entry&>(o);
            static_cast<child_list&>(child.list).scope.child_ended(child);
        }
        state& scope;
    };

    bool satisfied() const noexcept {
        return running == 0 ||
               (first_failure != nullptr && !everything_cancelled && running_own == 0 && waiting);
    }

    void child_ended(watch_list::entry& child) noexcept {
        --running;
        running_own -= child.own ? 1 : 0;
        note_outcome(child);
        if (waiting && satisfied()) {
            loop.scheduler().unpark(*self);
        }
    }

    void note_outcome(watch_list::entry& child) noexcept {
        completion& c = child.watched;
        if (c.how_it_ended() == completion::outcome::value) {
            return;
        }
        if (child.own) {
            c.mark_retrieved(); // thrown or returned by gather, or dropped
        }
        if (first_failure == nullptr && !return_exceptions) {
            first_failure = &c;
            if (waiting && !everything_cancelled) {
                cancel_own_children();
            }
        }
    }

    void cancel_own_children() noexcept {
        if (loop.cancel_in_progress()) {
            start_branch(nullptr);
            return;
        }
        for (watch_list::entry& child : children) {
            if (child.own) {
                child.watched.cancel({});
            }
        }
    }

    // The waiter was cancelled while parked here: that cancels everything, and its end wakes it.
    static fibers::fiber* hand_on(fibers::wait_site& site) noexcept {
        auto& s = static_cast<state&>(site);
        s.everything_cancelled = true;
        s.start_branch(s.self);
        return nullptr;
    }

    // A branch for a failure may widen to everything on its way, never narrow again.
    void start_branch(task_core* whose_wait) noexcept {
        if (!in_progress) {
            waiter = nullptr;
            for (watch_list::entry& child : children) {
                child.reached = false;
            }
        }
        if (whose_wait != nullptr) {
            waiter = whose_wait;
        }
        position = children.begin();
        loop.add_cancel_branch(*this);
    }

    static task_core* next_child(cancel_branch& branch, const std::string& message) noexcept {
        auto& s = static_cast<state&>(branch);
        while (s.position != s.children.end()) {
            watch_list::entry& child = *s.position++;
            if (child.reached || !(child.own || s.waiter != nullptr)) {
                continue;
            }
            child.reached = true;
            task_core* t = child.watched.as_task();
            if (t == nullptr) {
                child.watched.cancel(message);
            } else if (!t->done()) {
                return t;
            }
        }
        return nullptr;
    }

    loop_core& loop;
    task_core* self = nullptr; // once waiting
    child_list children;
    watch_list::entry* position = nullptr; // of the branch in progress
    completion* first_failure = nullptr;
    std::size_t arguments = 0;
    std::size_t running = 0;
    std::size_t running_own = 0;
    bool return_exceptions;
    bool waiting = false;
    bool everything_cancelled = false;
};

gather_scope::gather_scope(std::size_t arguments, bool return_exceptions) {
    loop_core& loop = *require_running_task("weft::gather").loop();
    void* memory = loop.blocks().allocate_or_throw(sizeof(state));
    try {
        state_ = ::new (memory) state(loop, arguments, return_exceptions);
    } catch (...) {
        loop.blocks().free(memory, sizeof(state));
        throw;
    }
}

gather_scope::~gather_scope() {
    loop_core& loop = state_->loop;
    state_->~state();
    loop.blocks().free(state_, sizeof(state));
}

void gather_scope::watch(completion& c, bool own) {
    require_waitable(c, require_running_task("weft::gather"), "weft::gather");
    watch_list::entry* child = state_->children.add(c, state_->arguments++);
    if (child == nullptr) {
        return;
    }
    child->own = own;
    if (c.done()) {
        state_->note_outcome(*child);
    } else {
        ++state_->running;
        state_->running_own += own ? 1 : 0;
    }
}

void gather_scope::wait() {
    state& s = *state_;
    task_core& self = require_running_task("weft::gather");
    fibers::scheduler& scheduler = s.loop.scheduler();
    fibers::wake_reason reason = fibers::wake_reason::notified;
    if (s.running > 0) {
        s.self = &self;
        s.waiting = true;
        if (s.first_failure != nullptr) {
            s.cancel_own_children();
        }
        if (scheduler.cancel_is_due()) {
            s.everything_cancelled = true; // it came before the wait did
            const std::string message = self.cancel_message();
            for (watch_list::entry& child : s.children) {
                child.watched.cancel(message, &self);
            }
        }
        if (!s.satisfied()) {
            reason = scheduler.park(s);
        } else if (s.everything_cancelled) {
            self.take_cancel();
            reason = fibers::wake_reason::cancelled;
        }
        s.waiting = false;
    }
    if (reason == fibers::wake_reason::cancelled) {
        throw_cancelled(self);
    }
    if (s.first_failure != nullptr) {
        s.first_failure->throw_outcome();
    }
}

} // namespace weft::detail
