// SPDX-License-Identifier: BSL-1.0
#include "api/loop_threads.hpp"

#include "api/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace weft::detail {

namespace {

std::size_t most_threads(thread_use use) {
    constexpr std::size_t most = 32;
    switch (use) {
    case thread_use::names:
        return 8; // they wait for servers and need no processor
    case thread_use::files:
        return 16; // they wait for storage
    case thread_use::calls:
        break;
    }
    return std::min<std::size_t>(most, std::thread::hardware_concurrency() + 4);
}

const char* name_of(thread_use use) noexcept {
    switch (use) {
    case thread_use::names:
        return "weft::resolve";
    case thread_use::files:
        return "weft::file";
    case thread_use::calls:
        break;
    }
    return "weft::to_thread";
}

} // namespace

reactor::thread_pool& loop_threads::of(thread_use use) {
    auto& pool = pools_.at(static_cast<std::size_t>(use));
    if (!pool) {
        pool = std::make_unique<reactor::thread_pool>(most_threads(use));
    }
    return *pool;
}

void loop_threads::join(fibers::time_point limit, std::chrono::milliseconds allowed) {
    for (std::size_t i = 0; i < pools_.size(); ++i) {
        if (pools_[i] && !pools_[i]->join(limit)) {
            report(fmt::format("calls in threads ({}) have not returned {} ms after the end of "
                               "run(); their threads are left behind",
                               name_of(static_cast<thread_use>(i)), allowed.count()));
        }
        pools_[i].reset();
    }
}

} // namespace weft::detail
