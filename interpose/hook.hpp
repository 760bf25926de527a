// SPDX-License-Identifier: BSL-1.0
//
// One line for each of libc's names:
//
//     WEFT_HOOK(restarted, ssize_t, read, read, (int fd, void* to, std::size_t size), (fd, to,
//     size))
//
// defines libc's name `read` (the third argument) by weft::posix::read (the fourth): on a task
// weft's, which suspends the task alone; everywhere else the original, at the cost of a branch and
// an indirect call.
//
// The function has a name of its own in C++, so that libc's headers, with their inline wrappers and
// attributes, have no say.
#pragma once

#include "interpose/interruption.hpp"
#include "interpose/real.hpp"

#include <weft/detail/suspension.hpp>
#include <weft/posix.hpp>

#include <sys/socket.h>

namespace weft::interpose {

// For a program run by weft-run: what a handler that was set with SA_RESTART does to the call.
enum class after_handler {
    restarted, // it goes on
    receiving, // the same, but not where the socket has an SO_RCVTIMEO
    sending,   // nor here an SO_SNDTIMEO
    ended,     // EINTR all the same
    in_thread, // weft gives it to a thread. Such a program is alone on its loop: it is libc's call.
};

template <symbol_name Name, class Signature, after_handler After>
class hook;

template <symbol_name Name, class Result, class... Arguments, after_handler After>
class hook<Name, Result(Arguments...), After> {
  public:
    template <class Cooperative>
    [[gnu::always_inline]] static Result call(Cooperative cooperative, Arguments... arguments) {
        if (!detail::may_suspend()) {
            return original<Name, Result(Arguments...)>::call(arguments...);
        }
        if (state_of_main() == main_state::elsewhere) [[likely]] {
            return cooperative(arguments...);
        }
        return call_of_program(cooperative, arguments...);
    }

  private:
    template <class First, class... Others>
    static bool restarts(First first, [[maybe_unused]] Others... others) noexcept {
        if constexpr (After == after_handler::receiving) {
            return !has_time_limit(first, SO_RCVTIMEO);
        } else if constexpr (After == after_handler::sending) {
            return !has_time_limit(first, SO_SNDTIMEO);
        } else {
            return After == after_handler::restarted;
        }
    }

    // Of a main that weft-run has started. Apart, because it needs registers that nobody else does.
    template <class Cooperative>
    [[gnu::noinline]] static Result call_of_program(Cooperative cooperative,
                                                    Arguments... arguments) {
        if constexpr (After == after_handler::in_thread) {
            return original<Name, Result(Arguments...)>::call(arguments...);
        } else {
            return interruptible([&] { return restarts(arguments...); },
                                 [&] { return cooperative(arguments...); });
        }
    }
};

} // namespace weft::interpose

#define WEFT_EXPORTED extern "C" __attribute__((visibility("default")))

// Defines `symbol`; its body follows.
#define WEFT_DEFINE(result, symbol, parameters)                                                    \
    WEFT_EXPORTED result weft_hook_##symbol parameters __asm__(#symbol);                           \
    result weft_hook_##symbol parameters

#define WEFT_ORIGINAL(result, symbol, parameters)                                                  \
    ::weft::interpose::original<#symbol, result parameters>

#define WEFT_HOOK(after, result, symbol, cooperative, parameters, arguments)                       \
    [[maybe_unused]] static const bool weft_found_##symbol =                                       \
        WEFT_ORIGINAL(result, symbol, parameters)::find();                                         \
    WEFT_DEFINE(result, symbol, parameters) {                                                      \
        using hooked = ::weft::interpose::hook<#symbol, result parameters,                         \
                                               ::weft::interpose::after_handler::after>;           \
        return hooked::call([](auto... given) {                                                    \
            return ::weft::posix::cooperative(given...);                                           \
        } WEFT_REST arguments);                                                                    \
    }
#define WEFT_REST(...) __VA_OPT__(, ) __VA_ARGS__
