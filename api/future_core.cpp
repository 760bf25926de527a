// SPDX-License-Identifier: BSL-1.0
#include "api/future_core.hpp"

#include <weft/detail/task_state.hpp>

#include <utility>

namespace weft::detail {

void future_core::complete_with_value() noexcept {
    set_outcome(outcome::value);
    tell_observers();
}

void future_core::complete_with_error(std::exception_ptr error) noexcept {
    keep_error(std::move(error));
    set_outcome(outcome::error);
    tell_observers();
}

void future_core::cancel_pending(const std::string& message) noexcept {
    keep_cancel_message(message);
    set_outcome(outcome::cancelled);
    tell_observers();
}

void future_core::destroy() noexcept {
    future_state& s = state();
    if (how_it_ended() == outcome::value && destroy_value_ != nullptr) {
        destroy_value_(s);
    }
    const std::size_t size = size_;
    this->~future_core();
    free_task(&s, size);
}

} // namespace weft::detail
