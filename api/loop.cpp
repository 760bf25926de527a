// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"
#include "api/loop_parts.hpp"
#include "api/scheduled_call.hpp"
#include "api/submitted_work.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <utility>

namespace weft {

using detail::loop_core;

namespace {

[[noreturn]] void throw_ended(const char* call) {
    throw invalid_state(fmt::format("{}: the loop has ended", call));
}

} // namespace

loop::loop(loop_core& core)
    : parts_(new parts{detail::this_thread(), &core, core.scheduler().letters(), {}}) {}

loop::~loop() = default;

loop& running_loop() {
    return detail::require_running_loop("weft::running_loop").face();
}

loop* running_loop_or_null() noexcept {
    loop_core* running = loop_core::running();
    return running != nullptr ? &running->face() : nullptr;
}

// --- on the loop's own thread ---

loop_core& loop::core(const char* call) const {
    if (parts_->thread != detail::this_thread()) [[unlikely]] {
        throw wrong_loop(fmt::format("{}: this loop belongs to another thread; use "
                                     "weft::loop::post or weft::loop::submit to reach it",
                                     call));
    }
    if (parts_->core == nullptr || parts_->core->ended()) [[unlikely]] {
        throw_ended(call);
    }
    return *parts_->core;
}

void loop::core_ended() noexcept {
    parts_->core = nullptr;
}

clock::time_point loop::time() const {
    return core("weft::loop::time").scheduler().now();
}

handle loop::call_soon_erased(detail::unique_function f, detail::source_location where) {
    loop_core& loop = core("weft::loop::call_soon");
    auto call = std::make_shared<detail::scheduled_call>(std::move(f), where);
    detail::scheduled_call::soon(loop, call);
    return handle(std::move(call));
}

handle loop::call_at_erased(clock::time_point when, detail::unique_function f,
                            detail::source_location where) {
    loop_core& loop = core("weft::loop::call_at");
    auto call = std::make_shared<detail::scheduled_call>(std::move(f), where);
    detail::scheduled_call::at(loop, call, when);
    return handle(std::move(call));
}

handle loop::call_later_erased(clock::duration d, detail::unique_function f,
                               detail::source_location where) {
    loop_core& loop = core("weft::loop::call_later");
    auto call = std::make_shared<detail::scheduled_call>(std::move(f), where);
    detail::scheduled_call::at(loop, call, loop.deadline_after(d));
    return handle(std::move(call));
}

void loop::add_descriptor_callback(int fd, bool write, detail::unique_function f,
                                   detail::source_location where) {
    const char* call = write ? "weft::loop::add_writer" : "weft::loop::add_reader";
    core(call).descriptor_callbacks().add(
        fd, write ? reactor::direction::write : reactor::direction::read, std::move(f), where,
        call);
}

bool loop::remove_reader(int fd) {
    return core("weft::loop::remove_reader")
        .descriptor_callbacks()
        .remove(fd, reactor::direction::read);
}

bool loop::remove_writer(int fd) {
    return core("weft::loop::remove_writer")
        .descriptor_callbacks()
        .remove(fd, reactor::direction::write);
}

void loop::add_signal_handler_erased(int signal_number, detail::unique_function f,
                                     detail::source_location where) {
    core("weft::loop::add_signal_handler")
        .signals()
        .add_handler(signal_number, std::move(f), where);
}

bool loop::remove_signal_handler(int signal_number) {
    return core("weft::loop::remove_signal_handler").signals().remove_handler(signal_number);
}

void loop::set_exception_handler(std::function<void(const exception_context&)> handler) {
    core("weft::loop::set_exception_handler").set_exception_handler(std::move(handler));
}

bool loop::debug() const {
    return core("weft::loop::debug").debug();
}

void loop::set_debug(bool on) {
    core("weft::loop::set_debug").set_debug(on);
}

metrics loop::stats() const {
    return core("weft::loop::stats").stats();
}

work_guard loop::hold() {
    core("weft::loop::hold");
    work_guard guard(shared_from_this());
    parts_->letters->hold();
    return guard;
}

void work_guard::reset() noexcept {
    if (const std::shared_ptr<loop> held = std::move(loop_)) {
        held->parts_->letters->release();
    }
}

// --- on any thread ---

void loop::post_erased(detail::unique_function f, detail::source_location where) {
    if (parts_->thread == detail::this_thread()) {
        detail::scheduled_call::soon(core("weft::loop::post"),
                                     std::make_shared<detail::scheduled_call>(std::move(f), where));
    } else if (!detail::scheduled_call::post(
                   *parts_->letters,
                   std::make_shared<detail::scheduled_call>(std::move(f), where))) {
        throw_ended("weft::loop::post");
    }
}

void loop::submit_erased(std::unique_ptr<detail::submission> work, std::stop_token stop,
                         detail::source_location where) {
    const bool here = parts_->thread == detail::this_thread();
    detail::submitted_work::submit(here ? parts_->core : nullptr, parts_->letters, std::move(work),
                                   std::move(stop), where);
}

void loop::stop() noexcept {
    if (parts_->thread != detail::this_thread()) {
        parts_->stop.post(*parts_->letters);
    } else if (parts_->core != nullptr) {
        parts_->core->stop();
    }
}

void loop::parts::stop_letter::post(fibers::inbox& to) noexcept {
    if (!in_the_mail_.exchange(true) && !to.post(*this)) {
        in_the_mail_ = false;
    }
}

void loop::parts::stop_letter::delivered(fibers::letter& l) noexcept {
    static_cast<stop_letter&>(l).in_the_mail_ = false;
    loop_core::running()->stop();
}

} // namespace weft
