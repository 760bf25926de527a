// SPDX-License-Identifier: BSL-1.0
//
// Memory from every side, so that an allocator's own locks are contended: it works on data of the
// thread, so no other task may come in while it waits. Also run with an allocator preloaded that
// uses pthread's mutexes.
#include "tests/interpose/threads/threads_fixture.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>

#include <dlfcn.h>

namespace weft::test {
namespace {

class allocators : public api_test {};

// Not by chance another one than the run is for.
TEST_F(allocators, the_one_that_is_preloaded_is_used) {
    const char* preloaded = std::getenv("WEFT_TEST_ALLOCATOR");
    Dl_info where{};
    ASSERT_NE(::dladdr(::dlsym(RTLD_DEFAULT, "malloc"), &where), 0);
    EXPECT_NE(std::string(where.dli_fname).find(preloaded != nullptr ? preloaded : ""),
              std::string::npos)
        << where.dli_fname;
}

TEST_F(allocators, are_used_by_tasks_and_threads_at_the_same_time) {
    std::mutex m;
    std::vector<std::pair<std::unique_ptr<char[]>, std::size_t>> handed_over;
    const auto part = [&](unsigned seed) {
        return [&, seed] {
            std::mt19937 random(seed);
            std::vector<std::pair<std::unique_ptr<char[]>, std::size_t>> mine;
            for (int i = 0; i < 3000; ++i) {
                const std::size_t size = 1 + random() % (random() % 50 == 0 ? 100'000 : 500);
                auto block = std::make_unique<char[]>(size);
                std::memset(block.get(), static_cast<int>(size % 251), size);
                mine.emplace_back(std::move(block), size);
                if (mine.size() > 50) {
                    const std::lock_guard lock(m);
                    handed_over.push_back(std::move(mine[random() % mine.size()]));
                    std::swap(mine[random() % mine.size()],
                              handed_over[random() % handed_over.size()]);
                    std::erase_if(mine, [](const auto& b) { return b.first == nullptr; });
                    if (handed_over.size() > 200) {
                        handed_over.clear();
                    }
                    if (detail::may_suspend() && i % 100 == 0) {
                        weft::yield();
                    }
                }
                if (mine.size() > 100) {
                    mine.clear();
                }
            }
            for (const auto& [block, size] : mine) {
                for (std::size_t i = 0; i < size; i += 97) {
                    ASSERT_EQ(static_cast<unsigned char>(block[i]), size % 251);
                }
            }
        };
    };
    act(actors::both, {part(1), part(2), part(3), part(4), part(5), part(6), part(7), part(8)});
}

} // namespace
} // namespace weft::test
