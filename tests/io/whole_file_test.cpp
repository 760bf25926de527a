// SPDX-License-Identifier: BSL-1.0
//
// read_file() and write_file(), on what is a file and what only has a path.
#include "tests/support/io_system_calls.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/temporary_folder.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <semaphore>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;
using whole_file_test = net_test;

TEST_F(whole_file_test, reads_what_was_written) {
    const temporary_folder folder;
    weft::run([&] {
        for (const std::size_t size : {0, 1, 4095, 4096, 4097, 1 << 20, (16 << 20) + 1}) {
            SCOPED_TRACE(size);
            const std::string text = pattern(size);
            write_file(folder / "a", text);
            EXPECT_TRUE(read_file(folder / "a") == text);
        }
        write_file(folder / "a", "shorter");
        EXPECT_EQ(read_file((folder / "a").string()), "shorter");
        EXPECT_EQ(read_file((folder / "a").c_str()), "shorter");
        EXPECT_EQ(read_file(std::string_view((folder / "a").native())), "shorter");
    });
}

TEST_F(whole_file_test, reads_files_without_a_size) {
    weft::run([] {
        EXPECT_NE(read_file("/proc/self/status").find("Name:\t"), std::string::npos);
        EXPECT_EQ(read_file("/dev/null"), "");
        write_file("/dev/null", "gone");
    });
}

