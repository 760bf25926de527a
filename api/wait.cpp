// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/watch_list.hpp"

#include <weft/wait.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weft::detail {

// --- what was given ---

handle_list::~handle_list() {
    for (completion* c : completions_) {
        c->release();
    }
}

void handle_list::keep(completion& c) {
    completions_.push_back(&c);
    c.retain();
}

// --- waiting ---

namespace {

// What is waited for, and whether it has come. Counts what is pending.
class several final : public watch_list {
  public:
    several(task_core& waiter, const handle_list& handles, until condition)
        : watch_list(handles.completions().size(), &several::ended),
          waiter_(waiter),
          condition_(condition) {
        std::size_t index = 0;
        for (completion* c : handles.completions()) {
            require_waitable(*c, waiter, handles.call());
            const entry* added = add(*c, index++);
            if (added != nullptr && !c->done()) {
                ++pending_;
            } else {
                note(*c);
            }
        }
    }

    bool come() const noexcept { return come_ || pending_ == 0; }

  private:
    void note(const completion& c) noexcept {
        come_ |=
            c.done() &&
            (condition_ == first_completed ||
             (condition_ == first_exception && c.how_it_ended() == completion::outcome::error));
    }
    static void ended(observer& o, completion& c) noexcept {
        auto& self = static_cast<several&>(static_cast<entry&>(o).list);
        --self.pending_;
        self.note(c);
        if (self.come()) {
            self.waiter_.loop()->scheduler().unpark(self.waiter_);
        }
    }

    task_core& waiter_;
    until condition_;
    std::size_t pending_ = 0;
    bool come_ = false;
};

void require_condition(until condition) {
    if (condition > first_exception) {
        throw std::invalid_argument("weft::wait: unknown condition; it is all_completed, "
                                    "first_completed or first_exception");
    }
}

} // namespace

wait_result wait_for_several(const handle_list& handles, until condition, clock::duration timeout) {
    task_core& self = require_running_task(handles.call());
    if (handles.completions().empty()) {
        throw std::invalid_argument(
            fmt::format("{}: the range is empty; there is nothing to wait for", handles.call()));
    }
    require_condition(condition);
    {
        several all(self, handles, condition);
        if (all.come() || timeout <= clock::duration::zero()) {
            take_turn(self.loop()->scheduler());
        } else {
            fibers::wait_site site{handles.call(), &handles};
            block(site, self.loop()->deadline_after(timeout));
        }
    }
    wait_result result;
    for (std::size_t i = 0; i < handles.completions().size(); ++i) {
        (handles.completions()[i]->done() ? result.done : result.pending).push_back(i);
    }
    return result;
}

} // namespace weft::detail
