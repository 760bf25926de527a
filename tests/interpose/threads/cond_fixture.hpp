// SPDX-License-Identifier: BSL-1.0
//
// A condition variable with its mutex, and one value to wait for.
#pragma once

#include "tests/interpose/threads/threads_fixture.hpp"

namespace weft::test {

class pthread_conds : public api_test {
  protected:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond_ = PTHREAD_COND_INITIALIZER;

    // Waits until `value` is not zero.
    void wait_for(const int& value) {
        EXPECT_EQ(pthread_mutex_lock(&mutex_), 0);
        while (value == 0) {
            EXPECT_EQ(pthread_cond_wait(&cond_, &mutex_), 0);
        }
        EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    }

    void set(int& value) {
        EXPECT_EQ(pthread_mutex_lock(&mutex_), 0);
        value = 1;
        EXPECT_EQ(pthread_cond_signal(&cond_), 0);
        EXPECT_EQ(pthread_mutex_unlock(&mutex_), 0);
    }
};

} // namespace weft::test
