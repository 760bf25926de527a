// SPDX-License-Identifier: BSL-1.0
//
// Whose calls never suspend a task: those of weft itself, which is what suspends tasks, and of the
// memory allocator, which works on data of the thread's and is not prepared for another task of the
// thread to come in while it waits for a lock. Told by the return address.
#pragma once

namespace weft::interpose {

// Looked at only when a call would have to wait.
bool never_waits_as_task(const void* caller) noexcept;

} // namespace weft::interpose
