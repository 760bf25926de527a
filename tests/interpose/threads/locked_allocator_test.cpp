// SPDX-License-Identifier: BSL-1.0
//
// An allocator works on data of the thread: while it waits for its lock, no other task of the
// thread may come in, so the thread blocks.
#include "tests/interpose/threads/locked_allocator.hpp"
#include "tests/interpose/threads/threads_fixture.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace weft::test {
namespace {

class locked_allocators : public api_test {};

// wait_until_asleep() without memory from the allocator.
void wait_until_asleep_without_memory(const char* path) {
    for (;;) {
        char text[512] = {};
        const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
        const auto size = ::read(fd, text, sizeof(text) - 1);
        ::close(fd);
        const char* state = size > 0 ? std::strrchr(text, ')') : nullptr;
        if (state != nullptr && state[1] == ' ' && state[2] == 'S') {
            return;
        }
        ::usleep(100);
    }
}

TEST_F(locked_allocators, block_the_thread) {
    weft::run([] {
        char path[64];
        std::snprintf(path, sizeof(path), "/proc/self/task/%d/stat", ::gettid());
        flag held;
        std::thread holder([&] {
            locked_allocator_hold();
            held.raise();
            wait_until_asleep_without_memory(path);
            locked_allocator_release();
        });
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        while (!held.up()) { // nothing here lets another task run
        }
        void* volatile block = std::malloc(100);
        EXPECT_FALSE(other_ran);
        std::free(block);
        holder.join();
        other.get();
    });
}

TEST_F(locked_allocators, are_used_by_tasks_and_threads_at_the_same_time) {
    const auto part = [] {
        for (int i = 0; i < 3000; ++i) {
            std::string text(static_cast<std::size_t>(100 + i % 100), 'x');
            if (detail::may_suspend() && i % 100 == 0) {
                weft::yield();
            }
            EXPECT_EQ(text.back(), 'x');
        }
    };
    act(actors::both, {part, part, part, part, part, part});
}

} // namespace
} // namespace weft::test
