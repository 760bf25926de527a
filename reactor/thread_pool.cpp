// SPDX-License-Identifier: BSL-1.0
#include "reactor/thread_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <pthread.h>
#include <signal.h>

namespace weft::reactor {

namespace {

using job_list = boost::intrusive::list<thread_job>;

// Signals are for the program's own threads.
class signals_blocked {
  public:
    signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

  private:
    sigset_t before_{};
};

} // namespace

struct thread_pool::shared {
    explicit shared(std::size_t most) noexcept : most_threads(most) {}

    const std::size_t most_threads;
    std::mutex mutex;
    std::condition_variable work_came; // or the end
    std::condition_variable thread_ended;
    job_list jobs;
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool ending = false;
};

thread_pool::thread_pool(std::size_t most_threads)
    : state_(std::make_shared<shared>(most_threads)) {}

thread_pool::~thread_pool() {
    if (!left_behind_) {
        join(fibers::never);
    }
}

std::size_t thread_pool::most_threads() const noexcept {
    return state_->most_threads;
}

void thread_pool::submit(thread_job& job) {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(job);
    if (state_->idle >= state_->jobs.size() || state_->threads == state_->most_threads) {
        state_->work_came.notify_one();
        return;
    }
    try {
        const signals_blocked guard;
        std::thread([state = state_] { work(state); }).detach();
        ++state_->threads;
    } catch (...) { // no thread to be had, or no memory for it
        if (state_->threads == 0) {
            state_->jobs.pop_back();
            throw;
        }
        state_->work_came.notify_one(); // those that there are will come to it
    }
}

bool thread_pool::withdraw(thread_job& job) noexcept {
    const std::lock_guard lock(state_->mutex);
    const auto found = std::find_if(state_->jobs.begin(), state_->jobs.end(),
                                    [&job](const thread_job& j) { return &j == &job; });
    if (found == state_->jobs.end()) {
        return false;
    }
    state_->jobs.erase(found);
    return true;
}

bool thread_pool::join(fibers::time_point deadline) noexcept {
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->work_came.notify_all();
    const auto all_ended = [this] { return state_->threads == 0; };
    if (deadline == fibers::never) {
        state_->thread_ended.wait(lock, all_ended);
        return true;
    }
    left_behind_ = !state_->thread_ended.wait_until(lock, deadline, all_ended);
    return !left_behind_;
}

void thread_pool::work(const std::shared_ptr<shared>& state) noexcept {
    pthread_setname_np(pthread_self(), "weft-pool");
    std::unique_lock lock(state->mutex);
    for (;;) {
        if (!state->jobs.empty()) {
            thread_job& job = state->jobs.front();
            state->jobs.pop_front();
            lock.unlock();
            job.run_(job);
            lock.lock();
        } else if (state->ending) {
            break;
        } else {
            ++state->idle;
            state->work_came.wait(lock);
            --state->idle;
        }
    }
    --state->threads;
    state->thread_ended.notify_all();
}

} // namespace weft::reactor
