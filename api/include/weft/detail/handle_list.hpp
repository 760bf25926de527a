// SPDX-License-Identifier: BSL-1.0
//
// What wait() and as_completed() were given: what the handles of a range refer to, in its order.
// Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/participant.hpp>

#include <cstddef>
#include <ranges>
#include <utility>
#include <vector>

namespace weft::detail {

// Keeps alive what it holds.
class WEFT_API handle_list {
  public:
    explicit handle_list(const char* call) noexcept : call_(call) {}
    handle_list(handle_list&& other) noexcept
        : call_(other.call_), completions_(std::move(other.completions_)) {}
    handle_list& operator=(handle_list&&) = delete;
    ~handle_list();

    // Throws invalid_state for an empty handle, wrong_loop.
    template <class Handle>
    void add(const Handle& handle) {
        keep(completion_of(handle, call_));
    }
    void reserve(std::size_t n) { completions_.reserve(n); }

    const char* call() const noexcept { return call_; }
    const std::vector<completion*>& completions() const noexcept { return completions_; }

  private:
    void keep(completion& c);
    const char* call_;
    std::vector<completion*> completions_;
};

template <class Range>
handle_list handles_of(Range&& range, const char* call) {
    handle_list all(call);
    if constexpr (std::ranges::sized_range<Range>) {
        all.reserve(std::ranges::size(range));
    }
    for (auto&& handle : range) {
        all.add(handle);
    }
    return all;
}

template <class Range>
concept range_of_handles =
    std::ranges::input_range<Range> && any_handle<std::ranges::range_reference_t<Range>>;

} // namespace weft::detail
