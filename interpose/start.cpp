// SPDX-License-Identifier: BSL-1.0
//
// Where a program begins: libc's start function, which is given main. When weft-run has started
// this very process its main becomes a task. In any case what weft-run has put into the environment
// is taken out again, so that the program and its children see their own. And where the thread of
// main is cancelled.
#include "interpose/hook.hpp"
#include "interpose/program_main.hpp"
#include "interpose/run_environment.hpp"

#include <unistd.h>

namespace {

using weft::interpose::main_function;

constinit main_function program_main = nullptr;

int main_as_task(int argc, char** argv, char** envp) {
    return weft::interpose::run_main_as_task(program_main, argc, argv, envp);
}

} // namespace

using plain_function = void (*)();

WEFT_DEFINE(int, __libc_start_main,
            (main_function main, int argc, char** argv, plain_function init, plain_function fini,
             plain_function rtld_fini, void* stack_end)) {
    if (weft::interpose::take_out_of_environment(::environ)) {
        program_main = main;
        main = &main_as_task;
    }
    return WEFT_ORIGINAL(int, __libc_start_main,
                         (main_function, int, char**, plain_function, plain_function,
                          plain_function, void*))::call(main, argc, argv, init, fini, rtld_fini,
                                                        stack_end);
}

// A main that waits in its loop looks whether it is cancelled when the wait ends.
WEFT_DEFINE(int, pthread_cancel, (pthread_t thread)) {
    const int error = WEFT_ORIGINAL(int, pthread_cancel, (pthread_t))::call(thread);
    weft::interpose::end_wait_of_main(thread);
    return error;
}
