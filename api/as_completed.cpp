// SPDX-License-Identifier: BSL-1.0
//
// Ended completions stand in line until somebody steps; a step that is cancelled leaves the line as
// it is and passes its wake-up on.
#include "api/loop_core.hpp"
#include "api/report.hpp"
#include "api/watch_list.hpp"
#include "fibers/wait_queue.hpp"

#include <weft/as_completed.hpp>

#include <fmt/format.h>

#include <cstdlib>

namespace weft::detail {

struct completion_line::state final : watch_list {
    state(loop_core& l, task_core* maker, const handle_list& handles, clock::duration timeout)
        : watch_list(handles.completions().size(), &state::ended),
          loop(l),
          deadline(l.deadline_after(timeout)) {
        std::size_t index = 0;
        for (completion* c : handles.completions()) {
            if (maker != nullptr) {
                require_waitable(*c, *maker, handles.call());
            }
            if (entry* added = add(*c, index++)) {
                ++left;
                if (c->done()) {
                    append(*added);
                }
            }
        }
    }

    void append(entry& e) noexcept {
        (last != nullptr ? last->next_in_line : first) = &e;
        last = &e;
    }
    entry* pop() noexcept {
        entry* e = first;
        if (e != nullptr) {
            first = e->next_in_line;
            last = first == nullptr ? nullptr : last;
            --left;
        }
        return e;
    }
    static void ended(observer& o, completion&) noexcept {
        auto& e = static_cast<entry&>(o);
        auto& self = static_cast<state&>(e.list);
        self.append(e);
        self.waiters.notify_one(self.loop.scheduler());
    }

    loop_core& loop;
    fibers::time_point deadline;
    fibers::wait_queue waiters;
    entry* first = nullptr; // ended, not told yet
    entry* last = nullptr;
    std::size_t left = 0; // not told yet
    bool stepped = false;
};

completion_line::completion_line(const handle_list& handles, clock::duration timeout) {
    loop_core& loop = require_running_loop(handles.call());
    state_ = std::make_unique<state>(loop, loop.current_task(), handles, timeout);
}

completion_line::~completion_line() {
    if (!state_->waiters.empty()) {
        report("weft::as_completed: destroyed while a task steps through it; keep it until the "
               "step has ended");
        std::abort();
    }
}

std::optional<std::size_t> completion_line::next() {
    constexpr const char* call = "weft::as_completed";
    task_core& self = require_running_task(call);
    state& s = *state_;
    if (&s.loop != self.loop()) {
        throw wrong_loop(fmt::format("{}: made on another loop; step through it there", call));
    }
    fibers::scheduler& scheduler = s.loop.scheduler();
    if (!s.stepped) {
        s.stepped = true;
        take_turn(scheduler);
    }
    while (s.first == nullptr && s.left > 0) {
        if (s.deadline <= scheduler.now()) {
            throw timeout_error(fmt::format("{}: {} were not done in time", call, s.left));
        }
        fibers::wait_site site{call, &s};
        const auto woken = s.waiters.wait(scheduler, site, s.deadline);
        if (woken.reason == fibers::wake_reason::cancelled) {
            if (woken.notified) {
                s.waiters.notify_one(scheduler);
            }
            throw_cancelled(self);
        }
    }
    const watch_list::entry* e = s.pop();
    if (s.left == 0) {
        s.waiters.notify_all(scheduler); // nothing more will come for those who wait
    }
    return e != nullptr ? std::optional(e->index) : std::nullopt;
}

} // namespace weft::detail
