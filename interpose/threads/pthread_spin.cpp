// SPDX-License-Identifier: BSL-1.0
//
// libc's names for spin locks. A task that finds one taken lets the others run, one of which may
// have it, and after a while looks at it only now and then.
#include "interpose/hook.hpp"
#include "interpose/threads/claims.hpp"
#include "interpose/threads/libc_threads.hpp"
#include "interpose/threads/task_waits.hpp"

#include <weft/posix.hpp>

#include <cerrno>

using namespace weft::interpose;

namespace {

using spin_lock = pthread_spinlock_t;

// Nobody tells of a release: a spin lock's has to stay a plain store.
class spin_claim final : public claim {
  public:
    explicit spin_claim(spin_lock* l) noexcept
        : claim(claimed::other, "pthread_spin_lock", const_cast<const int*>(l)), lock_(l) {}

    int attempt() noexcept override { return libc::try_lock(lock_); }
    bool may_be_released_unseen() const noexcept override { return true; }

  private:
    spin_lock* lock_;
};

constexpr int turns = 100;

} // namespace

WEFT_DEFINE(int, pthread_spin_lock, (spin_lock * l)) {
    if (!is_task()) [[likely]] {
        return libc::lock(l);
    }
    spin_claim c(l);
    int result = c.attempt();
    if (result == EBUSY && never_waits_as_task(__builtin_return_address(0))) {
        return libc::lock(l);
    }
    for (int turn = 0; turn < turns && result == EBUSY; ++turn) {
        const timespec none{};
        weft::posix::nanosleep(&none, nullptr);
        result = c.attempt();
    }
    return result == EBUSY ? wait_for(c, weft::clock::time_point::max()) : result;
}
