// SPDX-License-Identifier: BSL-1.0
//
// What every API test checks besides its own subject: that no descriptor and no task is left. And
// the few words that many of them share.
#pragma once

#include <weft/weft.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <unistd.h>

namespace weft::test {

// This process's open descriptors with what they refer to, such as "7 socket:[4711]".
inline std::vector<std::string> listed_descriptors() {
    std::vector<std::string> all;
    DIR* directory = ::opendir("/proc/self/fd");
    while (const dirent* entry = ::readdir(directory)) {
        const std::string number = entry->d_name;
        if (number.front() == '.' || number == std::to_string(::dirfd(directory))) {
            continue;
        }
        char target[256];
        const auto length = ::readlink(("/proc/self/fd/" + number).c_str(), target, sizeof(target));
        all.push_back(number + " " + std::string(target, length > 0 ? std::size_t(length) : 0));
    }
    ::closedir(directory);
    return all;
}

// While it lives, WEFT_SHUFFLE_SEED does not count: for tests whose subject is the order itself.
class unshuffled {
  public:
    unshuffled() {
        if (const char* seed = std::getenv("WEFT_SHUFFLE_SEED")) {
            seed_ = seed;
            ::unsetenv("WEFT_SHUFFLE_SEED");
        }
    }
    ~unshuffled() {
        if (!seed_.empty()) {
            ::setenv("WEFT_SHUFFLE_SEED", seed_.c_str(), 1);
        }
    }
    unshuffled(const unshuffled&) = delete;
    unshuffled& operator=(const unshuffled&) = delete;

  private:
    std::string seed_;
};

class api_test : public testing::Test {
  protected:
    void SetUp() override { descriptors_ = listed_descriptors(); }
    void TearDown() override {
        EXPECT_EQ(listed_descriptors(), descriptors_) << "the test left or closed a descriptor";
        EXPECT_THROW(static_cast<void>(all_tasks()), no_running_loop) << "the test left a loop";
    }

  private:
    std::vector<std::string> descriptors_;
};

// The same, in the order of coming whatever the environment says.
class ordered_api_test : public api_test {
    const unshuffled order_;
};

// The names of all tasks that are not done, the caller included.
inline std::vector<std::string> names_of_all_tasks() {
    std::vector<std::string> names;
    for (const task_ref& t : all_tasks()) {
        names.push_back(t.name());
    }
    return names;
}

// The running loop's time, which stands still in virtual time while anything runs.
inline clock::time_point loop_time() {
    return detail::deadline_after(clock::duration::zero(), "loop_time");
}

// Runs `body` as the main task in virtual time and checks that it leaves no other task.
template <class F>
void in_virtual_time(F body, run_options options = {}) {
    options.virtual_time = true;
    weft::run(options, [&] {
        current_task().set_name("main");
        body();
        EXPECT_EQ(names_of_all_tasks(), std::vector<std::string>{"main"});
    });
}

// Blocks until this task is cancelled.
inline void sleep_until_cancelled() {
    sleep_until(clock::time_point::max());
}

// Lets everything that is ready now run, `turns` times.
inline void yield_times(int turns) {
    while (turns-- > 0) {
        yield();
    }
}

// The text of the Error that f throws; fails the test when it throws none.
template <class Error, class F>
std::string text_of(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (const Error& e) {
        return e.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

// How a call ended, as one word: "value", "cancelled", "cancelled: <message>", "error: <text>",
// "other".
template <class F>
std::string end_of(F&& f) {
    try {
        std::forward<F>(f)();
        return "value";
    } catch (const cancelled& c) {
        return c.message().empty() ? "cancelled" : "cancelled: " + c.message();
    } catch (const std::exception& e) {
        return std::string("error: ") + e.what();
    } catch (...) {
        return "other";
    }
}

// What end_of() says of a with_timeout() whose limit came.
inline const std::string timed_out =
    "error: weft::with_timeout: the time limit came first: Connection timed out";

// Counts how many objects of one test are alive.
class live_count {
  public:
    class object {
      public:
        explicit object(live_count& count) noexcept : count_(&count) { ++count_->alive_; }
        object(const object& other) noexcept : object(*other.count_) {}
        object& operator=(const object&) noexcept = default;
        ~object() { --count_->alive_; }

      private:
        live_count* count_;
    };

    object make() noexcept { return object(*this); }
    int alive() const noexcept { return alive_; }

  private:
    int alive_ = 0;
};

// The same, for what cannot be copied.
class move_only {
  public:
    explicit move_only(int value) noexcept : value_(value) {}
    move_only(move_only&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    move_only& operator=(move_only&& other) noexcept {
        value_ = std::exchange(other.value_, -1);
        return *this;
    }
    // -1: moved from.
    int value() const noexcept { return value_; }

  private:
    int value_;
};

// What calls a function at the end of the scope, also when that is left by an exception.
template <class F>
class at_scope_end {
  public:
    explicit at_scope_end(F f) : f_(std::move(f)) {}
    at_scope_end(const at_scope_end&) = delete;
    at_scope_end& operator=(const at_scope_end&) = delete;
    ~at_scope_end() noexcept(false) { f_(); }

  private:
    F f_;
};

} // namespace weft::test
