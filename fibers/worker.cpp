// SPDX-License-Identifier: BSL-1.0
#include "fibers/worker.hpp"

#include "fibers/scheduler.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace weft::fibers {

namespace {

// Stacks are aligned alike, so their tops would compete for the same few cache sets. Neighbouring
// slots therefore start a few lines apart ("colouring").
constexpr std::size_t colours = 8;
constexpr std::size_t colour_step = 192;

} // namespace

worker& worker::create(scheduler& s, worker_pool& pool, stack_slot slot) noexcept {
    const stack_memory& memory = pool.memory();
    std::byte* top = slot.low + memory.slot_size() - (slot.index % colours) * colour_step;
    auto* place = top - (sizeof(worker) + 63) / 64 * 64;
    auto* w = ::new (place) worker(s, pool, slot);
    std::byte* low = slot.low + memory.guard_size();
    w->context_.create(low, memory.slot_size() - memory.guard_size(), place, &worker::main, w);
    return *w;
}

context& worker::main(void* self) noexcept {
    worker& w = *static_cast<worker*>(self);
    scheduler& s = w.scheduler_;
    for (;;) {
        if (w.assigned_ != nullptr) {
            s.run_assigned(w, *std::exchange(w.assigned_, nullptr));
        } else if (w.side_ != nullptr) {
            s.run_side(w, *std::exchange(w.side_, nullptr));
        } else {
            break;
        }
    }
    return s.loop_context();
}

bool worker_pool::reserve() noexcept {
    try {
        if (fibers_ == memory_.capacity() && !memory_.reserve(fibers_ + 1)) {
            return false;
        }
    } catch (const std::bad_alloc&) {
        errno = ENOMEM;
        return false;
    }
    ++fibers_;
    return true;
}

worker* worker_pool::acquire() noexcept {
    worker* w = nullptr;
    if (idle_ > 0) {
        w = &pop_idle();
    } else {
        const stack_slot slot = memory_.take();
        if (slot.low == nullptr) {
            return nullptr;
        }
        w = &worker::create(scheduler_, *this, slot);
        ++workers_;
    }
    peak_in_use_ = std::max(peak_in_use_, in_use());
    return w;
}

void worker_pool::put_idle(worker& w) noexcept {
    w.unchecked_ = true;
    ++unchecked_;
    w.next_idle_ = idle_head_;
    idle_head_ = &w;
    ++idle_;
}

worker& worker_pool::pop_idle() noexcept {
    worker& w = *idle_head_;
    idle_head_ = w.next_idle_;
    --idle_;
    unchecked_ -= std::exchange(w.unchecked_, false) ? 1 : 0;
    return w;
}

void worker_pool::trim_idle(std::size_t limit) noexcept {
    if (memory_.slot_size() <= memory_.guard_size() + kept_warm) {
        return;
    }
    for (worker* w = idle_head_; w != nullptr && unchecked_ > 0 && limit > 0; --limit) {
        if (std::exchange(w->unchecked_, false)) {
            --unchecked_;
            std::byte* watermark = w->slot_.low + memory_.slot_size() - kept_warm;
            if (stack_memory::resident(w->slot_.low + memory_.guard_size(), watermark)) {
                memory_.trim(w->slot_, watermark);
            }
        }
        w = w->next_idle_;
    }
}

// Ends the idle worker that was used last, which has nothing assigned, and returns its slot, whose
// memory is still there.
stack_slot worker_pool::end_one() noexcept {
    worker& w = pop_idle();
    --workers_;
    scheduler_.run_to_end(w);
    const stack_slot slot = w.slot();
    w.~worker();
    return slot;
}

bool worker_pool::release_surplus(std::size_t limit) noexcept {
    const std::size_t keep = std::max(always_kept, peak_in_use_);
    while (workers_ > keep && idle_ > 0 && limit > 0) {
        memory_.release(end_one());
        --limit;
    }
    if (workers_ > keep && idle_ > 0) {
        return true;
    }
    peak_in_use_ = in_use();
    return false;
}

void worker_pool::end_all() noexcept {
    while (idle_ > 0) {
        end_one();
    }
}

} // namespace weft::fibers
