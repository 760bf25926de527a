// SPDX-License-Identifier: BSL-1.0
#include "api/scheduled_call.hpp"

#include "api/loop_core.hpp"

#include <weft/errors.hpp>
#include <weft/handle.hpp>

#include <fmt/format.h>

#include <utility>

namespace weft {

namespace detail {

scheduled_call::scheduled_call(unique_function f, source_location where) noexcept
    : loop_callback(calls::once, "exception in a callback", std::move(f), where),
      timer(&scheduled_call::expired),
      letter(&scheduled_call::delivered) {}

void scheduled_call::soon(loop_core& loop, const std::shared_ptr<scheduled_call>& c) noexcept {
    c->thread_ = this_thread();
    c->start(loop, c);
    c->queue();
}

void scheduled_call::at(loop_core& loop, const std::shared_ptr<scheduled_call>& c,
                        fibers::time_point when) noexcept {
    c->thread_ = this_thread();
    c->due_ = when;
    c->start(loop, c);
    if (when != fibers::never) {
        loop.scheduler().add_timer(*c, when);
    }
}

bool scheduled_call::post(fibers::inbox& letters, std::shared_ptr<scheduled_call> c) noexcept {
    scheduled_call& self = *c;
    self.in_the_mail_ = std::move(c);
    if (letters.post(self)) {
        return true;
    }
    self.in_the_mail_.reset();
    return false;
}

void scheduled_call::delivered(fibers::letter& l) noexcept {
    const auto c = std::move(static_cast<scheduled_call&>(l).in_the_mail_);
    loop_core& loop = *loop_core::running();
    if (!loop.ended()) {
        soon(loop, c);
    }
}

void scheduled_call::expired(fibers::timer& t) noexcept {
    static_cast<scheduled_call&>(t).queue();
}

void scheduled_call::stop() noexcept {
    if (armed()) {
        loop()->scheduler().timers().remove(*this);
    }
}

void scheduled_call::require_own_thread(const char* call) const {
    if (thread_ != this_thread()) {
        throw wrong_loop(fmt::format("{}: the callback belongs to the loop of another thread; use "
                                     "weft::loop::post to call it off there",
                                     call));
    }
}

void scheduled_call::cancel() noexcept {
    cancelled_ = true;
    drop();
}

} // namespace detail

detail::scheduled_call& handle::call(const char* name) const {
    if (call_ == nullptr) {
        throw invalid_state(fmt::format("{}: this handle holds no callback", name));
    }
    call_->require_own_thread(name);
    return *call_;
}

void handle::cancel() {
    call("weft::handle::cancel").cancel();
}

bool handle::cancelled() const {
    return call("weft::handle::cancelled").cancelled();
}

clock::time_point handle::when() const {
    return call("weft::handle::when").due();
}

} // namespace weft
