// SPDX-License-Identifier: BSL-1.0
#include <weft/thread_calls.hpp>

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace weft {

namespace {

enum class setting : unsigned char { not_asked, on, off };

constinit std::atomic<setting> now = setting::not_asked;

setting in_environment() noexcept {
    const char* const off = std::getenv("WEFT_NO_PTHREAD");
    return off != nullptr && std::string_view(off) == "1" ? setting::off : setting::on;
}

} // namespace

void posix::suspend_in_thread_calls(bool on) noexcept {
    now.store(on ? setting::on : setting::off, std::memory_order_relaxed);
}

// Asks the environment once, when a task first has to know.
bool detail::thread_calls_suspend() noexcept {
    setting s = now.load(std::memory_order_relaxed);
    if (s == setting::not_asked) [[unlikely]] {
        const setting found = in_environment();
        s = now.compare_exchange_strong(s, found, std::memory_order_relaxed) ? found : s;
    }
    return s == setting::on;
}

} // namespace weft
