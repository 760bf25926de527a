// SPDX-License-Identifier: BSL-1.0
#include "api/generator_core.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/generator.hpp>
#include <weft/task.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

// Unwinds the body of a generator that is given up.
class generator_closed final : public cancelled {};

[[noreturn]] void abort_over(const char* what) noexcept {
    report(what);
    std::abort(); // its body's frames live on a stack that cannot be unwound here
}

// Does its work when the task's callable is destroyed, and so also in a task that is cancelled
// before its first step.
class closer {
  public:
    explicit closer(std::unique_ptr<generator_core> generator) noexcept
        : generator_(std::move(generator)) {}
    closer(closer&&) noexcept = default;
    ~closer() {
        if (generator_ == nullptr || !generator_->parts().stack.live()) {
            return;
        }
        if (loop_core::running()->current_task() == nullptr) {
            abort_over(
                "weft::generator: destroyed in a callback, and no memory to unwind its body");
        }
        generator_->close();
    }
    void operator()() noexcept {}

  private:
    std::unique_ptr<generator_core> generator_;
};

} // namespace

generator_core::generator_core() noexcept {
    static_assert(sizeof(inside) <= sizeof(inside_) && alignof(inside) <= alignof(void*));
    ::new (inside_) inside(*this);
}

generator_core::~generator_core() {
    parts().~inside();
}

generator_core::inside& generator_core::parts() noexcept {
    return *std::launder(reinterpret_cast<inside*>(inside_));
}

bool generator_core::next() {
    task_core& self = require_running_task("weft::generator");
    thread_.require("weft::generator");
    fibers::side_stack& stack = parts().stack;
    if (stack.entered()) {
        throw invalid_state(
            "weft::generator: the next value was asked for while the body is running; read a "
            "generator in one task at a time, and not in its own body");
    }
    fibers::scheduler& scheduler = self.loop()->scheduler();
    if (!begun_) {
        if (!scheduler.begin(stack, &generator_core::body, this)) {
            throw spawn_error(errno, "weft::generator: no stack for the body");
        }
        begun_ = true;
        self.loop()->open_generators().push_back(parts());
    }
    value_ = nullptr;
    if (stack.live()) {
        scheduler.enter(stack);
    }
    if (error_) {
        std::rethrow_exception(std::exchange(error_, nullptr));
    }
    return value_ != nullptr;
}

void generator_core::body(void* self) noexcept {
    auto& core = *static_cast<generator_core*>(self);
    try {
        core.run();
    } catch (const generator_closed&) { // NOLINT(bugprone-empty-catch): as asked
    } catch (...) {
        core.error_ = std::current_exception();
    }
    core.value_ = nullptr;
    core.parts().unlink();
}

void generator_core::yield(void* value) {
    loop_core* loop = loop_core::running();
    fibers::side_stack& stack = parts().stack;
    if (loop == nullptr || !loop->scheduler().is_on(stack)) {
        throw invalid_state(
            "weft::generator: the sink was called elsewhere than in the body that it was given to");
    }
    if (!closing_) {
        value_ = value;
        loop->scheduler().leave(stack);
    }
    if (closing_) {
        throw generator_closed();
    }
}

void generator_core::close() noexcept {
    task_core& self = *loop_core::running()->current_task();
    closing_ = true;
    self.block_cancels();
    self.loop()->scheduler().enter(parts().stack);
    self.unblock_cancels();
    if (error_) {
        try {
            report(fmt::format("exception in a generator that was given up: task '{}': {}",
                               self.name(), describe(error_)));
        } catch (...) {
            report("exception in a generator that was given up");
        }
    }
}

void give_up(std::unique_ptr<generator_core> generator) noexcept {
    if (generator == nullptr || !generator->parts().stack.live()) {
        return;
    }
    if (generator->parts().stack.entered()) {
        abort_over("weft::generator: destroyed while its body is running");
    }
    loop_core* loop = loop_core::running();
    if (loop == nullptr) {
        abort_over("weft::generator: destroyed on another thread than its loop's");
    }
    if (loop->current_task() != nullptr) {
        generator->close();
        return;
    }
    try {
        spawn({.name = "end of a generator"}, closer(std::move(generator))).detach();
    } catch (...) { // the closer has aborted
    }
}

void unwind_open_generators() {
    struct all_closer {
        all_closer() = default;
        all_closer(all_closer&& other) noexcept : armed(std::exchange(other.armed, false)) {}
        ~all_closer() {
            while (armed && !loop_core::running()->open_generators().empty()) {
                loop_core::running()->open_generators().front().owner().close();
            }
        }
        void operator()() noexcept {}
        bool armed = true;
    };
    spawn({.name = "end of generators"}, all_closer()).detach();
}

} // namespace weft::detail
