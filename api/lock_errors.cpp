// SPDX-License-Identifier: BSL-1.0
#include "api/lock_errors.hpp"

#include "api/loop_core.hpp"

#include <weft/detail/caller.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <string>
#include <system_error>

namespace weft::detail {

namespace {

std::string name_of_holder(std::uint64_t number, lock_users users) {
    if (number == 0) {
        return "nobody";
    }
    if (is_thread_number(number)) {
        return number == caller_number() ? "this thread" : "another thread";
    }
    if (loop_core* loop = loop_core::running()) {
        for (const task_core& t : loop->tasks()) {
            if (t.id() == number) {
                return fmt::format("task '{}'", t.name());
            }
        }
    }
    return users == lock_users::one_loop ? "a task that has ended"
                                         : "a task of another loop or one that has ended";
}

[[noreturn]] void throw_relock_by(const char* call, const std::string& caller) {
    throw std::system_error(
        std::make_error_code(std::errc::resource_deadlock_would_occur),
        fmt::format("{}: {} holds this lock already; it would wait for itself. Unlock it first, or "
                    "pass the held lock on",
                    call, caller));
}

} // namespace

void throw_relock(const char* call, const task_core& self) {
    throw_relock_by(call, fmt::format("task '{}'", self.name()));
}

void throw_relock(const char* call) {
    throw_relock_by(call, name_of_holder(caller_number(), lock_users::all));
}

void throw_not_held(const char* call, std::uint64_t holder, lock_users users) {
    throw std::system_error(
        std::make_error_code(std::errc::operation_not_permitted),
        fmt::format("{}: the caller does not hold this lock, {} does; lock and unlock it in the "
                    "same task",
                    call, name_of_holder(holder, users)));
}

std::size_t describe_lock(const void* lock, std::uint64_t holder, char* out, std::size_t size,
                          lock_users users) noexcept {
    try {
        const auto written = fmt::format_to_n(out, size, "the object at {}, held by {}", lock,
                                              name_of_holder(holder, users));
        return std::min(written.size, size);
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

std::uint64_t running_task_number() noexcept {
    const loop_core* loop = loop_core::running();
    const task_core* t = loop != nullptr ? loop->current_task() : nullptr;
    return t != nullptr ? t->id() : 0;
}

} // namespace weft::detail
