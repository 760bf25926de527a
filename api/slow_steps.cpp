// SPDX-License-Identifier: BSL-1.0
#include "api/slow_steps.hpp"

#include "api/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>

namespace weft::detail {

namespace {

thread_local constinit slow_step_watch* of_this_thread = nullptr;
struct sigaction handler_before; // NOLINT: its name in C

// A handler that the program had installed still gets its signals.
void pass_on(int signo) noexcept {
    if ((handler_before.sa_flags & SA_SIGINFO) == 0 && handler_before.sa_handler != SIG_DFL &&
        handler_before.sa_handler != SIG_IGN) {
        handler_before.sa_handler(signo);
    }
}

// "function + 0x12 in program", as far as the dynamic symbols tell.
std::string describe_frame(void* address) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
        return fmt::format("{}", address);
    }
    const auto offset_in = [address](const void* base) {
        return static_cast<const char*>(address) - static_cast<const char*>(base);
    };
    if (info.dli_sname == nullptr) {
        return fmt::format("{} + {:#x}", info.dli_fname, offset_in(info.dli_fbase));
    }
    return fmt::format("{} + {:#x} in {}", demangled(info.dli_sname), offset_in(info.dli_saddr),
                       info.dli_fname);
}

} // namespace

slow_step_watch::slow_step_watch(const fibers::scheduler& s, std::chrono::milliseconds limit,
                                 std::atomic<std::uint64_t>& count)
    : scheduler_(s),
      limit_(std::max(limit, std::chrono::milliseconds(1))),
      count_(count),
      outer_(std::exchange(of_this_thread, this)) {
    install_handler();
    thread_ = std::thread([this] { watch(); });
}

slow_step_watch::~slow_step_watch() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    end_.notify_one();
    thread_.join();
    of_this_thread = outer_;
}

void slow_step_watch::install_handler() noexcept {
    static const bool installed = [] {
        void* frame = nullptr;
        backtrace(&frame, 1); // loads the unwinder, which a handler must not do
        struct sigaction action {};
        action.sa_handler = &slow_step_watch::on_signal;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        return sigaction(SIGURG, &action, &handler_before) == 0;
    }();
    static_cast<void>(installed);
}

void slow_step_watch::on_signal(int signo) noexcept {
    const int error_number = errno;
    if (slow_step_watch* w = of_this_thread) {
        w->take_down();
    }
    pass_on(signo);
    errno = error_number;
}

// In the signal handler, on the loop's thread, in the middle of the slow step.
void slow_step_watch::take_down() noexcept {
    const fibers::fiber* f = scheduler_.current();
    name_length_ = f != nullptr ? scheduler_.name_of(*f, name_.data(), name_.size()) : 0;
    depth_ = backtrace(frames_.data(), static_cast<int>(frames_.size()));
    taken_down_.release();
}

void slow_step_watch::watch() {
    pthread_setname_np(pthread_self(), "weft-watch");
    constexpr int looks_a_limit = 4;
    const auto pause =
        std::max<std::chrono::microseconds>(limit_ / looks_a_limit, std::chrono::milliseconds(1));
    std::uint64_t step = 0;
    auto since = fibers::clock::now();
    bool reported = false;
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, pause, [this] { return ending_; })) {
        const auto now = fibers::clock::now();
        const std::uint64_t current = scheduler_.steps();
        if (current != step || !scheduler_.in_series()) {
            step = current;
            since = now;
            reported = false;
        } else if (!reported && now - since >= limit_) {
            reported = true;
            if (pthread_kill(loop_thread_, SIGURG) == 0 &&
                taken_down_.try_acquire_for(std::chrono::seconds(1)) &&
                scheduler_.steps() == step) {
                ++count_;
                report(text());
            }
        }
    }
}

std::string slow_step_watch::text() const {
    const std::string who =
        name_length_ > 0 ? fmt::format("task '{}'", std::string_view(name_.data(), name_length_))
                         : std::string("a callback");
    std::string all =
        fmt::format("slow step: {}: has held the loop for {} ms, at", who, limit_.count());
    constexpr int frames_of_the_signal = 3; // this handler's two and the kernel's
    for (int i = frames_of_the_signal; i < depth_; ++i) {
        all += fmt::format("\n    {}", describe_frame(frames_[static_cast<std::size_t>(i)]));
    }
    return all;
}

} // namespace weft::detail
