// SPDX-License-Identifier: BSL-1.0
#include "fibers/stack_cache.hpp"

#include <cerrno>
#include <new>

namespace weft::fibers {

stack_slot stack_cache::take() noexcept {
    if (warm_count_ > 0) {
        ++in_use_;
        return warm_[--warm_count_];
    }
    try {
        if (!memory_.reserve(in_use_ + 1)) {
            return {};
        }
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return {};
    }
    const stack_slot slot = memory_.take();
    if (slot.low != nullptr) {
        ++in_use_;
    }
    return slot;
}

void stack_cache::give_back(stack_slot slot) noexcept {
    --in_use_;
    if (warm_count_ < kept_warm) {
        warm_[warm_count_++] = slot;
    } else {
        memory_.release(slot);
    }
}

} // namespace weft::fibers
