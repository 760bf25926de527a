// SPDX-License-Identifier: BSL-1.0
//
// std's threads and what they share, as tasks: namespace weft::green has the names of <thread>,
// <mutex>, <shared_mutex>, <condition_variable>, <semaphore>, <latch>, <barrier>, <future> and
// <stop_token>, with the standard's signatures, exceptions and error codes. A program that writes
// them through a namespace of its own,
//
//     namespace threads = weft::green; // or std
//
// and calls weft::run in its main runs on fibers: what blocks a thread suspends a task.
//
// What differs. A task runs until it blocks, so data that is not touched across a blocking call
// needs no lock, and a loop that spins on an atomic or on try_lock() must call this_thread::yield()
// in between. Tasks of one thread share its thread_local variables. Every blocking call of a task
// is a place where weft's cancel may come out, as `weft::cancelled`, which is no std::exception.
//
// Who may use what. A thread needs a loop: made in a task, it belongs to that task's loop
// (no_running_loop elsewhere). Everything else may be used by tasks of any loop and by plain
// threads, together: locks, condition variables, semaphores, latches, barriers, once flags,
// promises and futures; and any thread may join a green one. A mutex belongs to the task, or to the
// plain thread, that locked it. In a loop's callbacks only what does not have to wait.
#pragma once

#include <weft/green/async.hpp>
#include <weft/green/barrier.hpp>
#include <weft/green/call_once.hpp>
#include <weft/green/condition_variable.hpp>
#include <weft/green/future.hpp>
#include <weft/green/jthread.hpp>
#include <weft/green/latch.hpp>
#include <weft/green/mutex.hpp>
#include <weft/green/packaged_task.hpp>
#include <weft/green/promise.hpp>
#include <weft/green/semaphore.hpp>
#include <weft/green/shared_mutex.hpp>
#include <weft/green/stop_token.hpp>
#include <weft/green/thread.hpp>
