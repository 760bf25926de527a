// SPDX-License-Identifier: BSL-1.0
//
// "Park until this descriptor can be read (written)."
//
// One libev watcher a descriptor and direction. It stays active between waits, so a connection that
// goes back and forth costs no epoll_ctl at all, and is stopped only when it fires with nobody
// waiting. Callers try their system call first and wait when it says EAGAIN.
//
// What libev does not forgive, and how it is kept from happening: its build aborts when epoll_ctl
// meets a bad descriptor, so a descriptor is checked when its watcher starts and again just before
// libev looks at it; close() wakes the waiters and stops the watchers before the number is free;
// forget() makes a reused number start afresh; a regular file, which would spin, is answered
// "ready" without a watcher.
#pragma once

#include "fibers/wait_queue.hpp"

#include <ev.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft::reactor {

enum class direction : std::uint8_t { read, write };

enum class wait_result : std::uint8_t {
    ready,          // or an error or hang-up, which the next system call will tell
    timed_out,      //
    cancelled,      // also when it was ready in the same turn: the data stays where it is
    closed,         // close() was called while waiting
    bad_descriptor, // it is not open
    unwatchable,    // the kernel refuses to watch it, for its kind or for lack of memory
};

class readiness {
  public:
    explicit readiness(struct ev_loop* loop) noexcept : loop_(loop) {}
    ~readiness();
    readiness(const readiness&) = delete;
    readiness& operator=(const readiness&) = delete;

    void attach(fibers::scheduler& s) noexcept { scheduler_ = &s; }

    // Parks the running fiber. Any number of fibers may wait for one direction; all are woken.
    // Spurious `ready` answers happen: try the system call and wait again. May throw std::bad_alloc
    // the first time a descriptor is waited for.
    wait_result wait(int fd, direction d, fibers::wait_site& site,
                     fibers::time_point deadline = fibers::never);

    // Wakes everybody who waits for fd with `closed` and stops its watchers. Call it before the
    // descriptor is closed, replaced by dup2 or handed to somebody else.
    void forget(int fd) noexcept;

    // forget() and ::close().
    void close(int fd) noexcept;

    // Fibers that wait here.
    std::size_t waiting() const noexcept { return waiting_; }

    // To be called right before libev reads its list of changes.
    void check_started() noexcept;

    // Whether a callback has made something ready since the last call.
    bool take_progress() noexcept { return std::exchange(progress_, false); }

  private:
    struct side {
        side(int fd, int events, readiness& owner) noexcept;
        ev_io watcher{};
        readiness& owner;
        fibers::wait_queue waiters;
        bool unwatchable = false; // what libev last said of it
    };
    struct entry {
        entry(int fd, readiness& owner) noexcept;
        side& of(direction d) noexcept { return d == direction::read ? read : write; }
        side read;
        side write;
        std::uint32_t generation = 0; // grows with every forget()
    };

    static void on_event(struct ev_loop* l, ev_io* w, int events) noexcept;
    entry* find(int fd) noexcept;
    entry& find_or_make(int fd);
    void start(int fd, side& s);
    void stop(side& s) noexcept;

    struct ev_loop* loop_;
    fibers::scheduler* scheduler_ = nullptr;
    std::vector<std::unique_ptr<entry>> entries_; // by descriptor number
    std::vector<int> started_;                    // watchers libev has not looked at yet
    std::size_t waiting_ = 0;
    bool progress_ = false;
};

} // namespace weft::reactor
