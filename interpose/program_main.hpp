// SPDX-License-Identifier: BSL-1.0
//
// Runs a program's main as a task, on the stack that the kernel made for it: it grows as
// RLIMIT_STACK says, and whoever asks where the stack is, a collector of garbage or a debugger, is
// told the truth. It is the loop that gets another stack: main's thread steps over to it when main
// waits, and comes back when main can go on.
#pragma once

#include <pthread.h>

namespace weft::interpose {

using main_function = int (*)(int, char**, char**);

// Makes a loop and becomes a task of it; then main, returning what it does. Whoever ends main by
// pthread_exit() ends the loop first. Without descriptors or memory for a loop the process ends,
// saying so, with status 125.
int run_main_as_task(main_function main, int argc, char** argv, char** envp);

// If that thread runs such a main which waits: the wait ends. Any thread.
void end_wait_of_main(pthread_t thread) noexcept;

} // namespace weft::interpose
