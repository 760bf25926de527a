// SPDX-License-Identifier: BSL-1.0
//
// async of <future>: a call as a green thread, or later, by whoever waits for it.
#pragma once

#include <weft/green/future.hpp>
#include <weft/green/thread.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

// A call with copies of its arguments, made once.
template <class F, class... Args>
class stored_call {
  public:
    template <class G, class... As>
    explicit stored_call(G&& f, As&&... args)
        : call_(std::forward<G>(f), std::forward<As>(args)...) {}
    decltype(auto) operator()() {
        return std::apply(
            [](F& f, Args&... args) -> decltype(auto) {
                return std::invoke(std::move(f), std::move(args)...);
            },
            call_);
    }

  private:
    std::tuple<F, Args...> call_;
};

template <class R, class Call>
class deferred_result final : public shared_result<R> {
  public:
    template <class... Args>
    explicit deferred_result(Args&&... args) : call_(std::forward<Args>(args)...) {
        this->defer();
    }

  private:
    bool run_deferred() override { return this->set_outcome_of(call_); }
    Call call_;
};

// Waits for its thread when nobody wants the value any more, so that the thread may refer to it.
template <class R, class Call>
class async_result final : public shared_result<R> {
  public:
    template <class... Args>
    explicit async_result(Args&&... args) : call_(std::forward<Args>(args)...) {}
    ~async_result() override {
        if (thread_.joinable()) {
            const caller_keeps_cancels kept;
            thread_.join();
        }
    }

    void start() { thread_ = green::thread(body(*this)); }

  private:
    // The thread's function: one that is cancelled before it begins gives `cancelled`.
    class body {
      public:
        explicit body(async_result& result) noexcept : result_(&result) {}
        body(body&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
        body& operator=(body&&) = delete;
        ~body() {
            if (result_ != nullptr) {
                result_->set_error(std::make_exception_ptr(cancelled()));
                result_->publish();
            }
        }
        void operator()() {
            async_result& result = *std::exchange(result_, nullptr);
            const bool uncancelled = result.set_outcome_of(result.call_);
            result.publish();
            if (!uncancelled) {
                result.throw_error(); // alive: it waits for this thread
            }
        }

      private:
        async_result* result_;
    };

    Call call_;
    green::thread thread_;
};

} // namespace detail

namespace green {

// std::async. launch::async: f(args...) runs as a green thread, and the last future of it waits for
// that in its destructor. launch::deferred alone: f runs in the first wait() or get(), as a part of
// it. Either: the former. Throws what green::thread's constructor throws.
template <class F, class... Args>
auto async(launch policy, F&& f, Args&&... args)
    -> future<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
    using R = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
    using call = detail::stored_call<std::decay_t<F>, std::decay_t<Args>...>;
    if ((policy & launch::async) != launch::async) {
        return make_future<R>(std::make_shared<detail::deferred_result<R, call>>(
            std::forward<F>(f), std::forward<Args>(args)...));
    }
    auto state = std::make_shared<detail::async_result<R, call>>(std::forward<F>(f),
                                                                 std::forward<Args>(args)...);
    state->start();
    return make_future<R>(std::move(state));
}

template <class F, class... Args>
auto async(F&& f, Args&&... args)
    -> future<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
    return green::async(launch::async | launch::deferred, std::forward<F>(f),
                        std::forward<Args>(args)...);
}

} // namespace green
} // namespace weft
