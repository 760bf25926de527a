// SPDX-License-Identifier: BSL-1.0
// Ctrl-C (SIGINT), SIGTERM and SIGHUP, noticed at the next wait instead of ending the process on
// the spot, so that children are ended and what was measured so far is shown.
//
// Invariant: the first signal only sets a flag; the second one ends the process as it would have
// without us, and the children with it (they ask for that at their start).
#pragma once

namespace bench {

struct interrupted {}; // thrown by the waits; not an error

void watch_interrupts();
bool interrupt_came() noexcept;

} // namespace bench
