// SPDX-License-Identifier: BSL-1.0
//
// The functions that this library's own ones stand in front of: the next definition of the same
// name, libc's or another preloaded library's.
//
// Each is a pointer that begins at a function which looks the name up, so that no constructor has
// to have run: a program's constructors, another library's allocator, may call before ours. A call
// that comes while a name is being looked up on the same thread, because dlsym allocates and the
// allocator reads a file, is made of the kernel directly.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <type_traits>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weft::interpose {

// A name as a template argument.
template <std::size_t Size>
struct symbol_name {
    char text[Size]{};
    // NOLINTNEXTLINE(google-explicit-constructor): that is what it is for
    constexpr symbol_name(const char (&name)[Size]) noexcept {
        for (std::size_t i = 0; i < Size; ++i) {
            text[i] = name[i];
        }
    }
    template <std::size_t Other>
    constexpr bool is(const char (&other)[Other]) const noexcept {
        bool same = Size == Other;
        for (std::size_t i = 0; same && i < Size; ++i) {
            same = text[i] == other[i];
        }
        return same;
    }
};

// The next definition, of that version or the default one; null when there is none, or when this
// thread is looking one up already.
void* find_original(const char* name, const char* version = nullptr) noexcept;

// Makes the call of the kernel: for the few that an allocator may need while a name is looked up.
// `can_ask_kernel`: this is one of them.
template <symbol_name Name>
inline constexpr bool can_ask_kernel =
    Name.is("read") || Name.is("write") || Name.is("close") || Name.is("open") ||
    Name.is("open64") || Name.is("openat") || Name.is("fcntl") || Name.is("nanosleep");

template <symbol_name Name, class... Arguments>
long ask_kernel(Arguments... arguments) noexcept {
    if constexpr (Name.is("read")) {
        return ::syscall(SYS_read, arguments...);
    } else if constexpr (Name.is("write")) {
        return ::syscall(SYS_write, arguments...);
    } else if constexpr (Name.is("close")) {
        return ::syscall(SYS_close, arguments...);
    } else if constexpr (Name.is("fcntl")) {
        return ::syscall(SYS_fcntl, arguments...);
    } else if constexpr (Name.is("nanosleep")) {
        return ::syscall(SYS_nanosleep, arguments...);
    } else if constexpr (Name.is("openat")) {
        return ::syscall(SYS_openat, arguments...);
    } else {
        return ::syscall(SYS_openat, AT_FDCWD, arguments...);
    }
}

template <symbol_name Name, class Signature>
class original;

template <symbol_name Name, class Result, class... Arguments>
class original<Name, Result(Arguments...)> {
  public:
    static Result call(Arguments... arguments) {
        return target_.load(std::memory_order_relaxed)(arguments...);
    }

    // Looks the name up now, so that no later call has to. Always true, to be called by an
    // initializer.
    static bool find() noexcept {
        if (auto* found = reinterpret_cast<function>(find_original(Name.text))) {
            target_.store(found, std::memory_order_relaxed);
        }
        return true;
    }

  private:
    using function = Result (*)(Arguments...);

    static Result find_and_call(Arguments... arguments) {
        const int error_number = errno;
        find();
        errno = error_number;
        if (const function found = target_.load(std::memory_order_relaxed);
            found != &find_and_call) {
            return found(arguments...);
        }
        if constexpr (can_ask_kernel<Name>) {
            return static_cast<Result>(ask_kernel<Name>(arguments...));
        } else {
            return missing();
        }
    }

    // This libc has not got it.
    static Result missing() noexcept {
        errno = ENOSYS;
        if constexpr (std::is_pointer_v<Result>) {
            return nullptr;
        } else if constexpr (!std::is_void_v<Result>) {
            return static_cast<Result>(-1);
        }
    }

    static constinit inline std::atomic<function> target_ = &find_and_call;
};

template <symbol_name Name, class Result, class... Arguments>
class original<Name, Result(Arguments...) noexcept> : public original<Name, Result(Arguments...)> {
};

} // namespace weft::interpose
