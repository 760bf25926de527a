// SPDX-License-Identifier: BSL-1.0
//
// The values of all context variables that one task sees: immutable, shared by the tasks that
// inherited them, and replaced as a whole when one is set. No values at all is a null pointer, and
// costs nothing. Shared between threads, since jobs of a thread pool see their task's values.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft::detail {

class context_values;
using context_pointer = boost::intrusive_ptr<const context_values>;

class context_values
    : public boost::intrusive_ref_counter<context_values, boost::thread_safe_counter> {
  public:
    // Null when there is none.
    const std::shared_ptr<const void>* find(std::uint64_t key) const noexcept;

    // What `old` (which may be null) is with this value set; a null value takes the key out.
    static context_pointer with(const context_pointer& old, std::uint64_t key,
                                std::shared_ptr<const void> value);

  private:
    std::vector<std::pair<std::uint64_t, std::shared_ptr<const void>>> values_; // few: searched
};

// The values of whoever is running: a task, a callback, a job in a pool, or a plain thread.
context_pointer& current_context() noexcept;

// Those of code that runs in no task, for a while.
class context_scope {
  public:
    explicit context_scope(context_pointer values) noexcept;
    ~context_scope();
    context_scope(const context_scope&) = delete;
    context_scope& operator=(const context_scope&) = delete;

  private:
    context_pointer before_;
};

} // namespace weft::detail
