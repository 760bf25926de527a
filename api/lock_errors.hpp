// SPDX-License-Identifier: BSL-1.0
//
// What the locks say to a task that uses them wrongly. A holder is known by its task's number,
// which no other task ever gets; 0 is nobody.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::detail {

class task_core;

// Whose lock it can be: one loop's tasks', or anybody's (caller_number()).
enum class lock_users : std::uint8_t { one_loop, all };

// The running task holds the lock already. std::system_error, resource_deadlock_would_occur.
[[noreturn]] void throw_relock(const char* call, const task_core& self);
// The same, said by a lock of all to whoever calls.
[[noreturn]] void throw_relock(const char* call);

// The caller does not hold the lock that it gives up. std::system_error, operation_not_permitted.
[[noreturn]] void throw_not_held(const char* call, std::uint64_t holder,
                                 lock_users users = lock_users::one_loop);

// Writes "the object at ..., held by task '...'", for lists of what tasks wait for.
std::size_t describe_lock(const void* lock, std::uint64_t holder, char* out, std::size_t size,
                          lock_users users = lock_users::one_loop) noexcept;

// The number of the running task; 0 on the loop's own stack and outside run().
std::uint64_t running_task_number() noexcept;

} // namespace weft::detail
