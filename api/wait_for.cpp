// SPDX-License-Identifier: BSL-1.0
//
// Waits for one completion: with a limit (wait_for), or without passing a cancel on (shield).
#include "api/loop_core.hpp"

#include <weft/shield.hpp>
#include <weft/wait_for.hpp>

#include <string>

namespace weft::detail {

void time_out_at_once(const char* call) {
    // It costs a turn, so that trying again and again starves nobody.
    take_turn(require_running_task(call).loop()->scheduler());
    throw_timeout(call);
}

void wait_within(completion& c, clock::duration limit, const char* call) {
    using fibers::wake_reason;
    task_core& self = require_running_task(call);
    if (c.done()) {
        return;
    }
    require_waitable(c, self, call);
    const completion_keeper keep(c);
    wake_reason reason = wake_reason::timed_out;
    bool handed_on = false;
    if (limit > clock::duration::zero()) {
        reason = c.join(self, completion::on_cancel::hand_on, call,
                        self.loop()->deadline_after(limit), &handed_on);
    }
    if (c.done()) {
        if (reason == wake_reason::cancelled) {
            throw_cancelled(self);
        }
        return;
    }
    if (reason == wake_reason::cancelled && self.woken_by() == wake_reason::cancelled) {
        throw_cancelled(self); // waits in a circle: this one was ended
    }
    // The limit has come, and perhaps a cancel of the waiter: before it, then that has reached c
    // already, or after it in the same turn.
    if (!handed_on) {
        c.cancel(reason == wake_reason::cancelled ? self.cancel_message() : std::string(), &self);
    }
    const wake_reason end = c.join(self, completion::on_cancel::hand_on, call);
    if (reason == wake_reason::cancelled || end == wake_reason::cancelled) {
        throw_cancelled(self);
    }
    if (c.how_it_ended() == completion::outcome::cancelled) {
        if (limit <= clock::duration::zero()) {
            take_turn(self.loop()->scheduler()); // as in time_out_at_once()
        }
        throw_timeout(call);
    }
}

void wait_shielded(completion& c, const char* call) {
    require_running_task(call);
    if (!c.done()) {
        const completion_keeper keep(c);
        join_or_throw(c, completion::on_cancel::leave, call);
    }
}

} // namespace weft::detail
