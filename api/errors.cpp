// SPDX-License-Identifier: BSL-1.0
#include "api/report.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <utility>

namespace weft {

namespace {
const std::string no_message;
}

cancelled::cancelled(std::string message)
    : message_(message.empty() ? nullptr
                               : std::make_shared<const std::string>(std::move(message))) {}

const std::string& cancelled::message() const noexcept {
    return message_ ? *message_ : no_message;
}

const char* cancelled::what() const noexcept {
    return message_ ? message_->c_str() : "weft::cancelled";
}

timeout_error::timeout_error(const std::string& text)
    : std::system_error(std::make_error_code(std::errc::timed_out), text) {}

incomplete_read::incomplete_read(const std::string& text, std::string partial, std::size_t expected)
    : std::runtime_error(text),
      partial_(std::make_shared<const std::string>(std::move(partial))),
      expected_(expected) {}

incomplete_read::incomplete_read(const incomplete_read&) noexcept = default;

spawn_error::spawn_error(int error_number, const std::string& text)
    : std::system_error(error_number, std::system_category(), text) {}

struct exception_group::contents {
    std::vector<std::exception_ptr> exceptions;
    std::string text;
};

exception_group::exception_group(std::vector<std::exception_ptr> exceptions) {
    std::string text = fmt::format("weft::with_task_group: {} failed:", exceptions.size());
    for (const char* separator = " "; const std::exception_ptr& e : exceptions) {
        text += std::exchange(separator, "; ") + detail::describe(e);
    }
    contents_ = std::make_shared<const contents>(contents{std::move(exceptions), std::move(text)});
}

exception_group::exception_group(const exception_group&) noexcept = default;

const std::vector<std::exception_ptr>& exception_group::exceptions() const noexcept {
    return contents_->exceptions;
}

const char* exception_group::what() const noexcept {
    return contents_->text.c_str();
}

// Out of line: each type's vtable and type information live in the library, once.
cancelled::~cancelled() = default;
exception_group::~exception_group() = default;
timeout_error::~timeout_error() = default;
invalid_state::~invalid_state() = default;
no_running_loop::~no_running_loop() = default;
not_in_task::~not_in_task() = default;
wrong_loop::~wrong_loop() = default;
busy::~busy() = default;
incomplete_read::~incomplete_read() = default;
limit_overrun::~limit_overrun() = default;
queue_shutdown::~queue_shutdown() = default;
broken_barrier::~broken_barrier() = default;
deadlock_error::~deadlock_error() = default;
spawn_error::~spawn_error() = default;

} // namespace weft
