// SPDX-License-Identifier: BSL-1.0
//
// The part of a future that does not depend on its type: a completion that somebody sets. Lies at
// the beginning of its future_state; the value has its place behind that.
#pragma once

#include "api/completion.hpp"

#include <weft/detail/future_state.hpp>

#include <cstddef>

namespace weft::detail {

class future_core final : public completion {
  public:
    future_core(loop_core& loop, std::size_t size, future_state::destroy_function destroy_value,
                source_location where) noexcept
        : completion(type::future), size_(size), destroy_value_(destroy_value) {
        bind(loop, where);
    }

    future_state& state() noexcept { return *reinterpret_cast<future_state*>(this); }

    bool has_value_to_lose() const noexcept {
        return how_it_ended() == outcome::value && size_ > sizeof(future_state);
    }

    // The value has been put into its place.
    void complete_with_value() noexcept;
    void complete_with_error(std::exception_ptr error) noexcept;

  private:
    friend class completion;
    void cancel_pending(const std::string& message) noexcept;
    void destroy() noexcept;

    std::size_t size_;
    future_state::destroy_function destroy_value_;
};

} // namespace weft::detail
