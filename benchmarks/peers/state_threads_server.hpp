// SPDX-License-Identifier: BSL-1.0
// Servers on state-threads: one of its threads for each connection, st_read and st_write.
#pragma once

#include "benchmarks/peers/blocking_server.hpp"

#include <cstdint>
#include <string>

#include <st.h>

namespace peers {

struct state_threads_wire {
    st_netfd_t socket;

    ssize_t read(char* into, std::size_t size) const {
        return st_read(socket, into, size, ST_UTIME_NO_TIMEOUT);
    }
    bool write(std::string_view all) const {
        return st_write(socket, all.data(), all.size(), ST_UTIME_NO_TIMEOUT) ==
               static_cast<ssize_t>(all.size());
    }
    void sleep(std::chrono::milliseconds time) const {
        st_usleep(static_cast<st_utime_t>(std::chrono::microseconds(time).count()));
    }
    void apart(void (*work)()) const { work(); } // there is no such place
};

template <void (*Serve)(state_threads_wire&)>
int serve_on_state_threads() {
    const listening_socket listener;
    st_set_eventsys(ST_EVENTSYS_ALT);  // epoll, where the library was built with it
    st_set_eventsys(ST_EVENTSYS_POLL); // else this and not select; refused when one is set
    if (st_init() != 0) {
        return 1;
    }
    const std::string version = std::string(STATE_THREADS_VERSION) + "-" + st_get_eventsys_name();
    st_netfd_t listening = st_netfd_open_socket(listener.fd());
    announce("state-threads", version.c_str(), listener.port());
    for (;;) {
        st_netfd_t accepted = st_accept(listening, nullptr, nullptr, ST_UTIME_NO_TIMEOUT);
        if (accepted == nullptr) {
            continue;
        }
        send_at_once(st_netfd_fileno(accepted));
        auto entry = [](void* argument) -> void* {
            state_threads_wire to_client{static_cast<st_netfd_t>(argument)};
            Serve(to_client);
            st_netfd_close(to_client.socket);
            return nullptr;
        };
        if (st_thread_create(entry, accepted, 0, 0) == nullptr) {
            std::fputs("state-threads makes no more threads\n", stderr);
            return 1;
        }
    }
}

} // namespace peers
