// SPDX-License-Identifier: BSL-1.0
#include "api/posix/descriptor_kinds.hpp"

#include "api/posix/raw_calls.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>

#include <sys/mman.h>

namespace weft::detail {

namespace {

// The lower bits: the kind.
constexpr std::uint8_t kind_bits = 0x0f;
constexpr std::uint8_t own_bit = 0x80;
constexpr std::uint8_t settled_bit = 0x40;

constexpr unsigned table_size = 4096;
constexpr unsigned tables = 256; // numbers beyond the last table are looked at each time

using cell = std::atomic<std::uint8_t>;

// Constant-initialized and never destroyed: descriptors are used before constructors run and after
// destructors have.
constinit std::atomic<cell*> all_tables[tables];

constinit std::atomic<bool> forked = false;
constinit std::atomic<std::uint32_t> era = 0;
constinit std::atomic<const loop_core*> settler = nullptr; // the first loop that has asked
constinit std::atomic<bool> several_settlers = false;

cell* existing_table(unsigned index) noexcept {
    return index < tables ? all_tables[index].load(std::memory_order_acquire) : nullptr;
}

// Zeroed pages from the kernel: malloc may be what is calling. Null when there are none.
cell* make_table(unsigned index) noexcept {
    if (index >= tables) {
        return nullptr;
    }
    const int error_number = errno;
    const long made = ::syscall(SYS_mmap, nullptr, std::size_t{table_size}, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    errno = error_number;
    if (made == -1) {
        return nullptr;
    }
    auto* const fresh = reinterpret_cast<cell*>(made);
    cell* first = nullptr;
    if (all_tables[index].compare_exchange_strong(first, fresh, std::memory_order_acq_rel)) {
        return fresh;
    }
    ::syscall(SYS_munmap, fresh, std::size_t{table_size});
    return first;
}

cell* existing_cell(int fd) noexcept {
    const auto number = static_cast<unsigned>(fd); // negative: beyond the last
    cell* const table = existing_table(number / table_size);
    return table != nullptr ? &table[number % table_size] : nullptr;
}

void change(int fd, std::uint8_t removed, std::uint8_t added) noexcept {
    const auto number = static_cast<unsigned>(fd);
    cell* table = existing_table(number / table_size);
    if (table == nullptr && added != 0) {
        table = make_table(number / table_size);
    }
    if (table != nullptr) {
        cell& c = table[number % table_size];
        const std::uint8_t before = c.load(std::memory_order_relaxed);
        c.store(static_cast<std::uint8_t>((before & ~removed) | added), std::memory_order_relaxed);
        if ((before & removed & settled_bit) != 0) {
            begin_new_era(); // whichever loop has asked does not know yet
        }
    }
}

constexpr std::uint8_t all_bits = 0xff;

} // namespace

descriptor_kind kind_of(int fd) noexcept {
    const cell* const c = existing_cell(fd);
    return c != nullptr
               ? static_cast<descriptor_kind>(c->load(std::memory_order_relaxed) & kind_bits)
               : descriptor_kind::unknown;
}

descriptor_kind learn_kind(int fd, descriptor_kind other) noexcept {
    struct stat status {};
    descriptor_kind kind = descriptor_kind::unknown;
    if (raw::fstat(fd, status) == 0) {
        switch (status.st_mode & S_IFMT) {
        case S_IFSOCK:
            kind = descriptor_kind::socket;
            break;
        case S_IFREG:
        case S_IFDIR:
        case S_IFBLK:
        case S_IFLNK:
            kind = descriptor_kind::file;
            break;
        default:
            kind = other;
        }
    }
    change(fd, kind_bits, static_cast<std::uint8_t>(kind));
    return kind;
}

void forget_kind(int fd) noexcept {
    change(fd, all_bits, 0);
}

void forget_kinds(unsigned first, unsigned last) noexcept {
    for (unsigned t = first / table_size; t < tables && t <= last / table_size; ++t) {
        if (cell* const table = existing_table(t)) {
            const unsigned from = std::max(first, t * table_size) - t * table_size;
            const unsigned to = std::min(last, t * table_size + table_size - 1) - t * table_size;
            bool settled = false;
            for (unsigned i = from; i <= to; ++i) {
                settled |= (table[i].load(std::memory_order_relaxed) & settled_bit) != 0;
                table[i].store(0, std::memory_order_relaxed);
            }
            if (settled) {
                begin_new_era();
            }
        }
    }
}

void copy_kind(int from, int to) noexcept {
    const cell* const c = existing_cell(from);
    const std::uint8_t bits = c != nullptr ? c->load(std::memory_order_relaxed) : std::uint8_t{0};
    change(to, all_bits, static_cast<std::uint8_t>(bits & ~settled_bit));
}

void mark_own(int fd) noexcept {
    change(fd, all_bits, own_bit);
}

bool is_own(int fd) noexcept {
    const cell* const c = existing_cell(fd);
    return fd > 2 && c != nullptr && (c->load(std::memory_order_relaxed) & own_bit) != 0;
}

bool may_unblock(int fd) noexcept {
    return fd > 2 && (!forked.load(std::memory_order_relaxed) || is_own(fd));
}

void forget_owners() noexcept {
    forked.store(true, std::memory_order_relaxed);
    for (unsigned t = 0; t < tables; ++t) {
        if (cell* const table = existing_table(t)) {
            for (unsigned i = 0; i < table_size; ++i) {
                table[i].fetch_and(static_cast<std::uint8_t>(~(own_bit | settled_bit)),
                                   std::memory_order_relaxed);
            }
        }
    }
}

std::uint32_t present_era() noexcept {
    return era.load(std::memory_order_relaxed);
}

void changes_are_seen_from_now_on() noexcept {
    std::uint32_t never = 0;
    era.compare_exchange_strong(never, 1, std::memory_order_relaxed);
}

void begin_new_era() noexcept {
    std::uint32_t now = present_era();
    while (now != 0 && !era.compare_exchange_weak(now, now == UINT32_MAX ? 1 : now + 1,
                                                  std::memory_order_relaxed)) {
    }
}

bool is_settled(int fd) noexcept {
    const cell* const c = existing_cell(fd);
    return c != nullptr && (c->load(std::memory_order_relaxed) & settled_bit) != 0;
}

void mark_settled(int fd, const loop_core& by) noexcept {
    const loop_core* none = nullptr;
    if (!settler.compare_exchange_strong(none, &by, std::memory_order_relaxed) && none != &by) {
        several_settlers.store(true, std::memory_order_relaxed);
    }
    change(fd, 0, settled_bit);
}

void unsettle(int fd, const loop_core& by) noexcept {
    cell* const c = existing_cell(fd);
    if (c != nullptr && !several_settlers.load(std::memory_order_relaxed) &&
        settler.load(std::memory_order_relaxed) == &by) {
        c->fetch_and(static_cast<std::uint8_t>(~settled_bit), std::memory_order_relaxed);
    }
}

} // namespace weft::detail
