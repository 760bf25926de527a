// SPDX-License-Identifier: BSL-1.0
#include "tests/support/kernel_fixture.hpp"

#include "tests/support/resources.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft::test {

namespace {

std::size_t write_name(const fibers::fiber& f, char* out, std::size_t size) noexcept {
    const std::string& name = static_cast<const test_fiber&>(f).name();
    const std::size_t length = std::min(name.size(), size);
    std::memcpy(out, name.data(), length);
    return length;
}

} // namespace

kernel_fixture::kernel_fixture() : descriptors_at_start_(open_descriptors()) {}

void kernel_fixture::SetUp() {
    rebuild(default_options());
}

fibers::scheduler_options kernel_fixture::default_options() {
    fibers::scheduler_options options;
    options.memory = memory_faults::table();
    options.real_time = false;
    options.name_of = &write_name;
    return options;
}

void kernel_fixture::rebuild(const fibers::scheduler_options& options, fibers::event_port& port) {
    scheduler_.reset();
    scheduler_.emplace(port, options);
}

void kernel_fixture::TearDown() {
    destroy_and_check();
}

void kernel_fixture::destroy_and_check() {
    if (scheduler_) {
        EXPECT_EQ(alive_, 0U) << "left behind: " << unended();
        EXPECT_TRUE(scheduler_->timers().empty());
        EXPECT_EQ(scheduler_->default_pool().in_use(), 0U);
        EXPECT_EQ(scheduler_->current(), nullptr);
    }
    memory_.heal();
    scheduler_.reset();
    EXPECT_EQ(scheduler::on_this_thread(), nullptr);
    EXPECT_EQ(memory_.mapped_bytes(), 0U);
    EXPECT_EQ(open_descriptors(), descriptors_at_start_);
}

test_fiber& kernel_fixture::make(std::function<void()> body) {
    test_fiber& f = fibers_.emplace_back(std::move(body));
    f.set_name("fiber-" + std::to_string(fibers_.size()));
    f.at_end([this] {
        if (--alive_ == 0) {
            all_ended_ = true;
            scheduler_->look_up();
        }
    });
    return f;
}

bool kernel_fixture::spawn(test_fiber& f, std::size_t stack_size) {
    ++alive_;
    const bool admitted = kernel().spawn(f, stack_size);
    const int error_number = errno;
    if (!admitted) {
        --alive_;
    }
    errno = error_number;
    return admitted;
}

bool kernel_fixture::spawn_eager(test_fiber& f, std::size_t stack_size) {
    ++alive_;
    const bool admitted = kernel().spawn_eager(f, stack_size);
    const int error_number = errno;
    if (!admitted) {
        --alive_;
    }
    errno = error_number;
    return admitted;
}

test_fiber& kernel_fixture::start(std::function<void()> body, std::size_t stack_size) {
    test_fiber& f = make(std::move(body));
    EXPECT_TRUE(spawn(f, stack_size)) << std::strerror(errno);
    return f;
}

void kernel_fixture::run() {
    all_ended_ = alive_ == 0;
    ASSERT_EQ(kernel().run_until(all_ended_), fibers::run_result::finished)
        << "nothing can wake: " << unended();
}

void kernel_fixture::run_until_deadlock() {
    const bool never_true = false;
    ASSERT_EQ(kernel().run_until(never_true), fibers::run_result::deadlocked);
}

void kernel_fixture::pass_time(fibers::clock::duration d) {
    fibers::timer alarm([](fibers::timer&) noexcept {});
    kernel().timers().add(alarm, kernel().now() + d);
    run_until_deadlock();
}

void kernel_fixture::forget_ended() {
    while (!fibers_.empty() && fibers_.front().ended()) {
        fibers_.pop_front();
    }
}

fibers::wake_reason kernel_fixture::park(fibers::time_point deadline) {
    fibers::wait_site site{"test"};
    return kernel().park(site, deadline);
}

std::string kernel_fixture::unended() const {
    std::string names;
    for (const test_fiber& f : fibers_) {
        if (!f.ended()) {
            names += f.name() + " ";
        }
    }
    return names;
}

} // namespace weft::test
