// SPDX-License-Identifier: BSL-1.0
#include "fibers/overflow.hpp"

#include "fibers/scheduler.hpp"

#include <csignal>
#include <cstring>
#include <mutex>

#include <sys/mman.h>
#include <unistd.h>

namespace weft::fibers {

namespace {

struct sigaction previous_action;

// The thread's alternate stack; unmapped at thread exit.
class alternate_stack {
  public:
    alternate_stack() noexcept {
        stack_t now{};
        if (sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) {
            return; // the thread has one already: a sanitizer's, or the program's own
        }
        void* memory =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return; // an overflow then ends the process without our message
        }
        const stack_t ours{memory, 0, size};
        if (sigaltstack(&ours, nullptr) == 0) {
            memory_ = memory;
        } else {
            munmap(memory, size);
        }
    }
    ~alternate_stack() {
        stack_t now{};
        if (memory_ == nullptr) {
            return;
        }
        if (sigaltstack(nullptr, &now) == 0 && now.ss_sp == memory_) {
            const stack_t none{nullptr, SS_DISABLE, 0};
            sigaltstack(&none, nullptr);
        }
        munmap(memory_, size);
    }
    alternate_stack(const alternate_stack&) = delete;
    alternate_stack& operator=(const alternate_stack&) = delete;

  private:
    static constexpr std::size_t size = 64 * 1024;
    void* memory_ = nullptr;
};

// A line built without allocation, locale or locks: a signal handler may not do more.
class message {
  public:
    message& operator<<(const char* text) noexcept {
        while (*text != '\0' && length_ < sizeof(text_)) {
            text_[length_++] = *text++;
        }
        return *this;
    }
    message& operator<<(std::size_t number) noexcept {
        char digits[24];
        char* p = digits + sizeof(digits);
        *--p = '\0';
        do {
            *--p = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return *this << p;
    }
    char* end() noexcept { return text_ + length_; }
    std::size_t room() const noexcept { return sizeof(text_) - length_; }
    void added(std::size_t n) noexcept { length_ += n; }
    void write() noexcept {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text_, length_);
    }

  private:
    char text_[512];
    std::size_t length_ = 0;
};

bool is_overflow(const guarded_stack& stack, const void* address) noexcept {
    const auto* at = static_cast<const std::byte*>(address);
    return at >= stack.guard && at < stack.guard + stack.guard_size;
}

void report(const scheduler& s, std::size_t stack_size) noexcept {
    message line;
    line << "weft: stack overflow in task '";
    line.added(s.name_of(*s.current(), line.end(), line.room()));
    line << "': its stack of " << stack_size
         << " bytes is used up; give it more with task_options::stack_size, or every task with "
            "run_options::stack_size\n";
    line.write();
}

void on_fault(int signal, siginfo_t* info, void* machine_context) {
    const scheduler* s = scheduler::on_this_thread();
    const guarded_stack stack = s != nullptr ? s->running_stack() : guarded_stack();
    if (info->si_code > 0 && is_overflow(stack, info->si_addr)) {
        report(*s, stack.size);
        std::signal(signal, SIG_DFL); // returning repeats the fault, which now ends the process
        return;
    }
    if ((previous_action.sa_flags & SA_SIGINFO) != 0 && previous_action.sa_sigaction != nullptr) {
        previous_action.sa_sigaction(signal, info, machine_context);
    } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal);
    } else {
        std::signal(signal, SIG_DFL);
        if (info->si_code <= 0) {
            std::raise(signal); // sent by somebody: returning would not repeat it
        }
    }
}

} // namespace

void report_stack_overflows() noexcept {
    static std::once_flag installed;
    std::call_once(installed, [] {
        struct sigaction action {};
        action.sa_sigaction = on_fault;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        sigaction(SIGSEGV, &action, &previous_action);
    });
    thread_local const alternate_stack own;
    static_cast<void>(own);
}

} // namespace weft::fibers
