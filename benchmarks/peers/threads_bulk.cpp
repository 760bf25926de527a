// SPDX-License-Identifier: BSL-1.0
// Many bytes through plain blocking sockets, a thread at each end.
#include "benchmarks/peers/bulk.hpp"

#include <gnu/libc-version.h>
#include <string_view>

namespace {

void write(int fd, const std::string& piece, std::size_t times) {
    while (times-- > 0) {
        for (std::string_view rest = piece; !rest.empty();) {
            const ssize_t n = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (n < 0) {
                throw std::runtime_error("cannot send");
            }
            rest.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    ::close(fd);
}

std::uint64_t read(int fd, std::span<char> room) {
    std::uint64_t all = 0;
    for (ssize_t n = 0; (n = ::recv(fd, room.data(), room.size(), 0)) > 0;) {
        all += static_cast<std::uint64_t>(n);
    }
    ::close(fd);
    return all;
}

peers::answer bulk(std::int64_t mebibytes) {
    return peers::send_bulk(mebibytes, write, read);
}

} // namespace

int main() {
    return peers::answer_commands("std::thread", ::gnu_get_libc_version(), {{"bulk", bulk}});
}
