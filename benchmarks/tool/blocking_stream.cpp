// SPDX-License-Identifier: BSL-1.0
// blocking_stream: see the header.
#include "benchmarks/tool/blocking_stream.hpp"

#include <cerrno>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr std::size_t read_size = 1024;

[[noreturn]] void throw_errno(const char* call) {
    throw std::system_error(errno, std::system_category(), call);
}

} // namespace

std::string blocking_stream::read_until(std::string_view separator) {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t found = unread_.find(separator, searched);
        if (found != std::string::npos) {
            const std::size_t length = found + separator.size();
            if (length == unread_.size())
                return std::exchange(unread_, {});
            std::string head = unread_.substr(0, length);
            unread_.erase(0, length);
            return head;
        }
        const std::size_t filled = unread_.size();
        searched = filled < separator.size() ? 0 : filled - separator.size() + 1;
        char buffer[read_size];
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got > 0)
            unread_.append(buffer, static_cast<std::size_t>(got));
        else if (got == 0)
            throw end_of_blocking_stream();
        else if (errno != EINTR)
            throw_errno("recv");
    }
}

void blocking_stream::write(std::string_view data) {
    while (!data.empty()) {
        const ssize_t sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent >= 0)
            data.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno != EINTR)
            throw_errno("send");
    }
}

void blocking_stream::close() noexcept {
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

} // namespace bench
