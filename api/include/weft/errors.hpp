// SPDX-License-Identifier: BSL-1.0
//
// Every error weft itself throws. The text names the call, the object where there is one, and what
// to do about it. All of them are thrown in the task that made the call; none leaves the loop
// damaged.
#pragma once

#include <weft/detail/export.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace weft {

// Thrown by a blocking call of a task that was cancelled. On purpose not a std::exception, so that
// `catch (const std::exception&)` does not swallow it: clean up and let it pass.
// asyncio.CancelledError.
class WEFT_API cancelled {
  public:
    cancelled() noexcept = default;
    explicit cancelled(std::string message);
    cancelled(const cancelled&) noexcept = default;
    cancelled& operator=(const cancelled&) noexcept = default;
    virtual ~cancelled();

    // What was given to cancel(); empty when nothing was.
    const std::string& message() const noexcept;
    const char* what() const noexcept;

  private:
    std::shared_ptr<const std::string> message_;
};

// A time limit ended before the work did. Compares equal to std::errc::timed_out.
class WEFT_API timeout_error : public std::system_error {
  public:
    explicit timeout_error(const std::string& text);
    ~timeout_error() override;
};

// The object is not in a state that allows the call: a result asked for before the end, a handle
// that was moved from, a task that waits for itself, run() inside run().
class WEFT_API invalid_state : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~invalid_state() override;
};

// The call needs a loop and none runs on this thread: wrap it in weft::run(...).
class WEFT_API no_running_loop : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~no_running_loop() override;
};

// The call blocks and was made from a callback, which runs on the loop's own stack: spawn a task
// there.
class WEFT_API not_in_task : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~not_in_task() override;
};

// The object belongs to the loop of another thread.
class WEFT_API wrong_loop : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~wrong_loop() override;
};

// Another task is already reading (or writing) this stream.
class WEFT_API busy : public std::logic_error {
  public:
    using std::logic_error::logic_error;
    ~busy() override;
};

// The stream ended before everything asked for had come. asyncio.IncompleteReadError.
class WEFT_API incomplete_read : public std::runtime_error {
  public:
    incomplete_read(const std::string& text, std::string partial, std::size_t expected);
    incomplete_read(const incomplete_read&) noexcept;
    ~incomplete_read() override;

    // What did come.
    const std::string& partial() const noexcept { return *partial_; }
    // How many bytes were asked for; 0 where the end was to be marked by a separator.
    std::size_t expected() const noexcept { return expected_; }

  private:
    std::shared_ptr<const std::string> partial_;
    std::size_t expected_;
};

// No separator within the stream's read limit. What was read stays in the stream.
class WEFT_API limit_overrun : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~limit_overrun() override;
};

// The queue was shut down: it takes no more items, and what was in it has been taken.
// asyncio.QueueShutDown.
class WEFT_API queue_shutdown : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~queue_shutdown() override;
};

// The barrier was reset or aborted while this task waited, or is aborted.
// asyncio.BrokenBarrierError.
class WEFT_API broken_barrier : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~broken_barrier() override;
};

// What all failures of a task group leave as.
// Python's ExceptionGroup.
class WEFT_API exception_group : public std::exception {
  public:
    // At least one.
    explicit exception_group(std::vector<std::exception_ptr> exceptions);
    exception_group(const exception_group&) noexcept;
    ~exception_group() override;

    // In order of their coming.
    const std::vector<std::exception_ptr>& exceptions() const noexcept;
    // How many and which.
    const char* what() const noexcept override;

  private:
    struct contents;
    std::shared_ptr<const contents> contents_;
};

// Every task waits and nothing can wake one. The text lists them. Thrown by run().
class WEFT_API deadlock_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~deadlock_error() override;
};

// No memory or address space for another task or its stack; the loop and the other tasks go on.
class WEFT_API spawn_error : public std::system_error {
  public:
    spawn_error(int error_number, const std::string& text);
    ~spawn_error() override;
};

} // namespace weft
