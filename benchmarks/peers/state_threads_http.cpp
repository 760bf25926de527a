// SPDX-License-Identifier: BSL-1.0
// The HTTP server on state-threads: one of its threads per connection, st_read and st_write.
#include "benchmarks/peers/http_answer.hpp"

#include <cstdint>

#include <st.h>

namespace {

void serve(st_netfd_t socket) {
    peers::send_at_once(st_netfd_fileno(socket));
    peers::request_buffer buffer;
    for (;;) {
        ssize_t got = st_read(socket, buffer.space(), buffer.space_size(), ST_UTIME_NO_TIMEOUT);
        if (got <= 0) {
            break;
        }
        buffer.received(static_cast<std::size_t>(got));
        bool alive = true;
        while (alive && buffer.take_request()) {
            constexpr auto whole = static_cast<ssize_t>(peers::http_response.size());
            alive = st_write(socket, peers::http_response.data(), peers::http_response.size(),
                             ST_UTIME_NO_TIMEOUT) == whole;
        }
        if (!alive) {
            break;
        }
    }
    st_netfd_close(socket);
}

} // namespace

int main() {
    peers::listening_socket listener;
    st_set_eventsys(ST_EVENTSYS_ALT);
    if (st_init() != 0) {
        return 1;
    }
    st_netfd_t listening = st_netfd_open_socket(listener.fd());
    peers::announce("state-threads", STATE_THREADS_VERSION, listener.port());
    for (;;) {
        st_netfd_t socket = st_accept(listening, nullptr, nullptr, ST_UTIME_NO_TIMEOUT);
        if (socket != nullptr) {
            auto entry = [](void* argument) -> void* {
                serve(static_cast<st_netfd_t>(argument));
                return nullptr;
            };
            st_thread_create(entry, socket, 0, 0);
        }
    }
}
