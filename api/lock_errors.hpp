// SPDX-License-Identifier: BSL-1.0
//
// What the locks say to a task that uses them wrongly. A holder is known by its task's number,
// which no other task ever gets; 0 is nobody.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::detail {

class task_core;

// The running task holds the lock already. std::system_error, resource_deadlock_would_occur.
[[noreturn]] void throw_relock(const char* call, const task_core& self);

// The caller does not hold the lock that it gives up. std::system_error, operation_not_permitted.
[[noreturn]] void throw_not_held(const char* call, std::uint64_t holder);

// Writes "the object at ..., held by task '...'", for lists of what tasks wait for.
std::size_t describe_lock(const void* lock, std::uint64_t holder, char* out,
                          std::size_t size) noexcept;

// The number of the running task; 0 on the loop's own stack and outside run().
std::uint64_t running_task_number() noexcept;

} // namespace weft::detail
