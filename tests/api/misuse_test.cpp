// SPDX-License-Identifier: BSL-1.0
//
// Calls from where they cannot work: outside run(), from a foreign thread, on empty handles. Each
// throws an error that names the call and the remedy.
#include "tests/support/api_fixture.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using misuse_test = api_test;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(misuse_test, outside_run_every_call_says_which_it_is_and_what_to_do) {
    const auto says = [](const char* call, auto f) {
        EXPECT_THAT(text_of<no_running_loop>(f), AllOf(HasSubstr(call), HasSubstr("weft::run")));
    };
    says("weft::yield", [] { yield(); });
    says("weft::sleep_for", [] { sleep_for(1s); });
    says("weft::sleep_for", [] { sleep_for(0s); });
    says("weft::sleep_until", [] { sleep_until(clock::now()); });
    says("weft::spawn", [] { spawn([] {}).detach(); });
    says("weft::spawn", [] { spawn([](int) {}, 1).detach(); });
    says("weft::spawn", [] { spawn({.name = "n"}, [] {}).detach(); });
    says("weft::spawn", [] { spawn({.eager = true}, [] {}).detach(); });
    says("weft::current_task", [] { static_cast<void>(current_task()); });
    says("weft::all_tasks", [] { static_cast<void>(all_tasks()); });
    says("weft::gather", [] { gather(); });
    says("weft::gather", [] { gather([] {}); });
    says("weft::gather", [] { gather(std::vector<std::function<void()>>(2, [] {})); });
    says("weft::gather", [] { gather(std::vector<std::function<void()>>{}); });
}

TEST_F(misuse_test, outside_run_a_callable_is_not_even_moved_from_for_nothing) {
    move_only kept(5);
    EXPECT_THROW(spawn([](move_only) {}, std::move(kept)).detach(), no_running_loop);
    EXPECT_EQ(kept.value(), 5);
}

TEST_F(misuse_test, after_run_handles_can_be_read_but_not_watched) {
    auto t = run([] {
        auto inner = spawn([] { return 5; });
        inner.wait();
        return inner;
    });
    EXPECT_TRUE(t.done());
    t.wait();
    EXPECT_FALSE(t.cancel());
    EXPECT_EQ(t.uncancel(), 0);
    EXPECT_THAT(text_of<no_running_loop>([&] { t.add_done_callback([](const task_ref&) {}); }),
                HasSubstr("weft::task::add_done_callback"));
    EXPECT_FALSE(t.remove_done_callback(callback_id{1}));
    EXPECT_EQ(t.get(), 5);
}

TEST_F(misuse_test, an_empty_handle_says_which_call_it_was_asked_for) {
    const auto says = [](const char* call, auto f) {
        EXPECT_THAT(text_of<invalid_state>(f), HasSubstr(call));
    };
    task<int> t;
    EXPECT_FALSE(t.valid());
    says("weft::task::get", [&] { t.get(); });
    says("weft::task::wait", [&] { t.wait(); });
    says("weft::task::result", [&] { static_cast<void>(t.result()); });
    says("weft::task::exception", [&] { static_cast<void>(t.exception()); });
    says("weft::task::done", [&] { static_cast<void>(t.done()); });
    says("weft::task::cancelled", [&] { static_cast<void>(t.cancelled()); });
    says("weft::task::cancel", [&] { t.cancel(); });
    says("weft::task::cancelling", [&] { static_cast<void>(t.cancelling()); });
    says("weft::task::uncancel", [&] { t.uncancel(); });
    says("weft::task::detach", [&] { t.detach(); });
    says("weft::task::view", [&] { static_cast<void>(t.view()); });
    says("weft::task::id", [&] { static_cast<void>(t.id()); });
    says("weft::task::name", [&] { static_cast<void>(t.name()); });
    says("weft::task::set_name", [&] { t.set_name("n"); });
    says("weft::task::add_done_callback", [&] { t.add_done_callback([](const task_ref&) {}); });
    says("weft::task::remove_done_callback", [&] { t.remove_done_callback(callback_id{1}); });
}

TEST_F(misuse_test, from_a_foreign_thread_every_call_on_a_task_is_refused) {
    in_virtual_time([] {
        auto t = spawn({.name = "ours"}, [] {
            sleep_for(1h);
            return 1;
        });
        auto view = t.view();
        task_ref& ref = view;
        std::thread([&] {
            const auto says = [](const char* call, auto f) {
                EXPECT_THAT(text_of<wrong_loop>(f), AllOf(HasSubstr(call), HasSubstr("thread")));
            };
            says("weft::task::get", [&] { t.get(); });
            says("weft::task::wait", [&] { t.wait(); });
            says("weft::task::result", [&] { static_cast<void>(t.result()); });
            says("weft::task::exception", [&] { static_cast<void>(t.exception()); });
            says("weft::task::done", [&] { static_cast<void>(t.done()); });
            says("weft::task::cancelled", [&] { static_cast<void>(t.cancelled()); });
            says("weft::task::cancel", [&] { t.cancel(); });
            says("weft::task::cancelling", [&] { static_cast<void>(t.cancelling()); });
            says("weft::task::uncancel", [&] { t.uncancel(); });
            says("weft::task::detach", [&] { t.detach(); });
            says("weft::task::view", [&] { static_cast<void>(t.view()); });
            says("weft::task::id", [&] { static_cast<void>(t.id()); });
            says("weft::task::name", [&] { static_cast<void>(t.name()); });
            says("weft::task::set_name", [&] { t.set_name("theirs"); });
            says("weft::task::add_done_callback",
                 [&] { t.add_done_callback([](const task_ref&) {}); });
            says("weft::task::remove_done_callback",
                 [&] { t.remove_done_callback(callback_id{1}); });
            says("weft::task_view::get", [&] { view.get(); });
            says("weft::task::wait", [&] { ref.wait(); });
            says("weft::task::cancel", [&] { ref.cancel(); });
        }).join();
        EXPECT_EQ(t.name(), "ours");
        EXPECT_EQ(t.cancelling(), 0);
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(misuse_test, from_another_loop_every_call_on_a_task_is_refused_too) {
    in_virtual_time([] {
        auto t = spawn([] {
            sleep_for(1h);
            return 1;
        });
        std::thread([&] {
            run([&] {
                EXPECT_THROW(t.get(), wrong_loop);
                EXPECT_THROW(t.wait(), wrong_loop);
                EXPECT_THROW(t.cancel(), wrong_loop);
                EXPECT_EQ(spawn([] { return 2; }).get(), 2);
            });
        }).join();
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(misuse_test, a_finished_task_is_refused_on_another_thread_as_well) {
    in_virtual_time([] {
        auto t = spawn([] { return 1; });
        t.wait();
        std::thread([&] {
            EXPECT_THROW(t.get(), wrong_loop);
            EXPECT_THROW(static_cast<void>(t.result()), wrong_loop);
            EXPECT_THROW(t.cancel(), wrong_loop);
        }).join();
        EXPECT_EQ(t.get(), 1);
    });
}

TEST_F(misuse_test, on_a_plain_thread_beside_a_loop_there_is_no_loop) {
    in_virtual_time([] {
        std::thread([] {
            EXPECT_THROW(yield(), no_running_loop);
            EXPECT_THROW(spawn([] {}).detach(), no_running_loop);
            EXPECT_THROW(static_cast<void>(current_task()), no_running_loop);
        }).join();
    });
}

} // namespace
} // namespace weft::test
