// SPDX-License-Identifier: BSL-1.0
//
// as_completed(): a range-for over tasks and futures in the order in which they end.
// asyncio.as_completed.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/handle_list.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

namespace detail {

// The ends of several completions, in their order. Belongs to the loop's thread.
class WEFT_API completion_line {
  public:
    completion_line(const handle_list& handles, clock::duration timeout);
    ~completion_line();
    completion_line(const completion_line&) = delete;
    completion_line& operator=(const completion_line&) = delete;

    // The index of the next one to have ended; nothing when all have been told.
    std::optional<std::size_t> next();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace detail

// What as_completed() returns. Each step of the iteration blocks until another handle is done, and
// gives a reference to that handle itself: what it ended with is read there. begin() steps, too, so
// an iteration that was left goes on with the next one when it is begun again.
template <class Range>
class as_completed_range {
    using element = std::remove_reference_t<std::ranges::range_reference_t<Range>>;

  public:
    as_completed_range(Range&& range, clock::duration timeout)
        : range_(std::forward<Range>(range)),
          line_(detail::handles_of(range_, "weft::as_completed"), timeout) {
        for (auto& handle : range_) {
            handles_.push_back(std::addressof(handle));
        }
    }
    as_completed_range(const as_completed_range&) = delete;
    as_completed_range& operator=(const as_completed_range&) = delete;
    ~as_completed_range() = default;

    class iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = std::remove_cv_t<element>;
        using difference_type = std::ptrdiff_t;

        iterator() noexcept = default;
        element& operator*() const noexcept { return *current_; }
        element* operator->() const noexcept { return current_; }
        iterator& operator++() {
            current_ = whole_->step();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
            return i.current_ == nullptr;
        }

      private:
        friend class as_completed_range;
        explicit iterator(as_completed_range& whole) : whole_(&whole), current_(whole.step()) {}
        as_completed_range* whole_ = nullptr;
        element* current_ = nullptr;
    };

    iterator begin() { return iterator(*this); }
    std::default_sentinel_t end() const noexcept { return {}; }

  private:
    element* step() {
        const auto index = line_.next();
        return index ? handles_[*index] : nullptr;
    }

    Range range_; // a reference where the range is the caller's
    detail::completion_line line_;
    std::vector<element*> handles_;
};

// as_completed gives the tasks, task_refs, views or futures of a range one by one as they end,
// equal handles once. An lvalue range must stay as it is meanwhile; an rvalue container is kept
// inside, and its tasks end with it. The first step takes one turn at least. What is not done when
// the iteration is left goes on.
//
// A step is cancellable: the waiter leaves, and the next iteration goes on where this one was.
// Several tasks may step through one of these. Throws invalid_state for an empty handle and for the
// running task itself.
template <detail::range_of_handles Range>
requires std::ranges::forward_range<Range> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>
auto as_completed(Range&& range) -> as_completed_range<Range> {
    return as_completed_range<Range>(std::forward<Range>(range), clock::duration::max());
}

// The same, but once `timeout` has passed since this call, a step throws timeout_error unless one
// more is done already. Zero or negative: gives what is done already. Too long to add: no limit. A
// floating NaN: std::invalid_argument.
template <detail::range_of_handles Range, class Rep, class Period>
requires std::ranges::forward_range<Range> &&
    std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>
auto as_completed(Range&& range, std::chrono::duration<Rep, Period> timeout)
    -> as_completed_range<Range> {
    return as_completed_range<Range>(std::forward<Range>(range),
                                     detail::to_ticks(timeout, "weft::as_completed"));
}

} // namespace weft
