// SPDX-License-Identifier: BSL-1.0
//
// A group watches its children through observers of its own, one record each. The first failure
// cancels everything that still runs, the body included; a cancel of the waiting parent goes to the
// children and stays with the parent until they have ended.
#include "api/loop_core.hpp"
#include "api/own_cancel.hpp"

#include <weft/task_group.hpp>

#include <boost/intrusive/list.hpp>

#include <utility>
#include <vector>

namespace weft {

namespace {

constexpr const char* name = "weft::with_task_group";

} // namespace

struct task_group::state : fibers::wait_site, detail::cancel_branch {
    struct child final : detail::observer,
                         boost::intrusive::list_base_hook<
                             boost::intrusive::tag<child>,
                             boost::intrusive::link_mode<boost::intrusive::normal_link>> {
        child() noexcept : observer(&child::ended) {}
        static void ended(detail::observer& o, detail::completion& c) noexcept {
            auto& self = static_cast<child&>(o);
            self.group->child_ended(self, c);
        }
        state* group = nullptr;
        detail::task_core* task = nullptr;
    };
    using child_list =
        boost::intrusive::list<child,
                               boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                                   boost::intrusive::tag<child>,
                                   boost::intrusive::link_mode<boost::intrusive::normal_link>>>>;

    explicit state(detail::task_core& p) noexcept
        : wait_site{name, this, &state::hand_on},
          cancel_branch{&state::next_child, &p},
          parent(p),
          body_cancel(p) {}

    // The parent was cancelled while it waits: the children are, and their end wakes it.
    static fibers::fiber* hand_on(fibers::wait_site& site) noexcept {
        auto& self = static_cast<state&>(site);
        self.aborting = true;
        self.reached = self.children.begin();
        self.parent.loop()->add_cancel_branch(self);
        return nullptr;
    }
    static detail::task_core* next_child(detail::cancel_branch& branch,
                                         const std::string& /*message*/) noexcept {
        auto& self = static_cast<state&>(branch);
        return self.reached != self.children.end() ? (self.reached++)->task : nullptr;
    }

    void child_ended(child& c, detail::completion& task) noexcept {
        const std::unique_ptr<child> ended(&c);
        children.erase(child_list::s_iterator_to(c));
        if (task.how_it_ended() == detail::completion::outcome::error) {
            failed(task.error());
        }
        if (children.empty() && waiting) {
            parent.loop()->scheduler().unpark(parent);
        }
    }

    void failed(std::exception_ptr error) noexcept {
        errors.push_back(std::move(error)); // room was made for it
        abort();
    }

    void abort() noexcept {
        if (std::exchange(aborting, true)) {
            return;
        }
        cancel_children();
        if (in_body) {
            body_cancel.request();
        }
    }

    void cancel_children() noexcept {
        for (child& c : children) {
            c.task->cancel({});
        }
    }

    detail::task_core& parent;
    detail::own_cancel body_cancel; // requested when the body was cut off
    child_list children;
    child_list::iterator reached; // by the cancel in progress
    std::unique_ptr<child> spare; // for the next child
    std::vector<std::exception_ptr> errors;
    std::exception_ptr body_cancelled; // the body left with this `cancelled`
    std::exception_ptr body_error;
    bool in_body = true;
    bool waiting = false;
    bool aborting = false;
    bool ended = false;
};

task_group::task_group() : state_(std::make_unique<state>(detail::require_running_task(name))) {}

task_group::~task_group() = default;

void task_group::require_open() const {
    state_->parent.require_own_thread("weft::task_group::spawn");
    if (state_->aborting) {
        throw invalid_state(
            "weft::task_group::spawn: the group is being cancelled; let this task end");
    }
    if (state_->ended) {
        throw invalid_state("weft::task_group::spawn: the group has ended; open another one");
    }
}

// What is needed to adopt a child is there before it starts, so that nothing can go wrong after.
void task_group::prepare() {
    if (state_->spare == nullptr) {
        state_->spare = std::make_unique<state::child>();
    }
    const std::size_t most = state_->errors.size() + state_->children.size() + 2; // and the body's
    if (state_->errors.capacity() < most) {
        state_->errors.reserve(2 * most);
    }
}

void task_group::add(detail::task_state& s) noexcept {
    state::child& c = *state_->spare.release();
    c.group = state_.get();
    c.task = &s.core();
    state_->children.push_back(c);
    if (s.core().done()) {
        state_->child_ended(c, s.core());
    } else {
        s.core().observe(c);
        if (state_->aborting) {
            s.core().cancel({}); // an eager child has ended the group while it was being started
        }
    }
}

void task_group::cancel() {
    state_->parent.require_own_thread("weft::task_group::cancel");
    if (!state_->ended) {
        state_->abort();
    }
}

std::size_t task_group::size() const {
    state_->parent.require_own_thread("weft::task_group::size");
    return state_->children.size();
}

void task_group::body_ended() noexcept {
    state_->in_body = false;
}

void task_group::body_threw() noexcept {
    state_->in_body = false;
    try {
        throw;
    } catch (const cancelled&) {
        state_->body_cancelled = std::current_exception();
    } catch (...) {
        state_->body_error = std::current_exception();
    }
    state_->abort();
}

void task_group::finish(bool complete) {
    state& s = *state_;
    detail::task_core& self = s.parent;
    fibers::scheduler& scheduler = self.loop()->scheduler();
    const bool cut_off = s.body_cancel.requested();
    // Whether somebody outside wants this task to stop.
    bool cancelled_outside = s.body_cancelled != nullptr;
    if (cut_off && s.body_cancel.take_back()) {
        cancelled_outside = false;
    }
    if (!s.children.empty()) {
        if (scheduler.cancel_is_due()) {
            s.aborting = true;
            s.cancel_children();
        }
        s.waiting = true;
        if (scheduler.park(s) == fibers::wake_reason::cancelled) {
            cancelled_outside = true;
            s.body_cancelled = nullptr;
        }
        s.waiting = false;
    }
    s.ended = true;
    if (s.body_error) {
        s.errors.push_back(std::move(s.body_error));
    }
    if (!s.errors.empty()) {
        if (cancelled_outside && self.cancelling() > 0) {
            self.uncancel();
            self.cancel(self.cancel_message()); // for the next blocking call
        }
        throw exception_group(std::move(s.errors));
    }
    if (cancelled_outside && s.body_cancelled) {
        std::rethrow_exception(s.body_cancelled);
    }
    if (cancelled_outside || (!complete && cut_off)) {
        detail::throw_cancelled(self);
    }
}

} // namespace weft
