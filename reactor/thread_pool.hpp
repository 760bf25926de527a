// SPDX-License-Identifier: BSL-1.0
//
// Threads for calls that block the thread: jobs go in, are run in order of their coming, and tell
// whoever is interested themselves. Threads are made when they are first needed. The pool knows
// nothing of loops and fibers.
//
// Invariant: a job that was taken in is run exactly once, or withdrawn; the threads share the
// pool's state, so that one that does not come back can be left behind.
#pragma once

#include "fibers/time.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <memory>

namespace weft::reactor {

class thread_job : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::normal_link>> {
  public:
    // `run` is called on a thread of the pool and may destroy the job.
    using function = void (*)(thread_job&) noexcept;
    explicit thread_job(function run) noexcept : run_(run) {}
    thread_job(const thread_job&) = delete;
    thread_job& operator=(const thread_job&) = delete;

  protected:
    ~thread_job() = default;

  private:
    friend class thread_pool;
    function run_;
};

// Thread-safe.
class thread_pool {
  public:
    explicit thread_pool(std::size_t most_threads);
    // Runs what is queued and joins, unless a join() has left threads behind.
    ~thread_pool();
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    std::size_t most_threads() const noexcept;

    // Throws std::system_error or std::bad_alloc when there is no thread to be had, not even one.
    void submit(thread_job& job);
    // True when the job had not begun: it will not run.
    bool withdraw(thread_job& job) noexcept;

    // Waits until every thread has ended. False when `deadline` (in real time) comes first: the
    // threads are left behind then. No job is taken in any more.
    bool join(fibers::time_point deadline) noexcept;

  private:
    struct shared;
    static void work(const std::shared_ptr<shared>& state) noexcept;
    std::shared_ptr<shared> state_;
    bool left_behind_ = false;
};

} // namespace weft::reactor
