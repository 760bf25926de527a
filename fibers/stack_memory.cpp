// SPDX-License-Identifier: BSL-1.0
#include "fibers/stack_memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace weft::fibers {

namespace {

constexpr std::size_t first_slab = std::size_t{64} << 20;
constexpr std::size_t later_slab = std::size_t{256} << 20;
constexpr std::size_t wide_guard = 16 * 1024; // stops frames that step over a single page

std::size_t whole_pages(std::size_t size) noexcept {
    constexpr std::size_t page = stack_memory::page_size;
    if (size > std::numeric_limits<std::size_t>::max() - page) {
        return size / page * page; // absurd, and mmap will say so
    }
    return std::max((size + page - 1) / page * page, stack_memory::smallest_slot);
}

} // namespace

stack_memory::stack_memory(std::size_t size, guard_kind kind, const memory_calls& calls)
    : calls_(calls),
      slot_size_(whole_pages(size)),
      guard_size_(slot_size_ >= 4 * wide_guard ? wide_guard : page_size),
      kind_(kind) {}

stack_memory::~stack_memory() {
    for (const slab& s : slabs_) {
        calls_.munmap(s.base, s.slots * slot_size_);
    }
    guards_unmapped(kind_, mapped_guards_);
}

bool stack_memory::reserve(std::size_t slots) {
    while (capacity_ < slots) {
        const std::size_t wanted = slabs_.empty() ? first_slab : later_slab;
        const std::size_t count = std::max<std::size_t>(wanted / slot_size_, 1);
        slabs_.reserve(slabs_.size() + 1);
        released_.reserve(capacity_ + count); // so that release() never allocates
        void* base = calls_.mmap(nullptr, count * slot_size_, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (base == MAP_FAILED) {
            return false;
        }
        // Huge pages would make every stack 2 MiB. A kernel without them refuses: that is fine too.
        calls_.madvise(base, count * slot_size_, MADV_NOHUGEPAGE);
        slabs_.push_back({static_cast<std::byte*>(base), count});
        capacity_ += count;
    }
    return true;
}

stack_slot stack_memory::take() noexcept {
    if (!released_.empty()) {
        const stack_slot slot = released_.back();
        released_.pop_back();
        return slot;
    }
    if (next_index_ == capacity_) {
        errno = ENOMEM;
        return {};
    }
    if (next_in_slab_ == slabs_[next_slab_].slots) {
        ++next_slab_;
        next_in_slab_ = 0;
    }
    std::byte* low = slabs_[next_slab_].base + next_in_slab_ * slot_size_;
    switch (install_guard(kind_, low, guard_size_, calls_)) {
    case guard_result::guarded:
        ++mapped_guards_;
        break;
    case guard_result::over_the_map_limit:
        ++unguarded_;
        break;
    case guard_result::failed:
        return {};
    }
    ++next_in_slab_;
    return {low, next_index_++};
}

void stack_memory::release(stack_slot slot) noexcept {
    trim(slot, slot.low + slot_size_);
    released_.push_back(slot);
}

void stack_memory::trim(stack_slot slot, std::byte* above) noexcept {
    std::byte* from = slot.low + guard_size_;
    calls_.madvise(from, static_cast<std::size_t>(above - from), MADV_DONTNEED);
}

bool stack_memory::resident(std::byte* low, std::byte* above) noexcept {
    std::array<unsigned char, 512> in_memory;
    auto page = reinterpret_cast<std::uintptr_t>(low) & ~(page_size - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(above);
    while (page < end) {
        const std::size_t count =
            std::min((end - page + page_size - 1) / page_size, in_memory.size());
        if (::mincore(reinterpret_cast<void*>(page), count * page_size, in_memory.data()) != 0) {
            return false;
        }
        const auto last = in_memory.begin() + static_cast<std::ptrdiff_t>(count);
        if (std::any_of(in_memory.begin(), last, [](unsigned char p) { return (p & 1) != 0; })) {
            return true;
        }
        page += count * page_size;
    }
    return false;
}

} // namespace weft::fibers
