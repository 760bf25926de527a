// SPDX-License-Identifier: BSL-1.0
//
// Operations on files whose task has left, or whose file has gone: nothing of theirs is touched,
// and the descriptor lasts as long as it is used.
#include "tests/support/api_cancel_driver.hpp"
#include "tests/support/io_system_calls.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>

#include <fcntl.h>

namespace weft::test {
namespace {

using gate = std::binary_semaphore;
using file_cancel = net_test;

constexpr file_options new_file{.write = true, .create = true};

// Holds the threads at one kind of system call until it is opened.
class held_call {
  public:
    explicit held_call(system_call which)
        : hook_([this, which](system_call_hook::call& c) {
              if (c.which == which && !opened_) {
                  fd_ = c.fd;
                  begun_.release();
                  gate_.acquire();
              }
              return 0;
          }) {}

    // Lets the others run until a thread has come to it; returns the descriptor.
    int wait() {
        while (!begun_.try_acquire()) {
            yield();
        }
        return fd_;
    }
    void open() {
        opened_ = true;
        gate_.release();
    }

  private:
    std::atomic<bool> opened_ = false;
    std::atomic<int> fd_ = -1;
    gate begun_{0};
    gate gate_{0};
    system_call_hook hook_;
};

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_F(file_cancel, a_cancelled_open_leaves_no_descriptor) {
    const temporary_folder folder;
    const auto before = listed_descriptors();
    weft::run([&] {
        held_call opening(system_call::open);
        auto t = spawn([&] { file::open(folder / "a", new_file); });
        opening.wait();
        t.cancel("enough");
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled: enough");
        EXPECT_FALSE(std::filesystem::exists(folder / "a"));
        opening.open();
    });
    EXPECT_TRUE(std::filesystem::exists(folder / "a")) << "it was opened, after all";
    EXPECT_EQ(listed_descriptors(), before);
}

TEST_F(file_cancel, a_cancelled_read_writes_into_no_dead_stack) {
    const temporary_folder folder;
    put_content(folder / "a", pattern(100'000));
    weft::run([&] {
        file f = file::open(folder / "a");
        held_call reading(system_call::pread);
        std::string bytes(100'000, 'u');
        auto t = spawn([&] { f.read_at(0, std::as_writable_bytes(std::span(bytes))); });
        reading.wait();
        t.cancel();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
        reading.open();
        f.close(); // behind the read, in one of the threads
        read_file("/proc/self/status");
        EXPECT_EQ(bytes, std::string(100'000, 'u'));
    });
}

TEST_F(file_cancel, a_cancelled_write_reads_from_no_dead_stack) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        {
            held_call writing(system_call::pwrite);
            auto text = std::make_unique<std::string>("as it was");
            auto t = spawn([&] { f.write_at(0, *text); });
            writing.wait();
            t.cancel();
            EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
            std::fill(text->begin(), text->end(), 'x');
            text.reset();
            writing.open();
            while (f.size() == 0) {
            }
        }
        EXPECT_EQ(f.read_at(0, 100), "as it was");
    });
}

TEST_F(file_cancel, a_cancelled_close_closes) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        auto t = spawn([&] {
            current_task().cancel();
            f.close();
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
        EXPECT_EQ(f.native_handle(), -1);
    });
}

TEST_F(file_cancel, a_close_under_a_read_keeps_the_number_until_the_read_has_ended) {
    const temporary_folder folder;
    put_content(folder / "a", "of the first file");
    weft::run([&] {
        file f = file::open(folder / "a");
        const int fd = f.native_handle();
        held_call in_thread(system_call::pread);
        auto t = spawn([&] { return f.read_at(0, 1000); });
        EXPECT_EQ(in_thread.wait(), fd);
        f.close();
        EXPECT_EQ(f.native_handle(), -1);
        EXPECT_TRUE(is_open(fd));
        file other = file::open(folder / "b", new_file);
        EXPECT_NE(other.native_handle(), fd) << "the number is not free yet";
        in_thread.open();
        EXPECT_EQ(t.get(), "of the first file");
        EXPECT_FALSE(is_open(fd));
    });
}

TEST_F(file_cancel, destroyed_under_a_read) {
    const temporary_folder folder;
    put_content(folder / "a", pattern(100'000));
    weft::run([&] {
        auto f = std::make_unique<file>(file::open(folder / "a"));
        const int fd = f->native_handle();
        held_call reading(system_call::pread);
        auto whole = spawn([&] { return f->read_at(0, 200'000); });
        reading.wait();
        f.reset();
        EXPECT_TRUE(is_open(fd));
        reading.open();
        EXPECT_EQ(whole.get(), pattern(100'000));
        EXPECT_FALSE(is_open(fd));
    });
}

TEST_F(file_cancel, run_waits_for_what_a_thread_has_begun) {
    const temporary_folder folder;
    std::thread opener;
    held_call writing(system_call::pwrite);
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        auto t = spawn([&] { f.write_at(0, "late"); });
        writing.wait();
        opener = std::thread([&] { writing.open(); });
    });
    EXPECT_EQ(content_of(folder / "a"), "late");
    opener.join();
}

// Wherever the cancel comes: the bytes are right, the descriptor is closed, nothing is left.
TEST_F(file_cancel, cancelled_at_every_turn) {
    const temporary_folder folder;
    put_content(folder / "a", "0123456789");
    const auto before = listed_descriptors();
    cancel_at_every_turn([&](cancel_attempt& attempt) {
        std::string got;
        const auto end = attempt.run([&] {
            file f = file::open(folder / "a", {.write = true});
            f.write_at(3, "x");
            f.write_at(3, "3");
            got = f.read_at(0, 100);
            f.close();
        });
        if (end == cancel_attempt::outcome::value) {
            EXPECT_EQ(got, "0123456789");
        }
        EXPECT_NE(end, cancel_attempt::outcome::error);
    });
    EXPECT_EQ(listed_descriptors(), before);
}

TEST_F(file_cancel, a_file_destroyed_between_the_pieces_of_an_append_gets_all_of_them) {
    constexpr std::size_t several_pieces = 3 << 20;
    const temporary_folder folder;
    weft::run([&] {
        std::optional<file> f = file::open(folder / "a", new_file);
        held_call appending(system_call::pwritev2);
        auto t = spawn([&] { f->append(pattern(several_pieces)); });
        appending.wait();
        f.reset();
        appending.open();
        t.get();
    });
    EXPECT_TRUE(content_of(folder / "a") == pattern(several_pieces));
}

} // namespace
} // namespace weft::test
