// SPDX-License-Identifier: BSL-1.0
//
// weft::file: positions, options, errors.
#include "tests/support/io_system_calls.hpp"
#include "tests/support/net_streams.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace weft::test {
namespace {

using file_test = net_test;

constexpr file_options new_file{.write = true, .create = true};

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_F(file_test, reads_what_was_written_at_any_position) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        f.write_at(0, "warp and weft");
        f.write_at(5, "AND");
        f.write_at(20, std::as_bytes(std::span(std::string_view("end"))));
        EXPECT_EQ(f.size(), 23U);
        EXPECT_EQ(f.read_at(0, 13), "warp AND weft");
        EXPECT_EQ(f.read_at(13, 7), std::string(7, '\0'));
        EXPECT_EQ(f.read_at(20, 100), "end") << "less only at the end";
        EXPECT_EQ(f.read_at(20, std::string::npos), "end");
        EXPECT_EQ(f.read_at(23, 100), "");
        EXPECT_EQ(f.read_at(1000, 100), "");
        EXPECT_EQ(f.read_at(0, 0), "");
        std::array<std::byte, 8> bytes{};
        EXPECT_EQ(f.read_at(19, bytes), 4U);
        EXPECT_EQ(std::memcmp(bytes.data(), "\0end", 4), 0);
        EXPECT_EQ(f.read_at(5, std::span(bytes).first(0)), 0U);
        f.truncate(4);
        EXPECT_EQ(f.read_at(0, 100), "warp");
        f.truncate(6);
        EXPECT_EQ(f.read_at(0, 100), std::string("warp\0\0", 6));
        f.append("ing");
        EXPECT_EQ(f.read_at(6, 100), "ing");
        f.sync();
        f.datasync();
        f.close();
    });
}

TEST_F(file_test, of_more_than_one_piece) {
    const temporary_folder folder;
    const std::string text = pattern(17 * 1024 * 1024 + 123); // more than one call on a thread
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        f.write_at(0, text);
        EXPECT_TRUE(f.read_at(0, text.size() + 1) == text);
        EXPECT_TRUE(f.read_at(1, text.size() - 2) == text.substr(1, text.size() - 2));
        std::vector<std::byte> bytes(text.size() + 100);
        EXPECT_EQ(f.read_at(0, bytes), text.size());
        EXPECT_EQ(std::memcmp(bytes.data(), text.data(), text.size()), 0);
        f.append(text);
        EXPECT_EQ(f.size(), 2 * text.size());
        EXPECT_TRUE(f.read_at(text.size(), text.size()) == text);
    });
    EXPECT_EQ(std::filesystem::file_size(folder / "a"), 2 * text.size());
}

TEST_F(file_test, behind_four_gigabytes) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "sparse", new_file);
        constexpr std::uint64_t far = (std::uint64_t{5} << 30) + 1;
        f.write_at(far, "there");
        EXPECT_EQ(f.size(), far + 5);
        EXPECT_EQ(f.read_at(far - 1, 100), std::string("\0there", 6));
        constexpr std::uint64_t beyond = std::uint64_t{1} << 63;
        EXPECT_EQ(error_of([&] { f.read_at(beyond, 1); }), EFBIG);
        EXPECT_EQ(error_of([&] { f.write_at(beyond - 1, "xx"); }), EFBIG);
        EXPECT_EQ(error_of([&] { f.truncate(beyond); }), EFBIG);
    });
}

TEST_F(file_test, many_operations_at_once) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        constexpr std::size_t size = 4096;
        std::vector<task<void>> writers;
        for (std::size_t i = 0; i < 100; ++i) {
            writers.push_back(
                spawn([&f, i] { f.write_at(i * size, std::string(size, char('a' + i % 26))); }));
        }
        for (auto& w : writers) {
            w.get();
        }
        const std::string all = f.read_at(0, 200 * size);
        ASSERT_EQ(all.size(), 100 * size);
        for (std::size_t i = 0; i < 100; ++i) {
            EXPECT_EQ(all.substr(i * size, size), std::string(size, char('a' + i % 26))) << i;
        }
    });
}

