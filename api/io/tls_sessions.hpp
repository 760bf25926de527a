// SPDX-License-Identifier: BSL-1.0
//
// The sessions that servers have offered a client, by the server's name. Bounded: the oldest go
// first. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace weft::detail {

struct session_free {
    void operator()(SSL_SESSION* s) const noexcept { SSL_SESSION_free(s); }
};
using tls_session = std::unique_ptr<SSL_SESSION, session_free>;

class tls_sessions {
  public:
    void keep(std::string_view server_name, tls_session session);
    // The newest one, or null. A session of TLS 1.3 is given once only, so that nobody can tell
    // from it that two connections have the same client.
    tls_session take(std::string_view server_name);

    static constexpr std::size_t most = 256;
    static constexpr std::size_t most_of_one_server = 4;

  private:
    struct entry {
        std::string server_name;
        tls_session session;
    };
    std::mutex mutex_;
    std::list<entry> entries_; // the newest first
};

} // namespace weft::detail
