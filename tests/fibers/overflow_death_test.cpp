// SPDX-License-Identifier: BSL-1.0
//
// A stack that is used up ends the process by SIGSEGV, with one line that names the task, the size
// of its stack and how to get a larger one; under both kinds of guard, by recursion and by frames
// larger than the guard. (This file is compiled with -fstack-clash-protection, as code with such
// frames has to be: it touches each page on the way down.) Any other fault goes where it went
// before.
#include "fibers/overflow.hpp"
#include "tests/support/kernel_fixture.hpp"
#include "tests/support/stack_use.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include <alloca.h>
#include <sys/mman.h>
#include <unistd.h>

namespace weft::fibers {
namespace {

constexpr std::size_t stack_size = 128 * 1024;

std::string overflow_message(const std::string& task, std::size_t size) {
    return "weft: stack overflow in task '" + task + "': its stack of " + std::to_string(size) +
           " bytes is used up; give it more with task_options::stack_size, or every task with "
           "run_options::stack_size\n";
}

// Writes both ends; out of the optimiser's sight, which else makes do with two bytes.
void use(char* memory, std::size_t size) {
    asm volatile("" : "+r"(memory) : : "memory");
    memory[0] = 1;
    memory[size - 1] = 1;
    asm volatile("" : : "r"(memory) : "memory");
}

[[gnu::noinline]] void use_an_alloca_of(std::size_t size) {
    use(static_cast<char*>(alloca(size)), size);
}

[[gnu::noinline]] void use_a_frame_of_a_megabyte() {
    char frame[1024 * 1024];
    use(frame, sizeof(frame));
}

class overflow_DeathTest : public test::kernel_fixture,
                           public testing::WithParamInterface<guard_kind> {
  public:
    void SetUp() override {
        if (GetParam() == guard_kind::lightweight &&
            best_guard_kind(memory_calls{}) != guard_kind::lightweight) {
            GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL (Linux 6.13): NOT TESTED";
        }
        scheduler_options options = default_options();
        options.stack_size = stack_size;
        options.guards = GetParam();
        rebuild(options);
    }

    // Runs one fiber of this name.
    void run_named(const std::string& name, const std::function<void()>& body,
                   std::size_t size = 0) {
        auto& f = make(body);
        f.set_name(name);
        ASSERT_TRUE(spawn(f, size));
        run();
    }
};

TEST_P(overflow_DeathTest, recursion_without_end) {
    EXPECT_EXIT(run_named("deep-diver", test::use_up_stack), testing::KilledBySignal(SIGSEGV),
                overflow_message("deep-diver", stack_size));
}

TEST_P(overflow_DeathTest, an_alloca_of_a_megabyte) {
    EXPECT_EXIT(run_named("hungry", [] { use_an_alloca_of(1024 * 1024); }),
                testing::KilledBySignal(SIGSEGV), overflow_message("hungry", stack_size));
}

TEST_P(overflow_DeathTest, a_frame_of_a_megabyte) {
    EXPECT_EXIT(run_named("broad", use_a_frame_of_a_megabyte), testing::KilledBySignal(SIGSEGV),
                overflow_message("broad", stack_size));
}

TEST_P(overflow_DeathTest, on_a_stack_of_its_own_size_the_message_names_that_size) {
    EXPECT_EXIT(run_named("large", test::use_up_stack, 1024 * 1024),
                testing::KilledBySignal(SIGSEGV), overflow_message("large", 1024 * 1024));
    EXPECT_EXIT(run_named("odd", test::use_up_stack, 100'000), testing::KilledBySignal(SIGSEGV),
                overflow_message("odd", 102'400));
}

TEST_P(overflow_DeathTest, after_switches_and_on_a_recycled_stack) {
    const auto dive = [this] {
        start([this] { test::at_depth(stack_size / 2, [this] { yield(); }); });
        run();
        run_named("second user", [this] {
            yield();
            sleep_for(std::chrono::seconds(1));
            test::use_up_stack();
        });
    };
    EXPECT_EXIT(dive(), testing::KilledBySignal(SIGSEGV),
                overflow_message("second user", stack_size));
}

TEST_P(overflow_DeathTest, of_one_among_many_names_that_one) {
    const auto dive = [this] {
        for (int i = 0; i < 100; ++i) {
            start([this, i] {
                yield();
                if (i == 41) {
                    test::use_up_stack();
                }
                yield();
            });
        }
        run();
    };
    EXPECT_EXIT(dive(), testing::KilledBySignal(SIGSEGV), overflow_message("fiber-42", stack_size));
}

TEST_P(overflow_DeathTest, in_a_fiber_that_was_started_at_once) {
    const auto dive = [this] {
        run_named("parent", [this] {
            auto& child = make(test::use_up_stack);
            child.set_name("eager child");
            static_cast<void>(spawn_eager(child));
        });
    };
    EXPECT_EXIT(dive(), testing::KilledBySignal(SIGSEGV),
                overflow_message("eager child", stack_size));
}

TEST_P(overflow_DeathTest, of_a_fiber_on_top_of_its_waiters_stack_names_that_fiber) {
    const auto dive = [this] {
        run_named("waiter", [this] {
            auto& child = make(test::use_up_stack);
            child.set_name("child on top");
            static_cast<void>(spawn(child));
            wait_site site{"join", &child, [](wait_site&) noexcept -> fiber* { return nullptr; },
                           &child};
            kernel().park(site);
        });
    };
    EXPECT_EXIT(dive(), testing::KilledBySignal(SIGSEGV),
                overflow_message("child on top", stack_size));
}

TEST_P(overflow_DeathTest, in_a_catch_block_and_in_a_destructor_during_unwinding) {
    struct diver {
        ~diver() { test::use_up_stack(); }
    };
    EXPECT_EXIT(run_named("catcher",
                          [] {
                              try {
                                  throw 1;
                              } catch (int) {
                                  test::use_up_stack();
                              }
                          }),
                testing::KilledBySignal(SIGSEGV), overflow_message("catcher", stack_size));
    EXPECT_EXIT(run_named("unwinder",
                          [] {
                              try {
                                  const diver d;
                                  throw 1;
                              } catch (int) {
                              }
                          }),
                testing::KilledBySignal(SIGSEGV), overflow_message("unwinder", stack_size));
}

TEST_P(overflow_DeathTest, on_another_thread_than_the_one_that_came_first) {
    const auto dive = [] {
        std::thread other([] {
            virtual_port port;
            scheduler_options options;
            options.guards = GetParam();
            scheduler s(port, options);
            test::test_fiber f(test::use_up_stack);
            static_cast<void>(s.spawn(f));
            const bool never_true = false;
            s.run_until(never_true);
        });
        other.join();
    };
    EXPECT_EXIT(dive(), testing::KilledBySignal(SIGSEGV), overflow_message("", 256 * 1024));
}

TEST_P(overflow_DeathTest, a_name_longer_than_the_message_is_cut) {
    EXPECT_EXIT(run_named(std::string(1000, 'x'), test::use_up_stack),
                testing::KilledBySignal(SIGSEGV), "weft: stack overflow in task 'xxxxxxxx");
}

INSTANTIATE_TEST_SUITE_P(both_kinds, overflow_DeathTest,
                         testing::Values(guard_kind::lightweight, guard_kind::mapping),
                         [](const auto& kind) {
                             return kind.param == guard_kind::mapping ? "mapping" : "lightweight";
                         });

// --- faults that are not overflows ---

// Ends with a line of its own on stderr and code 3: who prints it has been called.
void say_and_exit(int) {
    constexpr char line[] = "handled before weft\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line, sizeof(line) - 1);
    _exit(3);
}
void say_and_exit_with_information(int signal, siginfo_t* info, void*) {
    if (info != nullptr && info->si_signo == SIGSEGV) {
        say_and_exit(signal);
    }
}

// Each of these runs in a process of its own, where weft's handler has not been installed yet.
class fault_DeathTest : public testing::Test {
  protected:
    // What a program does that has handled SIGSEGV, uses weft, and faults in a fiber.
    static void fault_in_fiber(const std::function<void()>& install,
                               const std::function<void()>& fault) {
        install();
        virtual_port port;
        scheduler s(port, scheduler_options{});
        test::test_fiber f(fault);
        static_cast<void>(s.spawn(f));
        const bool never_true = false;
        s.run_until(never_true);
    }
    static void write_to_nowhere() {
        void* nowhere = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        *static_cast<volatile char*>(nowhere) = 1;
    }
    static void default_handling() { std::signal(SIGSEGV, SIG_DFL); }
};

TEST_F(fault_DeathTest, a_wild_pointer_is_not_called_an_overflow) {
    EXPECT_EXIT(fault_in_fiber(default_handling, write_to_nowhere),
                testing::KilledBySignal(SIGSEGV), "^$");
}

TEST_F(fault_DeathTest, another_fibers_guard_is_not_this_ones_overflow) {
    const auto fault = [] {
        const worker* const w = scheduler::on_this_thread()->running_worker();
        auto* const next_slots_guard = w->slot().low + w->pool().stack_size();
        ASSERT_EQ(install_guard(guard_kind::mapping, next_slots_guard, 4096, {}),
                  guard_result::guarded);
        *static_cast<volatile std::byte*>(next_slots_guard) = std::byte{1};
    };
    EXPECT_EXIT(fault_in_fiber(default_handling, fault), testing::KilledBySignal(SIGSEGV), "^$");
}

TEST_F(fault_DeathTest, goes_to_the_handler_that_was_there_before) {
    EXPECT_EXIT(fault_in_fiber([] { std::signal(SIGSEGV, say_and_exit); }, write_to_nowhere),
                testing::ExitedWithCode(3), "^handled before weft\n$");
    const auto install = [] {
        struct sigaction action {};
        action.sa_sigaction = say_and_exit_with_information;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &action, nullptr);
    };
    EXPECT_EXIT(fault_in_fiber(install, write_to_nowhere), testing::ExitedWithCode(3),
                "^handled before weft\n$");
}

TEST_F(fault_DeathTest, an_overflow_does_not_go_there) {
    EXPECT_EXIT(fault_in_fiber([] { std::signal(SIGSEGV, say_and_exit); }, test::use_up_stack),
                testing::KilledBySignal(SIGSEGV), "^weft: stack overflow in task ''[^\n]*\n$");
}

TEST_F(fault_DeathTest, a_signal_that_was_sent_still_ends_the_process) {
    EXPECT_EXIT(fault_in_fiber(default_handling, [] { std::raise(SIGSEGV); }),
                testing::KilledBySignal(SIGSEGV), "^$");
    EXPECT_EXIT(fault_in_fiber(default_handling, [] { kill(getpid(), SIGSEGV); }),
                testing::KilledBySignal(SIGSEGV), "^$");
}

TEST_F(fault_DeathTest, outside_any_fiber_it_ends_the_process_as_ever) {
    const auto fault = [] {
        virtual_port port;
        const scheduler s(port, scheduler_options{});
        write_to_nowhere();
    };
    EXPECT_EXIT((default_handling(), fault()), testing::KilledBySignal(SIGSEGV), "^$");
}

// The alternate stack belongs to the thread: a program's own one is left alone, ours goes with the
// thread.
TEST(overflow_test, an_alternate_stack_that_the_thread_has_is_kept) {
    std::thread other([] {
        static char memory[64 * 1024];
        stack_t own{};
        own.ss_sp = memory;
        own.ss_size = sizeof(memory);
        ASSERT_EQ(sigaltstack(&own, nullptr), 0);
        report_stack_overflows();
        stack_t now{};
        ASSERT_EQ(sigaltstack(nullptr, &now), 0);
        EXPECT_EQ(now.ss_sp, memory);
        own.ss_flags = SS_DISABLE;
        sigaltstack(&own, nullptr);
    });
    other.join();
}

TEST(overflow_test, every_thread_with_a_loop_has_an_alternate_stack) {
    std::thread other([] {
        report_stack_overflows();
        report_stack_overflows();
        stack_t now{};
        ASSERT_EQ(sigaltstack(nullptr, &now), 0);
        EXPECT_EQ(now.ss_flags & SS_DISABLE, 0);
    });
    other.join();
}

} // namespace
} // namespace weft::fibers
