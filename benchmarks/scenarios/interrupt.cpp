// SPDX-License-Identifier: BSL-1.0
// interrupt: see the header.
#include "benchmarks/scenarios/interrupt.hpp"

#include <csignal>
#include <initializer_list>

#include <signal.h>

namespace bench {

namespace {

volatile std::sig_atomic_t came = 0;

void remember(int) {
    came = 1;
}

} // namespace

void watch_interrupts() {
    struct sigaction action {};
    action.sa_handler = remember;
    action.sa_flags = static_cast<int>(SA_RESETHAND); // without SA_RESTART: waits return
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(signal, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN); // a child that died shows at the next read
}

bool interrupt_came() noexcept {
    return came != 0;
}

} // namespace bench
