// SPDX-License-Identifier: BSL-1.0
//
// What weft tells the person who runs the program: lines on stderr, "weft: <kind>: task '<name>':
// ...".
#pragma once

#include "api/task_core.hpp"

#include <exception>
#include <string>
#include <string_view>

namespace weft::detail {

// "std::runtime_error: text", or just the type for what is not a std::exception.
std::string describe(const std::exception_ptr& error);

// "std::vector<int>::push_back(int const&)"; as it is when it is no mangled name.
std::string demangled(const char* symbol);

// "file:line", or "unknown place".
std::string describe(const source_location& where);

// "task 'name' (spawned at file:line): waits in weft::sleep_for"
std::string describe(const task_core& t);

// For wait_site::describe: "the object at 0x7ffe01234568".
std::size_t describe_address(const fibers::wait_site& site, char* out, std::size_t size) noexcept;

// Writes one line. Never throws.
void report(std::string_view line) noexcept;

// Debug mode: a task was cancelled and has ended with a value as if it had not been.
void report_swallowed_cancel(const task_core& t) noexcept;

// Tells this thread's loop's exception handler of an error that nobody is left to catch; without a
// handler, or outside any loop, writes a line. `whose`: the task or future, alive, or null. Never
// throws.
void report_error(const char* message, const std::exception_ptr& error, completion* whose,
                  const source_location& where) noexcept;

} // namespace weft::detail
