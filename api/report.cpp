// SPDX-License-Identifier: BSL-1.0
#include "api/report.hpp"

#include "api/loop_core.hpp"

#include <weft/exception_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace weft::detail {

std::string demangled(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
    return status == 0 ? name.get() : symbol;
}

namespace {

std::string readable(const std::type_info* type) {
    return type != nullptr ? demangled(type->name()) : "unknown exception";
}

std::string state_of(const task_core& t) {
    if (const fibers::wait_site* site = t.waiting_at()) {
        std::array<char, 256> text; // NOLINT(cppcoreguidelines-pro-type-member-init)
        const std::size_t length =
            site->describe != nullptr ? site->describe(*site, text.data(), text.size()) : 0;
        return fmt::format("waits in {}{}{}", site->operation, length > 0 ? " for " : "",
                           std::string_view(text.data(), length));
    }
    switch (t.state()) {
    case fibers::fiber_state::unstarted:
        return "has not begun";
    case fibers::fiber_state::running:
        return "is running";
    default:
        return "is ready";
    }
}

} // namespace

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return fmt::format("{}: {}", readable(abi::__cxa_current_exception_type()), e.what());
    } catch (...) {
        return readable(abi::__cxa_current_exception_type());
    }
}

std::string describe(const source_location& where) {
    if (where.line() == 0) {
        return "unknown place";
    }
    return fmt::format("{}:{}", where.file_name(), where.line());
}

std::string describe(const task_core& t) {
    return fmt::format("task '{}' (spawned at {}): {}", t.name(), describe(t.where()), state_of(t));
}

std::size_t describe_address(const fibers::wait_site& site, char* out, std::size_t size) noexcept {
    return std::min(fmt::format_to_n(out, size, "the object at {}", site.object).size, size);
}

void report(std::string_view line) noexcept {
    try {
        const std::string whole = fmt::format("weft: {}\n", line);
        std::fwrite(whole.data(), 1, whole.size(), stderr); // one call, so that lines stay whole
    } catch (...) {
        std::fputs("weft: out of memory while reporting an error\n", stderr);
    }
}

void report_swallowed_cancel(const task_core& t) noexcept {
    try {
        report(fmt::format("swallowed cancel: task '{}': was cancelled and has ended with a value "
                           "as if it had not been; let weft::cancelled pass, or call uncancel() "
                           "(spawned at {})",
                           t.name(), describe(t.where())));
    } catch (const std::bad_alloc&) {
        report("swallowed cancel in a task, and no memory to say which");
    }
}

namespace {

void report_line(const exception_context& c, const completion* whose) {
    if (whose == nullptr) {
        report(fmt::format("{}: {} (added at {})", c.message, describe(c.exception),
                           describe(c.where)));
    } else {
        report(fmt::format("{}: {}: {} ({} at {})", c.message, whose->description(),
                           describe(c.exception), whose->as_task() != nullptr ? "spawned" : "made",
                           describe(c.where)));
    }
}

// The handler must not be called inside itself: what goes wrong there is for stderr.
bool tell_handler(loop_core& loop, const exception_context& c) {
    const auto handler = loop.exception_handler_to_call();
    if (handler == nullptr) {
        return false;
    }
    bool told = true;
    try {
        (*handler)(c);
    } catch (...) {
        told = false;
        report(fmt::format("exception in the exception handler: {}",
                           describe(std::current_exception())));
    }
    loop.exception_handler_called();
    return told;
}

} // namespace

void report_error(const char* message, const std::exception_ptr& error, completion* whose,
                  const source_location& where) noexcept {
    try {
        exception_context context{message, error, std::nullopt, where.standard()};
        task_core* task = whose != nullptr ? whose->as_task() : nullptr;
        if (task != nullptr) {
            task->retain();
            context.task = task_ref(task_pointer(&task->owner()));
        }
        loop_core* loop = loop_core::of_this_thread();
        if (loop == nullptr || !tell_handler(*loop, context)) {
            report_line(context, whose);
        }
    } catch (...) {
        report(message);
        report("and no memory to say more of it");
    }
}

} // namespace weft::detail
