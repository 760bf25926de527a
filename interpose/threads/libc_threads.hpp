// SPDX-License-Identifier: BSL-1.0
//
// libc's own functions for threads, which this library's ones stand in front of, and what of its
// objects' inside is fixed: the parts that static initializers write, so that they cannot change
// (glibc's <bits/struct_mutex.h> and its kin).
#pragma once

#include "interpose/real.hpp"

#include <atomic>
#include <cstdint>

#include <pthread.h>
#include <semaphore.h>
#include <sys/types.h>

namespace weft::interpose::libc {

#define WEFT_LIBC(result, name, symbol, parameters, arguments)                                     \
    inline result name parameters {                                                                \
        return original<#symbol, result parameters>::call arguments;                               \
    }

using mutex = pthread_mutex_t;
using cond = pthread_cond_t;
using rwlock = pthread_rwlock_t;

WEFT_LIBC(int, lock, pthread_mutex_lock, (mutex * m), (m))
WEFT_LIBC(int, try_lock, pthread_mutex_trylock, (mutex * m), (m))
WEFT_LIBC(int, timed_lock, pthread_mutex_timedlock, (mutex * m, const timespec* at), (m, at))
WEFT_LIBC(int, clock_lock, pthread_mutex_clocklock, (mutex * m, clockid_t c, const timespec* at),
          (m, c, at))
WEFT_LIBC(int, unlock, pthread_mutex_unlock, (mutex * m), (m))

WEFT_LIBC(int, wait, pthread_cond_wait, (cond * c, mutex* m), (c, m))
WEFT_LIBC(int, timed_wait, pthread_cond_timedwait, (cond * c, mutex* m, const timespec* at),
          (c, m, at))
WEFT_LIBC(int, clock_wait, pthread_cond_clockwait,
          (cond * c, mutex* m, clockid_t k, const timespec* at), (c, m, k, at))
WEFT_LIBC(int, signal, pthread_cond_signal, (cond * c), (c))
WEFT_LIBC(int, broadcast, pthread_cond_broadcast, (cond * c), (c))

WEFT_LIBC(int, read_lock, pthread_rwlock_rdlock, (rwlock * l), (l))
WEFT_LIBC(int, try_read_lock, pthread_rwlock_tryrdlock, (rwlock * l), (l))
WEFT_LIBC(int, timed_read_lock, pthread_rwlock_timedrdlock, (rwlock * l, const timespec* at),
          (l, at))
WEFT_LIBC(int, clock_read_lock, pthread_rwlock_clockrdlock,
          (rwlock * l, clockid_t c, const timespec* at), (l, c, at))
WEFT_LIBC(int, write_lock, pthread_rwlock_wrlock, (rwlock * l), (l))
WEFT_LIBC(int, try_write_lock, pthread_rwlock_trywrlock, (rwlock * l), (l))
WEFT_LIBC(int, timed_write_lock, pthread_rwlock_timedwrlock, (rwlock * l, const timespec* at),
          (l, at))
WEFT_LIBC(int, clock_write_lock, pthread_rwlock_clockwrlock,
          (rwlock * l, clockid_t c, const timespec* at), (l, c, at))
WEFT_LIBC(int, unlock, pthread_rwlock_unlock, (rwlock * l), (l))

WEFT_LIBC(int, wait, sem_wait, (sem_t * s), (s))
WEFT_LIBC(int, try_wait, sem_trywait, (sem_t * s), (s))
WEFT_LIBC(int, timed_wait, sem_timedwait, (sem_t * s, const timespec* at), (s, at))
WEFT_LIBC(int, clock_wait, sem_clockwait, (sem_t * s, clockid_t c, const timespec* at), (s, c, at))
WEFT_LIBC(int, post, sem_post, (sem_t * s), (s))

WEFT_LIBC(int, barrier_wait, pthread_barrier_wait, (pthread_barrier_t * b), (b))
WEFT_LIBC(int, once, pthread_once, (pthread_once_t * o, void (*f)()), (o, f))
WEFT_LIBC(int, lock, pthread_spin_lock, (pthread_spinlock_t * l), (l))
WEFT_LIBC(int, try_lock, pthread_spin_trylock, (pthread_spinlock_t * l), (l))

WEFT_LIBC(int, join, pthread_join, (pthread_t t, void** result), (t, result))
WEFT_LIBC(int, clock_join, pthread_clockjoin_np,
          (pthread_t t, void** result, clockid_t c, const timespec* at), (t, result, c, at))

#undef WEFT_LIBC

// This thread, as libc notes it in its objects.
int as_thread() noexcept;

template <class T>
T look(const T& word) noexcept {
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

// --- mutexes ---

inline int kind_of(const mutex& m) noexcept {
    return look(m.__data.__kind);
}
// A second lock by the holder is something else than a wait, and the holder is a thread.
inline bool counts_by_thread(const mutex& m) noexcept {
    const int type = kind_of(m) & 3;
    return type == PTHREAD_MUTEX_RECURSIVE_NP || type == PTHREAD_MUTEX_ERRORCHECK_NP;
}
inline bool checks_errors(const mutex& m) noexcept {
    return (kind_of(m) & 3) == PTHREAD_MUTEX_ERRORCHECK_NP;
}
// Robust, inheriting priorities or having a ceiling: the word says more than locked and waited for.
inline bool is_plain(const mutex& m) noexcept {
    constexpr int robust = 16;
    constexpr int priorities = 32 | 64;
    return (kind_of(m) & (robust | priorities)) == 0;
}
// Released by who dies or by another process, without a call of ours.
inline bool may_be_released_elsewhere(const mutex& m) noexcept {
    constexpr int robust = 16;
    constexpr int shared = 128;
    return (kind_of(m) & (robust | shared)) != 0;
}
inline bool is_held_by_this_thread(const mutex& m) noexcept {
    return look(m.__data.__owner) == as_thread();
}
inline bool thread_waits(const mutex& m) noexcept {
    return !is_plain(m) || look(m.__data.__lock) > 1;
}

// --- condition variables ---

inline bool is_shared(const cond& c) noexcept {
    return (look(c.__data.__wrefs) & 1) != 0;
}
inline clockid_t clock_of(const cond& c) noexcept {
    return (look(c.__data.__wrefs) & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

// --- read-write locks ---

inline bool is_written_by_this_thread(const rwlock& l) noexcept {
    return look(l.__data.__cur_writer) == as_thread();
}
inline bool is_shared(const rwlock& l) noexcept {
    return l.__data.__shared != 0;
}
inline bool prefers_writers(const rwlock& l) noexcept {
    return l.__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

// --- semaphores ---

// glibc's: how many threads wait in the upper half of the first word, then whether it is shared.
inline bool is_shared(const sem_t& s) noexcept {
    return look(reinterpret_cast<const int*>(&s)[2]) != 0;
}
inline bool thread_waits(const sem_t& s) noexcept {
    return look(reinterpret_cast<const std::uint64_t&>(s)) >> 32 != 0;
}

} // namespace weft::interpose::libc
