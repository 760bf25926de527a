// SPDX-License-Identifier: BSL-1.0
#include "api/io/tls_sessions.hpp"

#include <utility>

namespace weft::detail {

void tls_sessions::keep(std::string_view server_name, tls_session session) {
    std::list<entry> fresh;
    fresh.push_back({std::string(server_name), std::move(session)});
    std::list<entry> gone; // destroyed after the mutex is free again
    const std::lock_guard lock(mutex_);
    entries_.splice(entries_.begin(), fresh);
    std::size_t of_this_server = 0;
    for (auto e = entries_.begin(); e != entries_.end();) {
        const auto here = e++;
        if (here->server_name == server_name && ++of_this_server > most_of_one_server) {
            gone.splice(gone.begin(), entries_, here);
        }
    }
    if (entries_.size() > most) {
        gone.splice(gone.begin(), entries_, std::prev(entries_.end()));
    }
}

tls_session tls_sessions::take(std::string_view server_name) {
    const std::lock_guard lock(mutex_);
    for (auto e = entries_.begin(); e != entries_.end(); ++e) {
        if (e->server_name != server_name) {
            continue;
        }
        if (SSL_SESSION_get_protocol_version(e->session.get()) < TLS1_3_VERSION) {
            // A copy: two threads may be at work with it.
            return tls_session(SSL_SESSION_dup(e->session.get()));
        }
        tls_session taken = std::move(e->session);
        entries_.erase(e);
        return taken;
    }
    return nullptr;
}

} // namespace weft::detail
