// SPDX-License-Identifier: BSL-1.0
#include "api/loop_callback.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <utility>

namespace weft::detail {

loop_callback::loop_callback(calls how_often, const char* when_it_throws, unique_function f,
                             source_location where) noexcept
    : callback(&loop_callback::run),
      function_(std::move(f)),
      when_it_throws_(when_it_throws),
      where_(where),
      context_(current_context()),
      repeats_(how_often == calls::repeatedly) {}

void loop_callback::start(loop_core& loop, std::shared_ptr<loop_callback> self) noexcept {
    loop_ = &loop;
    self_ = std::move(self);
    loop.callbacks().push_back(*this);
}

void loop_callback::queue() noexcept {
    if (active_ && !queued_) {
        queued_ = true;
        loop_->scheduler().post(*this);
    }
}

// The ready queue cannot give it back, so a queued one stays until its turn.
void loop_callback::leave_loop() noexcept {
    if (!queued_ && loop_ != nullptr) {
        link::unlink();
        loop_ = nullptr;
        self_.reset(); // may destroy *this
    }
}

void loop_callback::drop() noexcept {
    if (active_) {
        active_ = false;
        stop();
        const unique_function last = std::move(function_);
        leave_loop();
    }
}

void loop_callback::abandon() noexcept {
    queued_ = false;
    if (active_) {
        drop();
    } else {
        leave_loop();
    }
}

void loop_callback::run(fibers::callback& c) noexcept {
    auto& self = static_cast<loop_callback&>(c);
    const std::shared_ptr<loop_callback> alive = self.self_;
    self.queued_ = false;
    if (self.active_) {
        self.call();
    } else {
        self.leave_loop();
    }
}

void loop_callback::call() noexcept {
    const context_scope scope(context_);
    // It may drop itself or be queued again meanwhile, so what is being called is held here.
    unique_function f = std::move(function_);
    if (!repeats_) {
        active_ = false;
    }
    try {
        f();
    } catch (...) {
        report_error(when_it_throws_, std::current_exception(), nullptr, where_);
    }
    if (active_) {
        function_ = std::move(f);
    } else {
        f.reset();
        leave_loop();
    }
}

} // namespace weft::detail
