// SPDX-License-Identifier: BSL-1.0
//
// What is believed of each descriptor number: how to try a call on it without blocking. One byte a
// number, in tables that are mapped when first needed and never unmapped.
//
// Invariant: it is a hint and nothing more. Numbers are closed and reused where nobody sees it, so
// whoever acts on a hint does what fails, and not what blocks, when it is wrong; then it learns
// anew. Thread-safe, and usable at any time.
#pragma once

#include <cstdint>

namespace weft::detail {

enum class descriptor_kind : std::uint8_t {
    unknown,
    socket,         // MSG_DONTWAIT
    nowait,         // RWF_NOWAIT
    polled,         // knows neither: it is asked by poll() before the call
    nowait_to_read, // the one way round so, the other so
    file,           // regular file, directory, block device: never says that it would block
};

descriptor_kind kind_of(int fd) noexcept;

// Looks at what the number stands for now; `unknown`: it is not open. `other`: what it is if it is
// neither socket nor file, which only RWF_NOWAIT itself can tell.
descriptor_kind learn_kind(int fd, descriptor_kind other = descriptor_kind::nowait) noexcept;

void forget_kind(int fd) noexcept;
void forget_kinds(unsigned first, unsigned last) noexcept;
// What stands behind `to` is now what stands behind `from`.
void copy_kind(int from, int to) noexcept;

// Made by this process, in which no fork() has happened since: nobody else can have it.
void mark_own(int fd) noexcept;
bool is_own(int fd) noexcept;
// The same, or no fork() has happened at all: only what the process was started with can be shared.
bool may_unblock(int fd) noexcept;
// In the parent, after a fork().
void forget_owners() noexcept;

// What a task was told when it asked whether a descriptor blocks, has a time limit for reading and
// is the one that its loop watches need not be asked again while every change is seen: where libc's
// names are libweft-interpose's, for descriptors of one's own. `era`: the answers of an earlier one
// are void. 0: changes are not seen.
std::uint32_t present_era() noexcept;
void changes_are_seen_from_now_on() noexcept;
void begin_new_era() noexcept;
// The number was asked about by one loop; false once it is closed or stands for something else.
bool is_settled(int fd) noexcept;
class loop_core;
void mark_settled(int fd, const loop_core& by) noexcept;
// To be called before the number is forgotten, by the loop that has asked about it and learns of
// that by itself: the era goes on, unless another loop may have asked, too.
void unsettle(int fd, const loop_core& by) noexcept;

} // namespace weft::detail
