// SPDX-License-Identifier: BSL-1.0
//
// One writer or any number of readers, tasks of any loop and plain threads, in one word: the inside
// of the green shared mutexes. Waiters are served in the order of coming: a reader waits behind a
// writer that waits, and is let in with the readers beside it. As with permits, who is woken has to
// come for the lock, and has it handed over only after it was overtaken once.
//
// Invariant: while somebody holds it and the word says that somebody is parked, it changes with the
// parking bucket locked only. So who gives the lock up under waiters can hand it over at leisure.
// Not for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/parking.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

class WEFT_API shared_lock_word {
  public:
    constexpr shared_lock_word() noexcept = default;

    // Each as its namesake in owned_lock, for one writer.
    bool lock(const char* call, clock::time_point deadline = clock::time_point::max());
    bool try_lock() noexcept;
    void unlock(const char* call);

    // For readers, who are counted, not known.
    bool lock_shared(const char* call, clock::time_point deadline = clock::time_point::max());
    bool try_lock_shared() noexcept;
    void unlock_shared(const char* call);

  private:
    enum class kind : std::uintptr_t { exclusive, shared };

    bool acquire(kind k, const char* call, clock::time_point deadline);
    bool take_or_announce(kind k, bool comes_again, bool& taken) noexcept;
    void give_back(kind k) noexcept;
    void hand_on(std::uint64_t given_back) noexcept;
    static std::uint64_t share(kind k) noexcept { return k == kind::exclusive ? writer : reader; }
    static bool allows(std::uint64_t word, kind k) noexcept {
        return k == kind::exclusive ? (word & ~parked_bit) == 0 : (word & writer) == 0;
    }
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    static constexpr std::uint64_t writer = 1;
    static constexpr std::uint64_t parked_bit = 2;
    static constexpr std::uint64_t reader = 4;
    std::atomic<std::uint64_t> word_ = 0;
    std::atomic<std::uint64_t> owner_ = 0; // the writer: see caller_number()
};

} // namespace weft::detail
