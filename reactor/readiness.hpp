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
#include "reactor/trial_set.hpp"
#include "reactor/watch.hpp"

#include <ev.h>

#include <cstdint>
#include <memory>
#include <span>
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

// One of several descriptors and directions that a fiber waits for at once.
struct interest {
    interest(fibers::fiber& f, int n, direction towards, bool watch_it = true) noexcept
        : fd(n), d(towards), watched(watch_it), waiter(f) {}
    int fd;
    direction d;
    bool watched; // false: only to be told when the number is closed
    fibers::wait_queue::waiter waiter;
    fibers::wait_queue* queue = nullptr; // while waiting
};

class readiness {
  public:
    // Throws std::system_error when there is no descriptor for the trial set.
    explicit readiness(struct ev_loop* loop);
    ~readiness();
    readiness(const readiness&) = delete;
    readiness& operator=(const readiness&) = delete;

    void attach(fibers::scheduler& s) noexcept { scheduler_ = &s; }

    // Parks the running fiber. Any number of fibers may wait for one direction; all are woken.
    // Spurious `ready` answers happen: try the system call and wait again. May throw std::bad_alloc
    // the first time a descriptor is waited for.
    wait_result wait(int fd, direction d, fibers::wait_site& site,
                     fibers::time_point deadline = fibers::never);

    // The same for a number that has no owner here: since it was last waited for it may have come
    // to stand for another file without a forget(), so the kernel is asked what it stands for.
    wait_result wait_unowned(int fd, direction d, fibers::wait_site& site,
                             fibers::time_point deadline = fibers::never);

    // The same, and if it is a stream socket that is watched, it is settled: until the next
    // forget(), or in another era, wait() will do.
    wait_result wait_to_settle(int fd, direction d, fibers::wait_site& site, std::uint32_t era);
    bool is_settled(int fd, std::uint32_t era) noexcept {
        const entry* const e = find(fd);
        return e != nullptr && e->settled_in == era && era != 0;
    }
    // Whether the last read of a settled one took all there was.
    bool& drained(int fd) noexcept { return find(fd)->drained; }

    // Parks the running fiber until one of them, none of which need have an owner, is ready, not
    // open or closed, all of which is `ready`.
    wait_result wait_any(std::span<interest> interests, fibers::wait_site& site,
                         fibers::time_point deadline = fibers::never);

    // Tells w whenever the descriptor is ready, besides waking the fibers that wait. One watch for
    // each descriptor and direction; w stays in place until end_watch() or the end it is told of.
    // Anything but `watchable`: no watch has begun. May throw std::bad_alloc.
    watchability start_watch(int fd, direction d, watch& w);
    void end_watch(int fd, direction d, watch& w) noexcept;

    // Wakes everybody who waits for fd with `closed` and stops its watchers. Call it before the
    // descriptor is closed, replaced by dup2 or handed to somebody else.
    void forget(int fd) noexcept;
    void forget_all(unsigned first, unsigned last) noexcept;

    // Wakes everybody who waits for that direction of fd, as if it had become ready: for changes
    // that the kernel does not tell.
    void look_again(int fd, direction d) noexcept;

    // forget() and ::close().
    void close(int fd) noexcept;

    // Fibers that wait here, and watches.
    std::size_t waiting() const noexcept { return waiting_; }

    // To be called right before libev reads its list of changes: forgets what was closed behind our
    // back.
    void check_changes() noexcept;

    // Whether a fiber has been woken since expect_progress().
    bool progress() const noexcept { return progress_; }
    void expect_progress() noexcept { progress_ = false; }

  private:
    struct side {
        side(int fd, int events, readiness& owner) noexcept;
        ev_io watcher{};
        readiness& owner;
        fibers::wait_queue waiters;
        reactor::watch* watch = nullptr;
        bool unwatchable = false; // what libev last said of it
    };
    struct entry {
        entry(int fd, readiness& owner) noexcept;
        side& of(direction d) noexcept { return d == direction::read ? read : write; }
        int fd() const noexcept { return read.watcher.fd; }
        side read;
        side write;
        std::uint32_t generation = 0; // grows with every forget()
        std::uint64_t socket = 0;     // the number of the socket that is watched, as far as known
        std::uint32_t settled_in = 0; // the era in which it was settled; 0: it was not
        bool drained = false;
        bool changed = false; // it is in changed_
    };

    static void on_event(struct ev_loop* l, ev_io* w, int events) noexcept;
    static void on_rebuild(struct ev_loop* l, ev_fork* w, int) noexcept;
    entry* find(int fd) noexcept;
    entry& find_or_make(int fd);
    watchability begin(int fd, direction d, entry*& e);
    watchability begin_unowned(int fd, direction d, entry*& e);
    void watch_anew(entry& e);
    wait_result wait_begun(entry& e, direction d, fibers::wait_site& site,
                           fibers::time_point deadline);
    void start(entry& e, side& s) noexcept;
    void stop(side& s) noexcept;
    void note_change(entry& e) noexcept;
    void forget_if_closed(const entry& e) noexcept;
    void wake_all(side& s) noexcept;
    void end_watch(side& s, watch_event why) noexcept;

    struct ev_loop* loop_;
    fibers::scheduler* scheduler_ = nullptr;
    trial_set trial_;
    ev_fork rebuild_watcher_{};
    std::vector<std::unique_ptr<entry>> entries_; // by descriptor number
    std::vector<entry*> changed_;                 // libev has not told the kernel yet; room for all
    std::size_t waiting_ = 0;
    bool progress_ = false;
};

} // namespace weft::reactor
