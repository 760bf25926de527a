// SPDX-License-Identifier: BSL-1.0
#include "api/io/connection_race.hpp"
#include "api/io/names.hpp"
#include "api/io/stream_core.hpp"
#include "api/loop_core.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/connect.hpp>
#include <weft/tls.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace weft {

namespace {

stream as_stream(detail::loop_core& loop, reactor::unique_fd fd) {
    stream opened = detail::stream_core::open(loop, fd.get());
    fd.release();
    return opened;
}

stream connect_to(detail::loop_core& loop, detail::connection_race& race, std::string_view host,
                  std::uint16_t port, const char* call) {
    if (const std::optional<endpoint> numeric = detail::numeric_endpoint(host, port)) {
        return as_stream(loop, race.run({&*numeric, 1}, {}));
    }
    std::vector<endpoint> to = detail::resolve_for(call, host, port);
    detail::interleave_families(to);
    return as_stream(loop, race.run(to, host));
}

} // namespace

stream open_connection(std::string_view host, std::uint16_t port, const connect_options& options) {
    constexpr auto call = "weft::open_connection";
    detail::task_core& self = detail::require_running_task(call);
    std::vector<endpoint> from;
    if (!options.local_address.empty()) {
        from = detail::resolve_for(call, options.local_address, 0);
    }
    detail::connection_race race(self, from, options);
    stream opened = connect_to(*self.loop(), race, host, port, call);
    if (options.tls == nullptr) {
        return opened;
    }
    return start_tls(std::move(opened), *options.tls,
                     options.server_name.empty() ? host : options.server_name);
}

stream open_unix_connection(std::string_view path) {
    using namespace std::chrono_literals;
    constexpr auto call = "weft::open_unix_connection";
    detail::loop_core& loop = *detail::require_running_task(call).loop();
    const endpoint to = endpoint::unix_socket(path);
    const auto fail = [&] {
        const int error_number = errno;
        throw std::system_error(error_number, std::system_category(),
                                fmt::format("{}: {}", call, to.to_string()));
    };
    reactor::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
        fail();
    }
    // A UNIX socket connects at once or, when the listener's backlog is full, not at all; nothing
    // tells when there is room again.
    fibers::clock::duration pause = 1ms;
    while (::connect(fd.get(), to.data(), to.size()) != 0) {
        if (errno == EAGAIN) {
            fibers::wait_site site{call};
            detail::block(site, loop.deadline_after(pause));
            pause = std::min<fibers::clock::duration>(2 * pause, 100ms);
        } else if (errno != EINTR) {
            fail();
        }
    }
    return as_stream(loop, std::move(fd));
}

} // namespace weft
