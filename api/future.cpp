// SPDX-License-Identifier: BSL-1.0
#include "api/done_callback.hpp"
#include "api/future_core.hpp"
#include "api/loop_core.hpp"

#include <weft/detail/participant.hpp>
#include <weft/future.hpp>

#include <fmt/format.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace weft::detail {

namespace {

[[noreturn]] void throw_not_done(const char* call) {
    throw invalid_state(fmt::format("{}: the future is not done; wait for it first", call));
}

void require_error(const std::exception_ptr& error, const char* call) {
    if (error == nullptr) {
        throw std::invalid_argument(
            fmt::format("{}: the exception is null; set a value instead", call));
    }
}

} // namespace

// --- references ---

future_handle::future_handle(std::size_t value_size, future_state::destroy_function destroy_value,
                             source_location where) {
    static_assert(sizeof(future_core) <= future_state::core_size);
    const std::size_t size = sizeof(future_state) + value_size;
    loop_core& loop = require_running_loop("weft::future::future");
    void* memory = loop.blocks().allocate_or_throw(size);
    ::new (memory) future_core(loop, size, destroy_value, where);
    state_ = static_cast<future_state*>(memory);
}

future_handle::future_handle(const future_handle& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) {
        state_->core().retain();
    }
}

void future_handle::release() noexcept {
    state_->core().release();
}

completion& completion_of(const future_handle& handle, const char* call) {
    if (state_of(handle) == nullptr) [[unlikely]] {
        throw invalid_state(fmt::format(
            "{}: this handle was moved from and holds no future; keep a copy instead", call));
    }
    future_core& c = state_of(handle)->core();
    c.require_own_thread(call);
    return c;
}

future_core& future_handle::core(const char* call) const {
    return static_cast<future_core&>(completion_of(*this, call));
}

// --- setting ---

void* future_handle::place_to_try_set(const char* call) const {
    return core(call).done() ? nullptr : state_->place();
}

void* future_handle::place_to_set(const char* call) const {
    void* place = place_to_try_set(call);
    if (place == nullptr) [[unlikely]] {
        throw invalid_state(fmt::format(
            "{}: the future {}; a future is set once, try_set_result() and try_set_exception() ask",
            call,
            state_->core().how_it_ended() == completion::outcome::cancelled ? "has been cancelled"
                                                                            : "is done already"));
    }
    return place;
}

void future_handle::value_is_set() const noexcept {
    state_->core().complete_with_value();
}

void future_handle::set_exception(std::exception_ptr error) const {
    require_error(error, "weft::future::set_exception");
    place_to_set("weft::future::set_exception");
    state_->core().complete_with_error(std::move(error));
}

bool future_handle::try_set_exception(std::exception_ptr error) const {
    require_error(error, "weft::future::try_set_exception");
    if (place_to_try_set("weft::future::try_set_exception") == nullptr) {
        return false;
    }
    state_->core().complete_with_error(std::move(error));
    return true;
}

// By value is the contract.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
bool future_handle::cancel(std::string message) const {
    future_core& c = core("weft::future::cancel");
    c.mark_retrieved(); // who cancels a future does not want its error
    return c.cancel(message);
}

// --- waiting and asking ---

void future_handle::wait() const {
    future_core& c = core("weft::future::wait");
    if (!c.done()) {
        const completion_keeper keep(c);
        join_or_throw(c, completion::on_cancel::leave, "weft::future::wait");
    }
}

void* future_handle::get_place(const char* call) const {
    future_core& c = core(call);
    if (!c.done()) {
        const completion_keeper keep(c);
        join_or_throw(c, completion::on_cancel::hand_on, call);
        c.throw_outcome();
        if (c.is_last_reference() && c.has_value_to_lose()) {
            throw invalid_state(fmt::format(
                "{}: the last handle of the future was destroyed meanwhile, and its value with it; "
                "keep a copy where you wait",
                call));
        }
        return c.state().place();
    }
    c.throw_outcome();
    return state_->place();
}

void* future_handle::result_place(const char* call) const {
    future_core& c = core(call);
    if (!c.done()) {
        throw_not_done(call);
    }
    c.throw_outcome();
    return state_->place();
}

bool future_handle::done() const {
    return core("weft::future::done").done();
}

bool future_handle::cancelled() const {
    return core("weft::future::cancelled").how_it_ended() == completion::outcome::cancelled;
}

std::exception_ptr future_handle::exception() const {
    future_core& c = core("weft::future::exception");
    if (!c.done()) {
        throw_not_done("weft::future::exception");
    }
    if (c.how_it_ended() == completion::outcome::cancelled) {
        c.throw_outcome();
    }
    return c.error();
}

// --- callbacks ---

class future_callback final : public done_callback {
  public:
    explicit future_callback(std::function<void(const future_handle&)> f) noexcept
        : function_(std::move(f)) {}

  private:
    void call(completion& c) override {
        c.retain();
        function_(future_handle(&static_cast<future_core&>(c).state()));
    }
    std::function<void(const future_handle&)> function_;
};

callback_id future_handle::add_callback(std::function<void(const future_handle&)> f) const {
    future_core& c = core("weft::future::add_done_callback");
    require_running_loop("weft::future::add_done_callback");
    return done_callback::add(c, std::make_unique<future_callback>(std::move(f)));
}

bool future_handle::remove_done_callback(callback_id id) const {
    return done_callback::remove(core("weft::future::remove_done_callback"), id);
}

} // namespace weft::detail
