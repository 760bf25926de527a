// SPDX-License-Identifier: BSL-1.0
//
// UNIX sockets with a path or an abstract name: whose file it is and when it goes, who is told what
// when nobody listens, and connecting to a full backlog.
#include "tests/support/net_streams.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/un.h>

namespace weft {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::end_of;
using test::error_of;
using test::in_virtual_time;

// A folder of the test's own.
class unix_test : public test::net_test {
  protected:
    void SetUp() override {
        net_test::SetUp();
        std::string name = (std::filesystem::temp_directory_path() / "weft-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override {
        EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "the test left a file";
        std::filesystem::remove_all(folder_);
        net_test::TearDown();
    }
    std::string path(const char* name = "socket") const { return (folder_ / name).string(); }

  private:
    std::filesystem::path folder_;
};

using unix_listener_test = unix_test;
using unix_file = unix_test;
using unix_connect = unix_test;

bool is_socket(const std::string& path) {
    struct stat s {};
    return ::lstat(path.c_str(), &s) == 0 && S_ISSOCK(s.st_mode);
}

// What a process leaves that has listened and was killed.
void leave_stale_socket(const std::string& path, int type = SOCK_STREAM) {
    const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    const endpoint where = endpoint::unix_socket(path);
    EXPECT_EQ(::bind(fd, where.data(), where.size()), 0);
    ::close(fd);
    EXPECT_TRUE(is_socket(path));
}

// --- talking ---

TEST_F(unix_listener_test, is_reached_by_its_path) {
    weft::run([&] {
        unix_listener l(path());
        EXPECT_EQ(l.local_endpoint().path(), path());
        stream near = open_unix_connection(path());
        stream far = l.accept();
        EXPECT_EQ(near.remote_endpoint(), l.local_endpoint());
        EXPECT_EQ(far.local_endpoint().path(), path());
        EXPECT_EQ(far.remote_endpoint().path(), "");
        near.write("warp");
        near.shutdown_write();
        EXPECT_EQ(far.read_all(), "warp");
    });
}

TEST_F(unix_listener_test, is_reached_by_an_abstract_name) {
    weft::run([&] {
        const std::string name = "\0weft-test\0"s + std::to_string(::getpid());
        unix_listener l(name);
        EXPECT_EQ(l.local_endpoint(), endpoint::unix_socket(name));
        stream near = open_unix_connection(name);
        stream far = l.accept();
        far.write("weft");
        EXPECT_EQ(near.read(4), "weft");
        EXPECT_EQ(error_of([&] { unix_listener again(name); }), EADDRINUSE);
        l.close();
        EXPECT_EQ(error_of([&] { open_unix_connection(name); }), ECONNREFUSED);
    });
}

TEST_F(unix_listener_test, ends_an_accept_that_waits_when_it_is_closed) {
    weft::run([&] {
        unix_listener l(path());
        task<std::string> accepter = spawn([&] { return end_of([&] { l.accept(); }); });
        sleep_for(50us);
        l.close();
        EXPECT_EQ(accepter.get(), "error: weft::unix_listener::accept: closed while waiting: Bad "
                                  "file descriptor");
        EXPECT_EQ(l.native_handle(), -1);
        EXPECT_EQ(error_of([&] { l.accept(); }), EBADF);
        EXPECT_EQ(error_of([&] { static_cast<void>(l.local_endpoint()); }), EBADF);
        l.close();
    });
}

TEST_F(unix_listener_test, moves) {
    weft::run([&] {
        unix_listener a(path("a"));
        unix_listener b(path("b"));
        b = std::move(a);
        EXPECT_FALSE(is_socket(path("b")));
        const stream near = open_unix_connection(path("a"));
        b.accept();
        EXPECT_EQ(error_of([&] { a.accept(); }), EBADF);
    });
}

// --- whose file ---

TEST_F(unix_file, is_removed_at_the_end) {
    weft::run([&] {
        {
            const unix_listener l(path());
            EXPECT_TRUE(is_socket(path()));
        }
        EXPECT_FALSE(is_socket(path()));
        const unix_listener again(path());
    });
}

TEST_F(unix_file, is_removed_after_the_loop_has_ended_too) {
    std::unique_ptr<unix_listener> l;
    weft::run([&] { l = std::make_unique<unix_listener>(path()); });
    EXPECT_TRUE(is_socket(path()));
    l.reset();
}

TEST_F(unix_file, is_removed_by_a_path_that_was_relative_then) {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(std::filesystem::path(path()).parent_path());
    weft::run([&] {
        const unix_listener l("socket");
        std::filesystem::current_path(before);
    });
    EXPECT_FALSE(is_socket(path()));
}

TEST_F(unix_file, that_is_stale_gives_way) {
    weft::run([&] {
        for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
            leave_stale_socket(path(), type);
            unix_listener l(path());
            const stream near = open_unix_connection(path());
            l.accept();
        }
    });
}

TEST_F(unix_file, on_which_somebody_listens_stays) {
    weft::run([&] {
        unix_listener first(path());
        EXPECT_EQ(error_of([&] { unix_listener second(path()); }), EADDRINUSE);
        EXPECT_EQ(end_of([&] { unix_listener second(path()); }),
                  "error: weft::unix_listener: " + path() + ": Address already in use");
        // Nor has the attempt left a connection there.
        task<stream> accepter = spawn([&] { return first.accept(); });
        sleep_for(50us);
        EXPECT_FALSE(accepter.done());
        const stream near = open_unix_connection(path());
        accepter.get();
    });
}

TEST_F(unix_file, that_is_bound_but_does_not_listen_yet_stays) {
    weft::run([&] {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const endpoint where = endpoint::unix_socket(path());
        ASSERT_EQ(::bind(fd, where.data(), where.size()), 0);
        EXPECT_EQ(error_of([&] { unix_listener l(path()); }), EADDRINUSE);
        ::close(fd);
        ::unlink(path().c_str());
    });
}

TEST_F(unix_file, that_is_no_socket_stays) {
    weft::run([&] {
        std::ofstream(path()) << "precious";
        EXPECT_EQ(error_of([&] { unix_listener l(path()); }), EADDRINUSE);
        EXPECT_EQ(std::filesystem::file_size(path()), 8U);
        std::filesystem::remove(path());
        std::filesystem::create_symlink(path("nowhere"), path());
        EXPECT_EQ(error_of([&] { unix_listener l(path()); }), EADDRINUSE);
        EXPECT_TRUE(std::filesystem::is_symlink(path()));
        std::filesystem::remove(path());
    });
}

TEST_F(unix_file, that_has_taken_its_place_is_not_removed) {
    weft::run([&] {
        unix_listener first(path());
        std::filesystem::remove(path());
        unix_listener second(path());
        first.close();
        EXPECT_TRUE(is_socket(path()));
        const stream near = open_unix_connection(path());
        second.accept();
        std::filesystem::remove(path());
        second.close(); // there is none to remove
    });
}

TEST_F(unix_file, that_cannot_be_made_is_an_error_that_names_it) {
    weft::run([&] {
        EXPECT_EQ(error_of([&] { unix_listener l(path("no-folder/socket")); }), ENOENT);
        EXPECT_EQ(error_of([&] { unix_listener l(std::string(200, 'x')); }), ENAMETOOLONG);
        EXPECT_THROW(unix_listener(""), std::invalid_argument);
        EXPECT_THROW(unix_listener("a\0b"s), std::invalid_argument);
    });
    EXPECT_THROW(unix_listener l(path()), no_running_loop);
}

// --- connecting ---

TEST_F(unix_connect, fails_where_nobody_listens_and_names_the_path) {
    weft::run([&] {
        EXPECT_EQ(end_of([&] { open_unix_connection(path()); }),
                  "error: weft::open_unix_connection: " + path() + ": No such file or directory");
        leave_stale_socket(path());
        EXPECT_EQ(error_of([&] { open_unix_connection(path()); }), ECONNREFUSED);
        std::filesystem::remove(path());
        EXPECT_EQ(error_of([&] { open_unix_connection(std::string(108, 'x')); }), ENAMETOOLONG);
        EXPECT_THROW(open_unix_connection(""), std::invalid_argument);
    });
    EXPECT_THROW(open_unix_connection(path()), no_running_loop);
}

TEST_F(unix_connect, costs_no_turn) {
    weft::run([&] {
        const unix_listener l(path());
        bool other_ran = false;
        task<void> other = spawn([&] { other_ran = true; });
        const stream near = open_unix_connection(path());
        EXPECT_FALSE(other_ran);
        other.get();
    });
}

TEST_F(unix_connect, waits_while_the_backlog_is_full) {
    in_virtual_time([&] {
        listen_options options;
        options.backlog = 0;
        unix_listener l(path(), options);
        const stream first = open_unix_connection(path());
        task<stream> second = spawn([&] { return open_unix_connection(path()); });
        sleep_for(1h);
        EXPECT_FALSE(second.done());
        l.accept();
        const auto begin = test::loop_time();
        second.get();
        EXPECT_LE(test::loop_time() - begin, 100ms);
    });
}

TEST_F(unix_connect, is_given_up_by_a_cancel_or_when_the_listener_goes) {
    in_virtual_time([&] {
        listen_options options;
        options.backlog = 0;
        unix_listener l(path(), options);
        const stream first = open_unix_connection(path());
        task<std::string> cancelled =
            spawn([&] { return end_of([&] { open_unix_connection(path()); }); });
        task<int> refused = spawn([&] { return error_of([&] { open_unix_connection(path()); }); });
        sleep_for(1s);
        cancelled.cancel();
        EXPECT_EQ(cancelled.get(), "cancelled");
        l.close();
        EXPECT_EQ(refused.get(), ENOENT);
    });
}

} // namespace
} // namespace weft
