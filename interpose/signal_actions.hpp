// SPDX-License-Identifier: BSL-1.0
//
// The program's signal handlers. The kernel is given one of ours in place of each, which knows
// where the thread is: in a handler nothing suspends, and while a program's main waits under
// weft-run the signal is kept for it (interruption.hpp).
//
// Invariant: what the program asked for is what it is told, flags and all; everything but the
// function is left to the kernel.
#pragma once

#include <csignal>

namespace weft::interpose {

// sigaction(), with all that the above entails.
int set_action(int signal_number, const struct sigaction* wanted,
               struct sigaction* before) noexcept;

// Whether the program has ever set a handler: one that may do what nothing else here is told of.
bool program_has_signal_handlers() noexcept;

// A handler is left by a jump and not by returning.
void leave_handlers() noexcept;

} // namespace weft::interpose
