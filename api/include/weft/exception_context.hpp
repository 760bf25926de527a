// SPDX-License-Identifier: BSL-1.0
//
// What an exception handler is told: an error that nobody is left to catch.
#pragma once

#include <weft/detail/source_location.hpp>
#include <weft/task.hpp>

#include <exception>
#include <optional>
#include <string>

namespace weft {

// asyncio's context of call_exception_handler.
struct exception_context {
    std::string message;               // what happened, such as "exception in a callback"
    std::exception_ptr exception;      // the error itself
    std::optional<task_ref> task;      // whose error it is, where it is a task's
    detail::std_source_location where; // where that task was spawned or the callback was added
};

} // namespace weft
