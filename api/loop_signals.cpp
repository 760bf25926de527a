// SPDX-License-Identifier: BSL-1.0
#include "api/loop_signals.hpp"

#include "api/loop_core.hpp"

#include <weft/wait_signal.hpp>

#include <fmt/format.h>

#include <bit>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace weft {

namespace detail {

using reactor::signals;

class loop_signals::handler final : public loop_callback {
  public:
    handler(reactor::loop& port, unique_function f, source_location where) noexcept
        : loop_callback(calls::repeatedly, "exception in a signal handler", std::move(f), where),
          port_(port) {
        port_.begin_signal_wait();
    }
    ~handler() override = default;

  private:
    void stop() noexcept override { port_.end_signal_wait(); }
    reactor::loop& port_;
};

namespace {

void require_catchable(int signal_number, const char* call) {
    if (!reactor::is_catchable(signal_number)) {
        throw std::invalid_argument(fmt::format(
            "{}: {} is not a signal that a program can be told of", call, signal_number));
    }
}

void subscribe(signals& s, int signal_number, const char* call) {
    try {
        s.subscribe(signal_number);
    } catch (const std::system_error& e) {
        throw std::system_error(e.code(), fmt::format("{}: signal {}", call, signal_number));
    }
}

} // namespace

loop_signals::loop_signals(loop_core& loop) noexcept
    : loop_(loop), signals_(loop.port().signals_of_process()) {
    loop.port().on_signals(this, &loop_signals::arrived);
}

void loop_signals::add_handler(int signal_number, unique_function f, source_location where) {
    constexpr const char* call = "weft::loop::add_signal_handler";
    require_catchable(signal_number, call);
    auto added = std::make_shared<handler>(loop_.port(), std::move(f), where);
    added->start(loop_, added);
    try {
        std::shared_ptr<handler>& place = handlers_[signal_number];
        if (place == nullptr && (waited_for_ & signals::bit_of(signal_number)) == 0) {
            subscribe(signals_, signal_number, call);
        } else if (place != nullptr) {
            place->drop();
        }
        place = added;
    } catch (...) {
        added->drop();
        const auto place = handlers_.find(signal_number);
        if (place != handlers_.end()) {
            handlers_.erase(place);
        }
        throw;
    }
}

bool loop_signals::remove_handler(int signal_number) noexcept {
    const auto found = handlers_.find(signal_number);
    if (found == handlers_.end()) {
        return false;
    }
    const std::shared_ptr<handler> removed = std::move(found->second);
    handlers_.erase(found);
    removed->drop();
    if ((waited_for_ & signals::bit_of(signal_number)) == 0) {
        signals_.unsubscribe(signal_number);
    }
    return true;
}

int loop_signals::wait(std::initializer_list<int> signal_numbers) {
    constexpr const char* call = "weft::wait_signal";
    if (signal_numbers.size() == 0) {
        throw std::invalid_argument(fmt::format("{}: no signal is named", call));
    }
    std::uint64_t wanted = 0;
    for (const int n : signal_numbers) {
        require_catchable(n, call);
        wanted |= signals::bit_of(n);
    }
    for (const int n : signal_numbers) {
        if ((waited_for_ & signals::bit_of(n)) == 0) {
            if (!handlers_.contains(n)) {
                subscribe(signals_, n, call);
            }
            waited_for_ |= signals::bit_of(n);
        }
    }
    // Taken on resuming: a waiter that is cancelled first leaves the signal to the next one.
    while ((kept_ & wanted) == 0) {
        fibers::wait_site site{call};
        count_waits(wanted, +1);
        const auto result = waiters_.wait(loop_.scheduler(), site);
        count_waits(wanted, -1);
        if (result.reason == fibers::wake_reason::cancelled) {
            throw_cancelled(*loop_.current_task());
        }
    }
    const int taken = std::countr_zero(kept_ & wanted) + 1;
    kept_ &= ~signals::bit_of(taken);
    return taken;
}

void loop_signals::count_waits(std::uint64_t bits, int change) noexcept {
    if (change > 0) {
        loop_.port().begin_signal_wait();
    } else {
        loop_.port().end_signal_wait();
    }
    for (; bits != 0; bits &= bits - 1) {
        waiting_[static_cast<std::size_t>(std::countr_zero(bits)) + 1] +=
            static_cast<std::uint32_t>(change);
    }
}

void loop_signals::arrived(void* self, std::uint64_t bits) noexcept {
    for (; bits != 0; bits &= bits - 1) {
        static_cast<loop_signals*>(self)->arrived(std::countr_zero(bits) + 1);
    }
}

void loop_signals::arrived(int signal_number) noexcept {
    const std::uint64_t bit = signals::bit_of(signal_number);
    const auto found = handlers_.find(signal_number);
    if (found != handlers_.end()) {
        found->second->queue();
    }
    if ((waited_for_ & bit) != 0) {
        if (found == handlers_.end() || waiting_[static_cast<std::size_t>(signal_number)] > 0) {
            kept_ |= bit;
            waiters_.notify_all(loop_.scheduler());
        }
    } else if (found == handlers_.end() && (interrupts_ & bit) != 0) {
        loop_.stop();
    }
}

// --- SIGINT under run() ---

void loop_signals::begin_interrupts() {
    struct sigaction now {};
    if (::getpid() == ::gettid() && sigaction(SIGINT, nullptr, &now) == 0 &&
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL) {
        signals_.subscribe(SIGINT, signals::manner::first_only);
        interrupts_ = signals::bit_of(SIGINT);
    }
}

void loop_signals::end_interrupts() noexcept {
    if (interrupts_ != 0) {
        interrupts_ = 0;
        signals_.unsubscribe(SIGINT, signals::manner::first_only);
    }
}

} // namespace detail

int wait_signal(std::initializer_list<int> signal_numbers) {
    return detail::require_running_task("weft::wait_signal").loop()->signals().wait(signal_numbers);
}

} // namespace weft
