// SPDX-License-Identifier: BSL-1.0
//
// Waiting for a signal as for anything else.
#pragma once

#include <weft/detail/export.hpp>

#include <initializer_list>

namespace weft {

// wait_signal blocks this task until one of these signals comes, to the process or to any thread
// that does not block it, and returns its number; of several the lowest. A signal that several
// loops wait for comes to each of them, within a loop to one task.
//
// From the first wait for a signal until the loop ends, that signal has lost what it did before
// (SIGTERM does not end the process any more): one that comes while no task waits is kept for the
// next wait, and several of the same number count as one.
//
// Cancellable: a signal that came in the same turn is kept. Throws cancelled, not_in_task,
// no_running_loop, std::invalid_argument for no signal at all, for SIGKILL, SIGSTOP and the faults
// (SIGSEGV, SIGBUS, SIGFPE, SIGILL).
WEFT_API int wait_signal(std::initializer_list<int> signal_numbers);

} // namespace weft
