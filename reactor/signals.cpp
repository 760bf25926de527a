// SPDX-License-Identifier: BSL-1.0
#include "reactor/signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include <unistd.h>

namespace weft::reactor {

bool is_catchable(int n) noexcept {
    switch (n) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV: // returning from the handler of a fault only repeats it
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return false;
    default:
        return n >= 1 && n <= signals::most && (n < 32 || n >= SIGRTMIN);
    }
}

// One loop's, as the handler sees it.
struct signals::place {
    std::atomic<std::uint64_t> every_time = 0;
    std::atomic<std::uint64_t> first_only = 0;
    std::atomic<std::uint64_t> arrived = 0;
    std::atomic<int> wake_fd = -1;
    bool taken = true;
    place* next = nullptr;

    void note(std::uint64_t bit) noexcept {
        arrived.fetch_or(bit);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_fd, &one, sizeof(one));
    }
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

// The process's: dispositions belong to it, not to a loop.
struct signals::table {
    static constinit std::atomic<place*> places;
    static constinit std::atomic<int> handlers_running;
    static constinit std::mutex mutex; // for everything below, and for taking places
    static constinit std::array<struct sigaction, most + 1> before;
    static constinit std::array<int, most + 1> subscribers;

    static void handle(int n) noexcept;
    static bool is_ours(int n) noexcept;
    static place& take_place();
    static void install(int n);
    static void wait_for_handlers() noexcept;
};

constinit std::atomic<signals::place*> signals::table::places = nullptr;
constinit std::atomic<int> signals::table::handlers_running = 0;
constinit std::mutex signals::table::mutex;
constinit std::array<struct sigaction, signals::most + 1> signals::table::before{};
constinit std::array<int, signals::most + 1> signals::table::subscribers{};

// The signal handler, on any thread.
void signals::table::handle(int n) noexcept {
    const int error_number = errno;
    handlers_running.fetch_add(1);
    const std::uint64_t bit = bit_of(n);
    bool told = false;
    for (place* p = places; p != nullptr; p = p->next) {
        if ((p->every_time & bit) != 0) {
            p->note(bit);
            told = true;
        }
    }
    for (place* p = places; p != nullptr && !told; p = p->next) {
        if ((p->first_only & bit) != 0) {
            std::signal(n, SIG_DFL);
            p->note(bit);
        }
    }
    handlers_running.fetch_sub(1);
    errno = error_number;
}

bool signals::table::is_ours(int n) noexcept {
    struct sigaction now {};
    return sigaction(n, nullptr, &now) == 0 && now.sa_handler == &table::handle;
}

// With the mutex held.
signals::place& signals::table::take_place() {
    for (place* p = places; p != nullptr; p = p->next) {
        if (!p->taken) {
            p->taken = true;
            return *p;
        }
    }
    auto* made = new place;
    made->next = places;
    places = made;
    return *made;
}

// With the mutex held; for the first subscriber and after a first_only one was told.
void signals::table::install(int n) {
    struct sigaction ours {};
    ours.sa_handler = &table::handle;
    ours.sa_flags = SA_RESTART | SA_ONSTACK;
    sigfillset(&ours.sa_mask);
    struct sigaction found {};
    if (sigaction(n, &ours, &found) != 0) {
        throw std::system_error(errno, std::system_category(), "sigaction");
    }
    if (subscribers[static_cast<std::size_t>(n)] == 0) {
        before[static_cast<std::size_t>(n)] = found;
    }
}

// A handler that began before a place's interest was taken back may still write to that place.
void signals::table::wait_for_handlers() noexcept {
    while (handlers_running != 0) {
        std::this_thread::yield();
    }
}

std::atomic<std::uint64_t>& signals::interest(place& p, manner m) noexcept {
    return m == manner::every_time ? p.every_time : p.first_only;
}

signals::~signals() {
    if (place_ != nullptr) {
        for (int n = 1; n <= most; ++n) {
            unsubscribe(n, manner::every_time);
            unsubscribe(n, manner::first_only);
        }
        const std::lock_guard lock(table::mutex);
        place_->wake_fd = -1;
        place_->arrived = 0;
        place_->taken = false;
    }
}

void signals::subscribe(int n, manner m) {
    const std::lock_guard lock(table::mutex);
    if (place_ == nullptr) {
        place_ = &table::take_place();
        place_->wake_fd = wake_fd_;
    }
    interest(*place_, m).fetch_or(bit_of(n));
    try {
        if (!table::is_ours(n)) {
            table::install(n);
        }
    } catch (...) {
        interest(*place_, m).fetch_and(~bit_of(n));
        throw;
    }
    ++table::subscribers[static_cast<std::size_t>(n)];
}

void signals::unsubscribe(int n, manner m) noexcept {
    const std::uint64_t bit = bit_of(n);
    if (place_ == nullptr || (interest(*place_, m) & bit) == 0) {
        return;
    }
    const std::lock_guard lock(table::mutex);
    const auto index = static_cast<std::size_t>(n);
    if (--table::subscribers[index] == 0 && table::is_ours(n)) {
        sigaction(n, &table::before[index], nullptr);
    }
    interest(*place_, m).fetch_and(~bit);
    table::wait_for_handlers();
    if (((place_->every_time | place_->first_only) & bit) == 0) {
        place_->arrived.fetch_and(~bit);
    }
}

bool signals::pending() const noexcept {
    return place_ != nullptr && place_->arrived.load(std::memory_order_relaxed) != 0;
}

std::uint64_t signals::take() noexcept {
    return place_ != nullptr ? place_->arrived.exchange(0) : 0;
}

} // namespace weft::reactor
