// SPDX-License-Identifier: BSL-1.0
//
// What happens when a fiber uses up its stack: the fault in its guard pages is recognised on an
// alternate signal stack, one line on stderr names the task, its stack size and the option to raise
// it, and the process ends by SIGSEGV as it would have anyway. Any other fault goes to whoever
// handled SIGSEGV before.
#pragma once

namespace weft::fibers {

// Installs the handler for the process (once) and an alternate signal stack for the calling thread,
// if it has none. Both stay until the end of the process and of the thread.
void report_stack_overflows() noexcept;

} // namespace weft::fibers
