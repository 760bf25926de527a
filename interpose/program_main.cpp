// SPDX-License-Identifier: BSL-1.0
#include "interpose/program_main.hpp"

#include "interpose/interruption.hpp"
#include "interpose/own_descriptors.hpp"

#include <weft/detail/suspension.hpp>
#include <weft/loop.hpp>
#include <weft/runner.hpp>
#include <weft/task.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace weft::interpose {

namespace {

// The loop calls no code of the program's.
constexpr std::size_t loop_stack_size = std::size_t{256} * 1024;

// Everything there is of the program's loop. It lives until the process ends, unless main ends by
// pthread_exit().
class program_loop {
  public:
    // Returns as the main task, on the stack that it was called on.
    void enter();
    // Ends the wait that the main task is in, if it is in one. Any thread.
    void end_wait();
    pthread_t thread() const noexcept { return thread_; }
    // Called there: ends the task and the loop, and returns as a plain thread.
    void leave();

  private:
    static void on_loop_stack();
    void serve();
    void main_task();

    ucontext_t loop_{};
    ucontext_t program_{};
    ucontext_t task_{};
    void* stack_ = nullptr;
    pthread_t thread_{};
    std::atomic<weft::loop*> running_ = nullptr;
    char failure_[256] = ""; // why there is no loop
    struct sigaction fault_action_ {};
    stack_t signal_stack_{};
};

[[noreturn]] void end_process(const char* why) {
    ::dprintf(STDERR_FILENO, "weft-run: no loop to run the program on: %s\n", why);
    ::_exit(125);
}

// The main program's; no other one is ever made.
constinit program_loop the_loop;

void program_loop::enter() {
    thread_ = ::pthread_self();
    stack_ = ::mmap(nullptr, loop_stack_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack_ == MAP_FAILED) {
        end_process("no memory");
    }
    ::mprotect(stack_, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_NONE);
    // weft's report of stack overflows is about its own tasks' stacks: the program's ends as bare.
    ::sigaction(SIGSEGV, nullptr, &fault_action_);
    ::sigaltstack(nullptr, &signal_stack_);
    ::getcontext(&loop_);
    loop_.uc_stack.ss_sp = stack_;
    loop_.uc_stack.ss_size = loop_stack_size;
    loop_.uc_link = nullptr;
    ::makecontext(&loop_, &program_loop::on_loop_stack, 0);
    ::swapcontext(&program_, &loop_);
    if (failure_[0] != '\0') {
        end_process(failure_);
    }
    this_threads_main_task = detail::running_task_id();
    set_state_of_main(main_state::running);
}

void program_loop::on_loop_stack() {
    program_loop& self = the_loop;
    try {
        self.serve();
    } catch (const std::exception& e) {
        std::snprintf(self.failure_, sizeof(self.failure_), "%s", e.what());
    }
    ::setcontext(&self.program_);
}

void program_loop::serve() {
    std::optional<own_descriptors_begin> ours(std::in_place);
    runner r;
    ours.reset();
    running_ = &r.get_loop();
    bool ended = false;
    std::optional<task<void>> main;
    r.get_loop().call_soon([&] {
        main.emplace(spawn(task_options{.name = "main"}, [&] {
            main_task();
            ended = true;
        }));
    });
    while (!ended) { // poll() knows no deadlock: a main that waits for ever does so
        r.poll(std::chrono::hours(1));
    }
    running_ = nullptr;
    give_up_own_descriptors();
}

void program_loop::end_wait() {
    if (weft::loop* running = running_) {
        running->post([] { // as a signal's handler does that runs while the loop sleeps
            detail::begin_signal_handler();
            detail::end_signal_handler(false);
        });
    }
}

void program_loop::main_task() {
    ::sigaction(SIGSEGV, &fault_action_, nullptr);
    ::sigaltstack(&signal_stack_, nullptr);
    detail::let_signals_interrupt_this_task();
    ::swapcontext(&task_, &program_); // enter() returns; leave() comes back here
}

void program_loop::leave() {
    set_state_of_main(main_state::elsewhere);
    ::swapcontext(&program_, &task_);
    ::munmap(stack_, loop_stack_size);
}

// From the start of exit() on, calls are libc's: what they would need may be gone already.
void stop_suspending() {
    detail::forbid_suspension();
}

} // namespace

void end_wait_of_main(pthread_t thread) noexcept {
    try {
        if (::pthread_equal(thread, the_loop.thread()) != 0) {
            the_loop.end_wait();
        }
    } catch (const std::exception&) {
        // Its loop has just ended: there is no wait.
    }
}

int run_main_as_task(main_function main, int argc, char** argv, char** envp) {
    // pthread_exit() unwinds main's stack; the last thread must then be one of the program's own.
    struct ended_by_unwinding {
        bool returned = false;
        ~ended_by_unwinding() {
            if (!returned) {
                the_loop.leave();
            }
        }
    } guard;
    the_loop.enter();
    std::atexit(&stop_suspending);
    errno = 0;
    const int status = main(argc, argv, envp);
    guard.returned = true;
    return status;
}

} // namespace weft::interpose
