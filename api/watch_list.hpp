// SPDX-License-Identifier: BSL-1.0
//
// A fixed number of completions that one call watches, in one allocation from the loop's block
// cache. Observers do not move, so the room for all is made at once.
//
// Invariant: a completion is in the list at most once, and alive as long as the list.
#pragma once

#include "api/completion.hpp"

#include <cstddef>

namespace weft::detail {

class watch_list {
  public:
    struct entry : observer {
        entry(function on_end, watch_list& l, completion& c, std::size_t i) noexcept
            : observer(on_end), list(l), watched(c), index(i) {}
        watch_list& list;
        completion& watched;
        std::size_t index; // of the argument
        bool own = false;
        bool reached = false;          // by the cancel in progress
        entry* next_in_line = nullptr; // whatever line the owner keeps
    };

    // Room for `capacity`. Throws std::bad_alloc. on_end: see add().
    watch_list(std::size_t capacity, observer::function on_end);
    ~watch_list();
    watch_list(const watch_list&) = delete;
    watch_list& operator=(const watch_list&) = delete;

    // Watches c: on_end is told of its end, unless it has ended already. Null when it is in the
    // list.
    entry* add(completion& c, std::size_t index) noexcept;

    entry* begin() noexcept { return first_; }
    entry* end() noexcept { return first_ + size_; }

  private:
    entry* first_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_;
    observer::function on_end_;
};

} // namespace weft::detail
