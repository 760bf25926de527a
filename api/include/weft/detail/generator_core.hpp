// SPDX-License-Identifier: BSL-1.0
//
// The part of a generator that does not depend on its types: a body on a stack of its own, run step
// by step by whichever task asks for the next value. Not for use by programs.
//
// Invariant: a body that has begun is unwound before its stack and the generator are given up.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <cstddef>
#include <exception>
#include <memory>

namespace weft::detail {

class WEFT_API generator_core {
  public:
    generator_core() noexcept;
    generator_core(const generator_core&) = delete;
    generator_core& operator=(const generator_core&) = delete;
    virtual ~generator_core();

    // Runs the body until it yields (true) or ends (false), or throws what it throws.
    bool next();
    // What was yielded last; null before the first step and after the end.
    void* value() const noexcept { return value_; }

    // For the body: hands a value over and goes on when the next one is asked for.
    void yield(void* value);

    // Unwinds the body if it has begun; may block, cancels are kept. Only in a task.
    void close() noexcept;

    class inside;
    inside& parts() noexcept;

  private:
    virtual void run() = 0;
    static void body(void* self) noexcept;

    void* value_ = nullptr;
    std::exception_ptr error_;
    own_thread thread_;
    bool begun_ = false;
    bool closing_ = false;
    alignas(void*) std::byte inside_[8 * sizeof(void*)];
};

// The generator is gone: closes it, where there is no task to do so in a new one.
WEFT_API void give_up(std::unique_ptr<generator_core> generator) noexcept;

} // namespace weft::detail