TEST_F(file_test, opens_as_the_options_say) {
    const temporary_folder folder;
    weft::run([&] {
        EXPECT_EQ(error_of([&] { file::open(folder / "a"); }), ENOENT);
        EXPECT_EQ(error_of([&] { file::open(folder / "a", {.write = true}); }), ENOENT);
        const mode_t mask = ::umask(022);
        file made = file::open(folder / "a",
                               {.read = false, .write = true, .create = true, .permissions = 0646});
        ::umask(mask);
        struct stat about {};
        ::fstat(made.native_handle(), &about);
        EXPECT_EQ(about.st_mode & 0777, 0644U);
        EXPECT_NE(::fcntl(made.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
        made.write_at(0, "text");
        EXPECT_EQ(error_of([&] { made.read_at(0, 1); }), EBADF);
        EXPECT_EQ(error_of([&] {
                      file::open(folder / "a", {.write = true, .create = true, .exclusive = true});
                  }),
                  EEXIST);
        file reader = file::open(folder / "a");
        EXPECT_EQ(reader.read_at(0, 10), "text");
        EXPECT_EQ(error_of([&] { reader.write_at(0, "x"); }), EBADF);
        file emptied = file::open(folder / "a", {.write = true, .truncate = true});
        EXPECT_EQ(emptied.size(), 0U);
        EXPECT_THROW(file::open(folder / "a", {.read = false}), std::invalid_argument);
        EXPECT_THROW(file::open(folder / "a", {.truncate = true}), std::invalid_argument);
        EXPECT_THROW(file::open(folder / "a", {.exclusive = true}), std::invalid_argument);
        EXPECT_THROW(file::open(std::string("/etc\0/passwd", 12)), std::invalid_argument);
    });
}

TEST_F(file_test, errors_name_the_call_and_the_path) {
    const temporary_folder folder;
    weft::run([&] {
        const std::string missing = folder / "missing";
        EXPECT_EQ(text_of<std::system_error>([&] { file::open(missing); }),
                  "weft::file::open: " + missing + ": No such file or directory");
        file full = file::open("/dev/full", {.write = true});
        EXPECT_EQ(text_of<std::system_error>([&] { full.write_at(0, "x"); }),
                  "weft::file::write_at: /dev/full: No space left on device");
        EXPECT_EQ(text_of<std::system_error>([&] { full.append("x"); }),
                  "weft::file::append: /dev/full: No space left on device");
        file directory = file::open(folder.path());
        EXPECT_EQ(error_of([&] { directory.read_at(0, 10); }), EISDIR);
        directory.sync(); // what makes a rename last
        EXPECT_EQ(error_of([&] { directory.truncate(0); }), EINVAL);
    });
}

TEST_F(file_test, without_positions_refuses_them) {
    const temporary_folder folder;
    const std::filesystem::path fifo = folder / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    weft::run([&] {
        file f = file::open(fifo); // does not wait for a writer
        EXPECT_EQ(error_of([&] { f.read_at(0, 10); }), ESPIPE);
    });
}

TEST_F(file_test, closed) {
    const temporary_folder folder;
    weft::run([&] {
        const auto refuses = [](file& f) {
            std::byte b{};
            EXPECT_EQ(f.native_handle(), -1);
            EXPECT_EQ(text_of<std::system_error>([&] { f.read_at(0, 1); }),
                      "weft::file::read_at: it is closed: Bad file descriptor");
            EXPECT_EQ(error_of([&] { f.read_at(0, {&b, 1}); }), EBADF);
            EXPECT_EQ(error_of([&] { f.write_at(0, "x"); }), EBADF);
            EXPECT_EQ(error_of([&] { f.append("x"); }), EBADF);
            EXPECT_EQ(error_of([&] { f.size(); }), EBADF);
            EXPECT_EQ(error_of([&] { f.truncate(0); }), EBADF);
            EXPECT_EQ(error_of([&] { f.sync(); }), EBADF);
            EXPECT_EQ(error_of([&] { f.datasync(); }), EBADF);
            f.close();
        };
        file none;
        refuses(none);
        file f = file::open(folder / "a", new_file);
        const int fd = f.native_handle();
        EXPECT_GE(fd, 0);
        file moved = std::move(f);
        EXPECT_EQ(moved.native_handle(), fd);
        refuses(f);
        moved.close();
        EXPECT_FALSE(is_open(fd));
        refuses(moved);
        moved = file::open(folder / "a");
        moved = file::open(folder / "a");
        EXPECT_EQ(moved.read_at(0, 1), "");
    });
}

TEST_F(file_test, close_tells_that_what_was_written_is_lost) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        const int fd = f.native_handle();
        {
            const system_call_hook failing([fd](system_call_hook::call& c) {
                return c.which == system_call::close && c.fd == fd ? EIO : 0;
            });
            EXPECT_EQ(text_of<std::system_error>([&] { f.close(); }),
                      "weft::file::close: " + (folder / "a").string() + ": Input/output error");
        }
        EXPECT_FALSE(is_open(fd));
        EXPECT_EQ(f.native_handle(), -1);
    });
}

