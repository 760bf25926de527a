// SPDX-License-Identifier: BSL-1.0
#include "api/io/descriptor.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace weft::detail {

descriptor::descriptor(loop_core& loop, int fd) noexcept : loop_(&loop), fd_(fd) {
    loop.open_descriptors().push_back(*this);
    loop.descriptors().forget(fd); // whatever the number stood for before
}

descriptor::~descriptor() {
    close();
}

void descriptor::close() noexcept {
    const int fd = detach();
    if (fd >= 0) {
        ::close(fd);
    }
}

int descriptor::detach() noexcept {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && loop_ != nullptr) {
        if (loop_ != loop_core::running() && !loop_->on_own_thread()) {
            // Its watchers belong to a loop that runs elsewhere; touching them would corrupt that
            // loop.
            report("weft::stream: closed or destroyed on another thread than its loop's");
            std::abort();
        }
        std::exchange(loop_, nullptr)->descriptors().forget(fd);
        unlink();
    }
    return fd;
}

void descriptor::release() noexcept {
    if (--references_ == 0) {
        delete this;
    }
}

void descriptor::require_own_loop(const char* call) const {
    if (loop_ != nullptr && loop_ != loop_core::running()) {
        throw wrong_loop(
            fmt::format("{}: descriptor {} belongs to another loop; release() it there "
                        "and take it over here with from_socket()",
                        call, fd_));
    }
}

void descriptor::require_open(const char* call) const {
    require_running_loop(call);
    require_own_loop(call);
    if (fd_ < 0) {
        throw_closed(call);
    }
    if (loop_ == nullptr) {
        throw wrong_loop(
            fmt::format("{}: the loop of descriptor {} has ended; release() it and take "
                        "it over here with from_socket()",
                        call, fd_));
    }
}

void descriptor::require_usable(const char* call) const {
    require_open(call);
    require_running_task(call);
}

std::size_t descriptor::describe(const fibers::wait_site& site, char* out,
                                 std::size_t size) noexcept {
    const auto& self = *static_cast<const descriptor*>(site.object);
    return std::min(fmt::format_to_n(out, size, "descriptor {}", self.fd_).size, size);
}

bool descriptor::wait(reactor::direction d, const char* call, fibers::time_point deadline) {
    fibers::wait_site site{.operation = call, .object = this, .describe = &describe};
    switch (loop_->descriptors().wait(fd_, d, site, deadline)) {
    case reactor::wait_result::ready:
        return true;
    case reactor::wait_result::timed_out:
        return false;
    case reactor::wait_result::cancelled:
        throw_cancelled(*loop_core::running()->current_task());
    case reactor::wait_result::closed:
        throw std::system_error(EBADF, std::system_category(),
                                fmt::format("{}: closed while waiting", call));
    case reactor::wait_result::bad_descriptor:
        throw std::system_error(
            EBADF, std::system_category(),
            fmt::format("{}: descriptor {} was closed behind its owner's back", call, fd_));
    case reactor::wait_result::unwatchable:
        break;
    }
    throw unwatchable(fmt::format("{}: ", call), fd_);
}

void throw_closed(const char* call) {
    throw std::system_error(EBADF, std::system_category(), fmt::format("{}: it is closed", call));
}

std::system_error unwatchable(std::string_view whose, int fd) {
    return {ENOSPC, std::system_category(),
            fmt::format("{}the kernel does not watch descriptor {} (see "
                        "fs.epoll.max_user_watches)",
                        whose, fd)};
}

} // namespace weft::detail
