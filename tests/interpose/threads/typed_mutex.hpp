// SPDX-License-Identifier: BSL-1.0
//
// A pthread mutex with attributes, destroyed with its scope.
#pragma once

#include <gtest/gtest.h>

#include <concepts>

#include <pthread.h>

namespace weft::test {

class typed_mutex {
  public:
    template <std::invocable<pthread_mutexattr_t&> Prepare>
    explicit typed_mutex(Prepare prepare) {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        prepare(attributes);
        EXPECT_EQ(pthread_mutex_init(&mutex_, &attributes), 0);
        pthread_mutexattr_destroy(&attributes);
    }
    explicit typed_mutex(int type)
        : typed_mutex([&](auto& a) { pthread_mutexattr_settype(&a, type); }) {}
    ~typed_mutex() { EXPECT_EQ(pthread_mutex_destroy(&mutex_), 0); }
    typed_mutex(const typed_mutex&) = delete;
    typed_mutex& operator=(const typed_mutex&) = delete;

    operator pthread_mutex_t*() noexcept { return &mutex_; }

  private:
    pthread_mutex_t mutex_;
};

} // namespace weft::test