TEST_F(whole_file_test, reads_to_the_end_of_a_file_that_grows_or_shrinks) {
    const temporary_folder folder;
    const std::filesystem::path path = folder / "a";
    weft::run([&] {
        for (const std::size_t then : {20'000, 100}) {
            put_content(path, pattern(10'000));
            bool changed = false;
            const system_call_hook hook([&](system_call_hook::call& c) {
                if (c.which == system_call::read && !std::exchange(changed, true)) {
                    put_content(path, pattern(then)); // after its size was asked for
                }
                return 0;
            });
            EXPECT_EQ(read_file(path), pattern(then));
            EXPECT_TRUE(changed);
        }
    });
}

TEST_F(whole_file_test, errors_name_the_call_and_the_path) {
    const temporary_folder folder;
    weft::run([&] {
        const std::string missing = folder / "missing";
        EXPECT_EQ(text_of<std::system_error>([&] { read_file(missing); }),
                  "weft::read_file: " + missing + ": No such file or directory");
        EXPECT_EQ(text_of<std::system_error>([&] { write_file(missing + "/x", ""); }),
                  "weft::write_file: " + missing + "/x: No such file or directory");
        EXPECT_EQ(text_of<std::system_error>([&] { write_file("/dev/full", "x"); }),
                  "weft::write_file: /dev/full: No space left on device");
        EXPECT_EQ(error_of([&] { read_file(folder.path()); }), EISDIR);
        EXPECT_EQ(error_of([&] { write_file(folder.path(), "x"); }), EISDIR);
        EXPECT_THROW(read_file(std::string("/etc\0/passwd", 12)), std::invalid_argument);
        EXPECT_THROW(write_file(std::string("\0", 1), "x"), std::invalid_argument);
        EXPECT_EQ(error_of([&] { read_file(""); }), ENOENT);
        const system_call_hook refused([](system_call_hook::call& c) {
            return c.which == system_call::open ? EACCES : 0; // root may open anything
        });
        EXPECT_EQ(text_of<std::system_error>([&] { read_file("/x"); }),
                  "weft::read_file: /x: Permission denied");
    });
}

TEST_F(whole_file_test, a_close_that_fails_is_an_error_of_writing) {
    const temporary_folder folder;
    weft::run([&] {
        std::atomic<int> written_to = -1;
        const system_call_hook failing([&](system_call_hook::call& c) {
            if (c.which == system_call::write) {
                written_to = c.fd;
            }
            return c.which == system_call::close && c.fd == written_to ? EDQUOT : 0;
        });
        EXPECT_EQ(error_of([&] { write_file(folder / "a", "x"); }), EDQUOT);
    });
}

TEST_F(whole_file_test, interrupted_and_short_calls_are_made_again) {
    const temporary_folder folder;
    const std::string text = pattern(1000);
    weft::run([&] {
        std::atomic<int> calls = 0;
        const system_call_hook hook([&](system_call_hook::call& c) {
            struct stat about {};
            const bool ours = c.which == system_call::open ||
                              (::fstat(c.fd, &about) == 0 && S_ISREG(about.st_mode));
            if (!ours || c.which == system_call::close || c.which == system_call::fstat) {
                return 0;
            }
            c.size = std::min<std::size_t>(c.size, 7);
            return ++calls % 2 == 0 ? EINTR : 0;
        });
        write_file(folder / "a", text);
        EXPECT_EQ(read_file(folder / "a"), text);
        EXPECT_GT(calls, 500);
    });
}

TEST_F(whole_file_test, a_write_that_makes_no_progress_is_an_error) {
    const temporary_folder folder;
    weft::run([&] {
        const system_call_hook hook([](system_call_hook::call& c) {
            struct stat about {};
            if (c.which == system_call::write && ::fstat(c.fd, &about) == 0 &&
                S_ISREG(about.st_mode)) {
                c.size = 0;
            }
            return 0;
        });
        EXPECT_EQ(error_of([&] { write_file(folder / "a", "x"); }), EIO);
    });
}

TEST_F(whole_file_test, a_lease_of_another_process_is_waited_for) {
    const temporary_folder folder;
    put_content(folder / "a", "leased");
    weft::run([&] {
        bool refused = false;
        const system_call_hook hook([&](system_call_hook::call& c) {
            return c.which == system_call::open && !std::exchange(refused, true) ? EWOULDBLOCK : 0;
        });
        EXPECT_EQ(read_file(folder / "a"), "leased");
    });
}

// --- what another one must come to ---

TEST_F(whole_file_test, reads_a_fifo_from_its_first_writer_to_the_last) {
    const temporary_folder folder;
    const std::filesystem::path path = folder / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    weft::run([&] {
        auto reader = spawn([&] { return read_file(path); });
        int fd = -1;
        while ((fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
            yield(); // nobody reads yet
        }
        for (int i = 0; i < 3; ++i) {
            sleep_for(1ms);
            EXPECT_FALSE(reader.done());
            EXPECT_EQ(::write(fd, "warp ", 5), 5);
        }
        ::close(fd);
        EXPECT_EQ(reader.get(), "warp warp warp ");
    });
}

TEST_F(whole_file_test, a_fifo_without_a_writer_holds_no_thread) {
    const temporary_folder folder;
    const std::filesystem::path path = folder / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    weft::run([&] {
        std::vector<task<std::string>> readers;
        for (int i = 0; i < 100; ++i) {
            readers.push_back(spawn([&] { return read_file(path); }));
        }
        EXPECT_EQ(read_file("/dev/null"), "") << "a thread is free";
        for (auto& r : readers) {
            r.cancel();
        }
        for (auto& r : readers) {
            EXPECT_EQ(end_of([&] { r.get(); }), "cancelled");
        }
    });
}

TEST_F(whole_file_test, writes_a_fifo_as_fast_as_it_is_read) {
    const temporary_folder folder;
    const std::filesystem::path path = folder / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const std::string text = pattern(300'000); // more than a FIFO holds
    weft::run([&] {
        EXPECT_EQ(error_of([&] { write_file(path, text); }), ENXIO) << "nobody reads";
        const auto written_to_a_reader = [&] {
            try {
                write_file(path, text);
                return true;
            } catch (const std::system_error& e) {
                EXPECT_EQ(e.code().value(), ENXIO);
                return false;
            }
        };
        auto reader = spawn([&] { return read_file(path); });
        while (!written_to_a_reader()) {
            yield();
        }
        EXPECT_TRUE(reader.get() == text);
    });
}

TEST_F(whole_file_test, a_reader_that_leaves_a_fifo_is_an_error_and_no_signal) {
    const temporary_folder folder;
    const std::filesystem::path path = folder / "fifo";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    weft::run([&] {
        const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        auto writer = spawn([&] { write_file(path, pattern(300'000)); });
        char c = 0;
        while (::read(fd, &c, 1) != 1) {
            yield();
        }
        ::close(fd);
        EXPECT_EQ(error_of([&] { writer.get(); }), EPIPE);
    });
}

// --- cancelled ---

TEST_F(whole_file_test, a_cancelled_write_that_has_begun_is_done_to_the_end) {
    const temporary_folder folder;
    weft::run([&] {
        std::binary_semaphore begun(0);
        std::binary_semaphore gate(0);
        const system_call_hook hook([&](system_call_hook::call& c) {
            if (c.which == system_call::open) {
                begun.release();
                gate.acquire();
            }
            return 0;
        });
        std::string text = "whole";
        auto t = spawn([&] { write_file(folder / "a", text); });
        while (!begun.try_acquire()) {
            yield();
        }
        t.cancel();
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
        text = "other";
        gate.release();
        while (content_of(folder / "a") != "whole") {
            begun.try_acquire(); // this thread opens it, too
            gate.release();
        }
    });
}

TEST_F(whole_file_test, cancelled_before_it_began_does_nothing) {
    const temporary_folder folder;
    weft::run([&] {
        auto t = spawn([&] {
            current_task().cancel();
            write_file(folder / "a", "x");
        });
        EXPECT_EQ(end_of([&] { t.get(); }), "cancelled");
    });
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST_F(whole_file_test, times_out_in_a_read_without_end) {
    weft::run(
        [] { EXPECT_THROW(with_timeout(1ms, [] { read_file("/dev/zero"); }), timeout_error); });
}

TEST_F(whole_file_test, takes_no_virtual_time) {
    const temporary_folder folder;
    in_virtual_time([&] {
        const auto before = loop_time();
        with_timeout(1h, [&] {
            write_file(folder / "a", "x");
            EXPECT_EQ(read_file(folder / "a"), "x");
        });
        EXPECT_EQ(loop_time(), before);
    });
}

TEST_F(whole_file_test, needs_a_task) {
    EXPECT_EQ(text_of<no_running_loop>([] { read_file("/dev/null"); }),
              "weft::read_file: no loop runs on this thread; wrap the call in weft::run(...)");
    EXPECT_THROW(write_file("/dev/null", ""), no_running_loop);
}

} // namespace
} // namespace weft::test