TEST_F(file_test, interrupted_and_short_calls_are_made_again) {
    const temporary_folder folder;
    const std::string text = pattern(1000);
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        int calls = 0;
        const system_call_hook hook([&, fd = f.native_handle()](system_call_hook::call& c) {
            if (c.fd != fd) {
                return 0;
            }
            if (c.which == system_call::preadv2) {
                return EAGAIN; // it is not in memory
            }
            c.size = std::min<std::size_t>(c.size, 7);
            return ++calls % 3 == 0 ? EINTR : 0;
        });
        f.write_at(0, text);
        f.append(text);
        EXPECT_EQ(f.read_at(0, 3000), text + text);
        std::string bytes(2000, '\0');
        EXPECT_EQ(f.read_at(0, std::as_writable_bytes(std::span(bytes))), 2000U);
        EXPECT_EQ(bytes, text + text);
        f.sync();
        EXPECT_GT(calls, 1000);
    });
}

TEST_F(file_test, a_write_that_makes_no_progress_is_an_error) {
    const temporary_folder folder;
    weft::run([&] {
        file f = file::open(folder / "a", new_file);
        const system_call_hook hook([](system_call_hook::call& c) {
            c.size = c.which == system_call::pwrite ? 0 : c.size;
            return 0;
        });
        EXPECT_EQ(error_of([&] { f.write_at(0, "x"); }), EIO);
    });
}

TEST_F(file_test, little_that_is_in_memory_is_read_without_a_switch) {
    const temporary_folder folder;
    put_content(folder / "a", pattern(1000));
    weft::run([&] {
        file f = file::open(folder / "a");
        std::byte probe[1];
        iovec into{probe, 1};
        if (::preadv2(f.native_handle(), &into, 1, 0, RWF_NOWAIT) != 1) {
            GTEST_SKIP() << "this file system does not read without waiting";
        }
        bool other_ran = false;
        auto other = spawn([&] { other_ran = true; });
        EXPECT_EQ(f.read_at(0, 1000), pattern(1000));
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(file_test, belongs_to_one_thread) {
    const temporary_folder folder;
    file f;
    weft::run([&] {
        f = file::open(folder / "a", new_file);
        f.write_at(0, "x");
    });
    std::thread([&] {
        weft::run([&] {
            EXPECT_EQ(text_of<wrong_loop>([&] { f.size(); }),
                      "weft::file::size: the object is used by the loop of another thread; give "
                      "each thread its own");
        });
    }).join();
    weft::run([&] { EXPECT_EQ(f.size(), 1U) << "a later loop of the same thread is fine"; });
    f = file();
}

TEST_F(file_test, needs_a_task) {
    EXPECT_THROW(file::open("/dev/null"), no_running_loop);
    weft::run([] {
        file f = file::open("/dev/null");
        std::string said;
        running_loop().call_soon([&] { said = text_of<not_in_task>([&] { f.size(); }); });
        yield();
        yield();
        EXPECT_EQ(said, "weft::file::size: called from a callback, which must not block; spawn a "
                        "task there");
    });
}

} // namespace
} // namespace weft::test
