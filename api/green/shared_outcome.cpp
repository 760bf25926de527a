// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/detail/caller.hpp>
#include <weft/detail/parking.hpp>
#include <weft/detail/shared_outcome.hpp>

namespace weft::detail {

shared_outcome::~shared_outcome() = default;

void shared_outcome::retrieve() {
    if (retrieved_.exchange(true, std::memory_order_relaxed)) {
        throw std::future_error(std::future_errc::future_already_retrieved);
    }
}

void shared_outcome::claim() {
    unsigned seen = pending;
    if (!state_.compare_exchange_strong(seen, claimed, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
        throw std::future_error(std::future_errc::promise_already_satisfied);
    }
}

void shared_outcome::publish() noexcept {
    state_.store(ready, std::memory_order_seq_cst);
    unpark_all(this); // by the address alone: who was waiting may have destroyed it
}

void shared_outcome::publish_at_end(std::shared_ptr<shared_outcome> self) {
    at_end_of_caller([self = std::move(self)] { self->publish(); });
}

void shared_outcome::abandon() noexcept {
    unsigned seen = pending;
    if (state_.compare_exchange_strong(seen, claimed, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
        try {
            throw std::future_error(std::future_errc::broken_promise);
        } catch (...) { // or there was no memory for that
            set_error(std::current_exception());
        }
        publish();
    }
}

bool shared_outcome::run_deferred() {
    return true;
}

std::future_status shared_outcome::wait_until(const char* call, clock::time_point deadline) {
    unsigned seen = deferred;
    if (state_.load(std::memory_order_relaxed) == deferred) {
        if (deadline != clock::time_point::max()) {
            return std::future_status::deferred;
        }
        if (state_.compare_exchange_strong(seen, claimed, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            const bool own_cancel = !run_deferred();
            publish();
            if (own_cancel) {
                throw_error();
            }
        }
    }
    while (!is_ready()) {
        const parking_place place{.call = call, .address = this, .deadline = deadline};
        switch (park(place, [this] { return !is_ready(); }).end) {
        case park_end::cancelled:
            throw_cancelled_here();
        case park_end::timed_out:
            return is_ready() ? std::future_status::ready : std::future_status::timeout;
        default:
            break;
        }
    }
    return std::future_status::ready;
}

void throw_no_state() {
    throw std::future_error(std::future_errc::no_state);
}

} // namespace weft::detail
