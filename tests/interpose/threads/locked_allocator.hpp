// SPDX-License-Identifier: BSL-1.0
//
// A memory allocator in a library of its own, with one pthread mutex around everything.
#pragma once

// Takes and releases the mutex, as a thread does that is in the middle of an allocation.
extern "C" void locked_allocator_hold();
extern "C" void locked_allocator_release();
