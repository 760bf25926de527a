// SPDX-License-Identifier: BSL-1.0
//
// A permit that belongs to the task or thread that took it: the inside of the green mutexes. Not
// for use by programs.
#pragma once

#include <weft/detail/export.hpp>
#include <weft/detail/permits.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

class WEFT_API owned_lock {
  public:
    constexpr owned_lock() noexcept = default;

    // Blocks until the caller has it. False when the deadline comes first. Throws cancelled,
    // not_in_task; std::system_error (resource_deadlock_would_occur) when the caller has it.
    bool lock(const char* call, clock::time_point deadline = clock::time_point::max());
    bool try_lock() noexcept;
    // Throws std::system_error (operation_not_permitted) when the caller does not have it.
    void unlock(const char* call);

    // For a wait that gives it up and takes it back, whatever happens meanwhile.
    void lock_again(const char* call) noexcept;

    // Whether the caller has it.
    bool is_callers() const noexcept;
    void require_callers(const char* call) const;
    // For what was left to be unlocked when its owner has ended.
    void give_back() noexcept;

  private:
    bool belongs_to(std::uint64_t number) const noexcept {
        return owner_.load(std::memory_order_relaxed) == number;
    }
    bool take_free() noexcept;
    void let_go() noexcept;
    [[noreturn]] void throw_not_callers(const char* call) const;
    static std::size_t describe(const fibers::wait_site& site, char* out,
                                std::size_t size) noexcept;

    permits permit_{1};
    std::atomic<std::uint64_t> owner_ = 0; // see caller_number(); 0 while it is nobody's
};

// The same, which its owner may take again: it is free when all of that was given back.
class WEFT_API recursive_owned_lock {
  public:
    constexpr recursive_owned_lock() noexcept = default;
    bool lock(const char* call, clock::time_point deadline = clock::time_point::max());
    bool try_lock();
    void unlock(const char* call);

  private:
    bool again();

    owned_lock lock_;
    std::uint64_t more_ = 0; // how often it was taken beyond the first; its owner's
};

} // namespace weft::detail
