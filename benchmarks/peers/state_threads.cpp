// SPDX-License-Identifier: BSL-1.0
// state-threads as a peer. Its sleeps count from when its scheduler last looked at the clock.
#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/handover.hpp"
#include "benchmarks/peers/lateness.hpp"
#include "benchmarks/peers/tasks.hpp"

#include <st.h>

namespace {

peers::answer late_sleeps(std::int64_t count) {
    return peers::sample_sleeps(count, peers::nap_span, [] {
        st_usleep(static_cast<st_utime_t>(peers::nap_span.count()));
    });
}

} // namespace

int main() {
    st_set_eventsys(ST_EVENTSYS_ALT);
    if (st_init() != 0) {
        return 1;
    }
    auto commands = peers::handover_commands();
    commands.merge(peers::task_commands());
    commands.emplace("sleep", late_sleeps);
    return peers::answer_commands("state-threads", STATE_THREADS_VERSION, commands);
}
