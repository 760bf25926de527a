// SPDX-License-Identifier: BSL-1.0
#include "api/submitted_work.hpp"

#include "api/loop_core.hpp"

#include <weft/errors.hpp>

#include <utility>

namespace weft::detail {

submission::~submission() = default;

namespace {

std::exception_ptr loop_has_ended() {
    return std::make_exception_ptr(
        invalid_state("weft::loop::submit: the loop has ended before it could run the work"));
}

} // namespace

submitted_work::submitted_work(std::shared_ptr<fibers::inbox> letters,
                               std::unique_ptr<submission> work, source_location where) noexcept
    : letters_(std::move(letters)),
      work_(std::move(work)),
      where_(where),
      start_([](fibers::letter& l) noexcept { static_cast<request&>(l).work.start(); }, *this),
      cancel_([](fibers::letter& l) noexcept { static_cast<request&>(l).work.cancel(); }, *this) {}

void submitted_work::submit(loop_core* here, const std::shared_ptr<fibers::inbox>& letters,
                            std::unique_ptr<submission> work, std::stop_token stop,
                            source_location where) {
    auto* self = new submitted_work(letters, std::move(work), where);
    if (stop.stop_requested()) {
        self->refuse(std::make_exception_ptr(cancelled()));
        return;
    }
    if (stop.stop_possible()) {
        self->stop_.emplace(std::move(stop), cancel_from_outside{*self});
    }
    if (here != nullptr && !here->ended()) {
        const loop_core::entry entered(*here);
        self->start();
    } else if (!letters->post(self->start_)) {
        self->refuse(loop_has_ended());
    }
}

void submitted_work::start() noexcept {
    if (loop_core::running()->ended()) {
        refuse(loop_has_ended());
        return;
    }
    if (cancelled_early_) {
        refuse(std::make_exception_ptr(cancelled()));
        return;
    }
    try {
        task_.emplace(work_->start(where_));
        task_->add_done_callback([this](const task_ref&) { end(); });
    } catch (...) {
        refuse(std::current_exception());
    }
}

// On any thread; the stop request that comes with it comes once.
void submitted_work::post_cancel() noexcept {
    retain();
    if (!letters_->post(cancel_)) {
        release();
    }
}

void submitted_work::cancel() noexcept {
    if (task_ && !loop_core::running()->ended()) {
        task_->cancel();
    }
    cancelled_early_ = true;
    release();
}

void submitted_work::end() noexcept {
    stop_.reset();
    task_.reset();
    work_->settle();
    release();
}

void submitted_work::refuse(std::exception_ptr why) noexcept {
    stop_.reset();
    task_.reset();
    work_->refuse(std::move(why));
    release();
}

void submitted_work::release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete this;
    }
}

} // namespace weft::detail
