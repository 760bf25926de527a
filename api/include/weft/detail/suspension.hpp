// SPDX-License-Identifier: BSL-1.0
//
// What libweft-interpose.so asks and tells: whether the caller of a libc function may be suspended
// in it, and what has happened behind libc's names. All of it may be called at any time, before
// constructors and after destructors too, and keeps errno.
#pragma once

#include <weft/detail/export.hpp>

#include <cstdint>

namespace weft::detail {

// Whether a task runs here that may be suspended: this is no thread without a loop, no callback, no
// signal handler, no no_suspend scope and no child of a fork. Costs two thread-local reads. Any
// thread; async-signal-safe.
WEFT_API bool may_suspend() noexcept;

// The running task's number, which no other one ever has, whether it may be suspended or not; 0:
// none runs here. Any thread; async-signal-safe.
WEFT_API std::uint64_t running_task_id() noexcept;

// Whether the running loop's time is virtual: what becomes so by itself, and not by time's passing,
// cannot be waited for by looking again later. Only where a loop runs.
WEFT_API bool in_virtual_time() noexcept;

// Around a stretch that must not suspend; counted. Async-signal-safe.
WEFT_API void forbid_suspension() noexcept;
WEFT_API void allow_suspension() noexcept;

// Whether one of the program's signal handlers runs on this thread. Async-signal-safe.
WEFT_API bool in_signal_handler() noexcept;

// Around every call of the program's signal handlers; counted, so handlers may interrupt handlers.
// `restarts`: the handler was installed with SA_RESTART. When this thread's loop has a task whose
// waits signals interrupt, that task's wait ends with EINTR where a thread's would.
// Async-signal-safe.
WEFT_API void begin_signal_handler() noexcept;
WEFT_API void end_signal_handler(bool restarts) noexcept;

// The waits of the running task, and of no other on this loop, are interrupted by signals from now
// on. May only be called where may_suspend().
WEFT_API void let_signals_interrupt_this_task() noexcept;

// To be called before the number is closed or made to stand for something else (close, dup2, dup3,
// close_range, fclose): whoever of this thread's loop waits for it wakes with EBADF, and what is
// believed of the number is forgotten. Does nothing in a child of vfork(), whose memory is its
// parent's. Any thread.
WEFT_API void forget_descriptor(int fd) noexcept;
// The same for all numbers from `first` to `last`.
WEFT_API void forget_descriptors(unsigned first, unsigned last) noexcept;

// Only what is believed of the number: for a number that has just been given out by the kernel
// (socket, accept, pipe, open, dup ...). Any thread.
WEFT_API void forget_descriptor_kind(int fd) noexcept;
// The same, for one that no other process can know: it was made by a call that makes new objects,
// not by a duplicate or from outside.
WEFT_API void note_new_descriptor(int fd) noexcept;

// To be called once by who calls the functions above, and the next one, for every change that the
// program makes: what has been asked of a descriptor then holds until one of them is called.
WEFT_API void see_descriptor_changes() noexcept;
// After O_NONBLOCK, SO_RCVTIMEO or SO_SNDTIMEO of any descriptor may have changed. Any thread.
WEFT_API void note_changed_settings() noexcept;

} // namespace weft::detail
