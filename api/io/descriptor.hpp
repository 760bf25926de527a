// SPDX-License-Identifier: BSL-1.0
//
// An open descriptor that belongs to a loop: what stream and listener share. It is closed through
// the reactor, so that who waits for it is woken first; it may outlive its loop, and is then just
// closed.
//
// Owned by a count of references: its handle's, and one for each operation that is going on in it,
// so that closing or destroying a stream under a waiting task is an error for that task and not for
// memory.
#pragma once

#include "fibers/time.hpp"
#include "reactor/readiness.hpp"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <string_view>
#include <system_error>

namespace weft::detail {

class loop_core;

class descriptor : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;

    int fd() const noexcept { return fd_; }
    loop_core& loop() const noexcept { return *loop_; }

    // Closes; idempotent. Waiters get EBADF.
    void close() noexcept;
    // Gives the number away, with no watcher left on it.
    int detach() noexcept;

    void retain() noexcept { ++references_; }
    // The last one closes and destroys.
    void release() noexcept;

    // The loop has ended.
    void orphan() noexcept { loop_ = nullptr; }

    // Throws wrong_loop when the loop runs on another thread.
    void require_own_loop(const char* call) const;
    // Throws no_running_loop, wrong_loop or EBADF, naming the call.
    void require_open(const char* call) const;
    // The same, and not_in_task.
    void require_usable(const char* call) const;

    // Parks the running task until the descriptor is ready; false when the deadline came first.
    // Throws `cancelled`, or std::system_error naming the call: EBADF when it was closed meanwhile.
    bool wait(reactor::direction d, const char* call, fibers::time_point deadline = fibers::never);

  protected:
    // Takes over fd.
    descriptor(loop_core& loop, int fd) noexcept;
    virtual ~descriptor();

  private:
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    loop_core* loop_; // null when it has ended, and once closed
    int fd_;
    std::uint32_t references_ = 1;
};

using descriptor_list =
    boost::intrusive::list<descriptor, boost::intrusive::constant_time_size<false>>;

// One operation that is going on in a descriptor.
class use_of_descriptor {
  public:
    explicit use_of_descriptor(descriptor& d) noexcept : descriptor_(d) { d.retain(); }
    ~use_of_descriptor() { descriptor_.release(); }
    use_of_descriptor(const use_of_descriptor&) = delete;
    use_of_descriptor& operator=(const use_of_descriptor&) = delete;

  private:
    descriptor& descriptor_;
};

// std::system_error (EBADF): the call was made on something that is closed.
[[noreturn]] void throw_closed(const char* call);

// The kernel watches no more descriptors. `whose`: what the text begins with, such as "call: ".
std::system_error unwatchable(std::string_view whose, int fd);

} // namespace weft::detail
