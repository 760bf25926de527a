// SPDX-License-Identifier: BSL-1.0
#include "api/done_callback.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

namespace weft::detail {

// Any number will do that is not used twice.
done_callback::done_callback() noexcept
    : observer(&done_callback::ended, loop_core::running()->next_task_id()),
      callback(&done_callback::run),
      context_(current_context()) {}

callback_id done_callback::add(completion& c, std::unique_ptr<done_callback> callback) {
    done_callback& added = *callback.release();
    const callback_id id{added.number()};
    if (c.done()) {
        added.queue(c);
    } else {
        c.observe(added);
    }
    return id;
}

bool done_callback::remove(completion& c, callback_id id) noexcept {
    observer* found = c.find_callback(static_cast<std::uint64_t>(id));
    delete static_cast<done_callback*>(found);
    return found != nullptr;
}

void done_callback::ended(observer& o, completion& c) noexcept {
    static_cast<done_callback&>(o).queue(c);
}

void done_callback::queue(completion& c) noexcept {
    loop_core* loop = loop_core::of_this_thread(); // perhaps between two runs of its runner
    if (loop == nullptr) {
        delete this; // a future that was set after the end of its loop: there is nobody to call it
        return;
    }
    c.retain();
    done_ = &c;
    loop->callback_queued();
    loop->scheduler().post(*this);
}

void done_callback::run(fibers::callback& queued) noexcept {
    std::unique_ptr<done_callback> self(static_cast<done_callback*>(&queued));
    completion& c = *self->done_;
    const context_scope scope(std::move(self->context_));
    try {
        self->call(c);
    } catch (...) {
        report_error("exception in a done callback", std::current_exception(), &c, c.where());
    }
    self.reset();
    c.release();
    loop_core::running()->callback_ran();
}

} // namespace weft::detail
