// SPDX-License-Identifier: BSL-1.0
//
// The wait of poll() and select(): for several descriptors, each with its own events, until it is
// worth asking the kernel again.
//
// A few that are to be read or written are watched by the loop itself. Many, or events that it does
// not know, such as urgent data, are put into an epoll set for the length of the call, and the loop
// watches that.
#pragma once

#include "api/posix/suspended_call.hpp"
#include "reactor/readiness.hpp"
#include "reactor/unique_fd.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include <poll.h>

namespace weft::detail {

class several_descriptors {
  public:
    several_descriptors(suspended_call& call, std::span<const pollfd> wanted) noexcept
        : call_(call), wanted_(wanted) {}
    ~several_descriptors();
    several_descriptors(const several_descriptors&) = delete;
    several_descriptors& operator=(const several_descriptors&) = delete;

    suspended_call::result wait(fibers::time_point deadline) noexcept;

  private:
    static constexpr std::size_t most_watched = 32;

    bool loop_knows_all() const noexcept;
    void prepare();
    void watch_each();
    bool watch_as_set();
    short events_before(std::size_t i) const noexcept;

    suspended_call& call_;
    std::span<const pollfd> wanted_;
    bool prepared_ = false;
    bool must_look_ = false; // nobody tells: look at intervals
    reactor::unique_fd set_;
    alignas(
        reactor::interest) std::array<std::byte, most_watched * sizeof(reactor::interest)> room_;
    std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
    std::pmr::vector<reactor::interest> interests_{&memory_};
};

} // namespace weft::detail
