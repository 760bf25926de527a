// SPDX-License-Identifier: BSL-1.0
//
// A lock that one writer or several readers hold.
#pragma once

#include <weft/clock.hpp>
#include <weft/detail/duration.hpp>
#include <weft/detail/export.hpp>
#include <weft/detail/wait_queue.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft {

// Fair: readers and writers get it in the order of their coming, neighbouring readers together; a
// reader who comes while a writer waits goes behind it. So a task must not take it twice, in
// whichever way. Works with std::unique_lock and std::shared_lock. Belongs to one thread
// (wrong_loop elsewhere); must outlive who waits for it (the process aborts otherwise).
// std::shared_timed_mutex; asyncio has none.
class WEFT_API shared_mutex {
  public:
    shared_mutex() noexcept = default;
    ~shared_mutex();
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;

    // Each as its namesake in weft::mutex: for one writer.
    void lock();
    bool try_lock();
    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> d) {
        const char* call = "weft::shared_mutex::try_lock_for";
        return acquire_within(call, kind::exclusive, detail::to_ticks(d, call));
    }
    bool try_lock_until(clock::time_point deadline);
    void unlock();

    // The same for any number of readers. Who reads is not recorded: unlock_shared() by a task that
    // does not is noticed only when nobody does (std::system_error, operation_not_permitted).
    void lock_shared();
    bool try_lock_shared();
    template <class Rep, class Period>
    bool try_lock_shared_for(std::chrono::duration<Rep, Period> d) {
        const char* call = "weft::shared_mutex::try_lock_shared_for";
        return acquire_within(call, kind::shared, detail::to_ticks(d, call));
    }
    bool try_lock_shared_until(clock::time_point deadline);
    void unlock_shared();

  private:
    enum class kind : unsigned char { exclusive, shared };
    struct waiter;

    bool allows(kind k) const noexcept {
        return writer_ == 0 && (k == kind::shared || readers_ == 0);
    }
    bool try_acquire(const char* call, kind k);
    bool acquire_within(const char* call, kind k, clock::duration d);
    bool acquire(const char* call, kind k, clock::time_point deadline);
    void give_to(kind k, std::uint64_t task) noexcept;
    void give_back(kind k) noexcept;
    void admit() noexcept;
    void unlink(waiter& w) noexcept;
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    std::size_t promised_ = 0; // waiters that hold it and have not run since
    std::size_t readers_ = 0;
    std::uint64_t writer_ = 0; // the task's number, or 0
    detail::own_thread thread_;
};

} // namespace weft
