// SPDX-License-Identifier: BSL-1.0
#include "interpose/threads/task_holds.hpp"

#include <cstdlib>

namespace weft::interpose {

std::size_t task_holds::slot_of(const void* object) const noexcept {
    const std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(object) * 0x9E3779B97F4A7C15U;
    std::size_t slot = (mixed >> 32) & (size_ - 1);
    while (entries_[slot].object != nullptr && entries_[slot].object != object) {
        slot = (slot + 1) & (size_ - 1);
    }
    return slot;
}

task_hold* task_holds::find(const void* object) noexcept {
    if (count_ == 0) {
        return nullptr;
    }
    task_hold& found = entries_[slot_of(object)];
    return found.object == object ? &found : nullptr;
}

bool task_holds::reserve() noexcept {
    if (2 * (count_ + reserved_ + 1) > size_ && !grow()) {
        return false;
    }
    ++reserved_;
    return true;
}

void task_holds::add(const void* object, std::uint64_t task) noexcept {
    entries_[slot_of(object)] = {object, task, 1};
    ++count_;
}

bool task_holds::grow() noexcept {
    if (size_ == 0) {
        entries_ = few_entries_;
        size_ = few;
        return true;
    }
    const std::size_t bigger = 2 * size_;
    auto* const entries = static_cast<task_hold*>(std::calloc(bigger, sizeof(task_hold)));
    if (entries == nullptr) {
        return false;
    }
    task_hold* const before = entries_;
    const std::size_t size_before = size_;
    const bool had_grown = has_grown();
    entries_ = entries;
    size_ = bigger;
    for (std::size_t i = 0; i < size_before; ++i) {
        if (before[i].object != nullptr) {
            entries_[slot_of(before[i].object)] = before[i];
            before[i] = {};
        }
    }
    if (had_grown) {
        std::free(before);
    }
    return true;
}

void task_holds::remove(const void* object) noexcept {
    if (find(object) == nullptr) {
        return;
    }
    if (--count_ == 0 && reserved_ == 0 && has_grown()) {
        std::free(entries_);
        entries_ = few_entries_;
        size_ = few;
        return;
    }
    std::size_t hole = slot_of(object);
    entries_[hole] = {};
    // Those that follow without a gap may have been pushed on by the one that left.
    for (std::size_t i = (hole + 1) & (size_ - 1); entries_[i].object != nullptr;
         i = (i + 1) & (size_ - 1)) {
        const task_hold moved = entries_[i];
        entries_[i] = {};
        entries_[slot_of(moved.object)] = moved;
    }
}

} // namespace weft::interpose
