// SPDX-License-Identifier: BSL-1.0
//
// What the probes that deal with signals have in common: a handler that counts, a timer that sends
// a signal, and what a call and the handlers came to.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <sys/time.h>
#include <unistd.h>

namespace {

volatile sig_atomic_t handled = 0;
[[maybe_unused]] int handler_pipe[2] = {-1, -1};

[[maybe_unused]] void count(int) {
    handled = handled + 1;
}

// Makes what is read from the pipe come only after the handler has run.
[[maybe_unused]] void feed(int) {
    handled = handled + 1;
    [[maybe_unused]] const auto n = ::write(handler_pipe[1], "x", 1);
}

[[maybe_unused]] void set(int n, void (*handler)(int), int flags = 0) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(n, &action, nullptr);
}

[[maybe_unused]] void alarm_after(int milliseconds) {
    itimerval time{};
    time.it_value.tv_usec = milliseconds * 1000L;
    setitimer(ITIMER_REAL, &time, nullptr);
}

[[maybe_unused]] const char* errno_name(long result) {
    return result >= 0 ? "success" : std::strerror(errno);
}

[[maybe_unused]] void report(const char* what, long result) {
    std::printf("%s: %s, handlers %d\n", what, errno_name(result), handled);
}

} // namespace
