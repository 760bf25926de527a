// SPDX-License-Identifier: BSL-1.0
//
// TLS with programs that are not ours: the openssl program as client and server, and curl.
#include "tests/support/net_streams.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <openssl/ssl.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

namespace weft {
namespace {

using test::pattern;
using test::test_certificates;
using test::test_client;
using test::test_server;
using tls_peers = test::net_test;

// A program that runs beside the test: its input and output are streams of this loop.
class program {
  public:
    explicit program(std::vector<std::string> words) {
        const auto [child_in, to_child] = make_pipe();
        const auto [from_child, child_out] = make_pipe();
        std::vector<char*> arguments;
        for (std::string& w : words) {
            arguments.push_back(w.data());
        }
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, child_in, 0);
        posix_spawn_file_actions_adddup2(&actions, child_out, 1);
        posix_spawn_file_actions_adddup2(&actions, child_out, 2);
        EXPECT_EQ(::posix_spawnp(&id_, arguments[0], &actions, nullptr, arguments.data(), environ),
                  0)
            << words[0];
        posix_spawn_file_actions_destroy(&actions);
        ::close(child_in);
        ::close(child_out);
        in = stream::from_pipe(to_child);
        out = stream::from_pipe(from_child);
    }
    ~program() {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            reap();
        }
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    // Its exit status, once it has closed its output.
    int wait() {
        out.read_all();
        return reap();
    }
    void kill() { ::kill(id_, SIGKILL); }

    stream in;
    stream out;

  private:
    int reap() {
        int status = 0;
        ::waitpid(std::exchange(id_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    static std::array<int, 2> make_pipe() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        return ends;
    }
    pid_t id_ = -1;
};

listener listen_with(const tls_context& context) {
    listen_options options;
    options.tls = &context;
    return listener("127.0.0.1", 0, options);
}

std::string port_of(const listener& l) {
    return std::to_string(l.local_endpoint().port());
}

std::vector<std::string> s_client(const listener& l, std::vector<std::string> more) {
    std::vector<std::string> words = {"openssl",
                                      "s_client",
                                      "-connect",
                                      "127.0.0.1:" + port_of(l),
                                      "-CAfile",
                                      test_certificates().authority(),
                                      "-verify_return_error"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

// --- openssl s_client ---

TEST_F(tls_peers, openssl_as_client_in_both_versions) {
    for (const char* version : {"-tls1_3", "-tls1_2"}) {
        weft::run([&] {
            listener l = listen_with(test_server());
            program client(s_client(l, {version, "-quiet", "-verify_hostname", "localhost"}));
            stream s = l.accept();
            client.in.write("question\n");
            EXPECT_EQ(s.read_line(), "question\n");
            EXPECT_EQ(tls_info_of(s).protocol,
                      version == std::string("-tls1_3") ? "TLSv1.3" : "TLSv1.2");
            s.write("answer\n");
            s.close(); // with the closing message, on which the program ends
            const std::string said = client.out.read_all();
            EXPECT_NE(said.find("answer\n"), std::string::npos) << said;
            EXPECT_EQ(client.wait(), 0) << said;
        });
    }
}

// A client that blocks, in a thread of its own.
class blocking_client {
  public:
    blocking_client(int fd, int version)
        : context_(SSL_CTX_new(TLS_client_method())), connection_(SSL_new(context_)) {
        SSL_set_fd(connection_, fd);
        SSL_set_max_proto_version(connection_, version);
        EXPECT_EQ(SSL_connect(connection_), 1);
    }
    ~blocking_client() {
        SSL_free(connection_);
        SSL_CTX_free(context_);
    }
    blocking_client(const blocking_client&) = delete;
    blocking_client& operator=(const blocking_client&) = delete;

    SSL* get() const { return connection_; }
    void expect_echo_of(const std::string& word) const {
        EXPECT_EQ(SSL_write(connection_, word.data(), int(word.size())), int(word.size()));
        std::string back(word.size(), '\0');
        EXPECT_EQ(SSL_read(connection_, back.data(), int(back.size())), int(word.size()));
        EXPECT_EQ(back, word);
    }

  private:
    SSL_CTX* context_;
    SSL* connection_;
};

// Runs client(fd) in a thread and server(stream) here, on the two ends of a connection.
template <class Client, class Server>
void with_client_thread(Client client, Server server) {
    weft::run([&] {
        int fds[2] = {-1, -1};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        std::thread thread([&] {
            client(fds[1]);
            ::close(fds[1]);
        });
        server(start_tls(stream::from_socket(fds[0]), test_server()));
        thread.join();
    });
}

TEST_F(tls_peers, a_client_may_change_its_keys_again_and_again_and_ask_for_ours) {
    with_client_thread(
        [](int fd) {
            const blocking_client client(fd, TLS1_3_VERSION);
            for (const char* word : {"one\n", "two\n", "three\n"}) {
                EXPECT_EQ(SSL_key_update(client.get(), SSL_KEY_UPDATE_REQUESTED), 1);
                client.expect_echo_of(word);
            }
            SSL_shutdown(client.get());
        },
        [](stream s) {
            for (std::string line; !(line = s.read_line()).empty();) {
                s.write(line);
            }
        });
}

TEST_F(tls_peers, a_client_that_wants_to_renegotiate_is_refused) {
    with_client_thread(
        [](int fd) {
            const blocking_client client(fd, TLS1_2_VERSION);
            client.expect_echo_of("before\n");
            EXPECT_EQ(SSL_renegotiate(client.get()), 1);
            EXPECT_LE(SSL_do_handshake(client.get()), 0);
        },
        [](stream s) {
            s.write(s.read_line());
            EXPECT_THROW(s.read_all(), tls_error);
        });
}

TEST_F(tls_peers, openssl_as_client_that_is_killed_is_truncation) {
    weft::run([&] {
        listener l = listen_with(test_server());
        program client(s_client(l, {"-quiet"}));
        stream s = l.accept();
        client.in.write("beginning\n");
        EXPECT_EQ(s.read_line(), "beginning\n");
        // It has read what was sent to it: otherwise its end would be a reset.
        s.write("answer\n");
        client.out.read_until("answer\n");
        client.kill();
        EXPECT_THROW(s.read_all(), tls_error);
    });
}

TEST_F(tls_peers, openssl_as_client_that_does_not_trust_us) {
    weft::run([&] {
        listener l = listen_with(test_server());
        program client({"openssl", "s_client", "-connect", "127.0.0.1:" + port_of(l),
                        "-verify_return_error", "-no-CAfile", "-no-CApath", "-no-CAstore"});
        stream s = l.accept();
        const std::string text = test::text_of<tls_error>([&] { s.read(1); });
        EXPECT_NE(text.find("the TLS alert 'unknown CA'"), std::string::npos) << text;
    });
}

TEST_F(tls_peers, openssl_as_client_that_speaks_only_what_is_too_old) {
    weft::run([&] {
        listener l = listen_with(test_server());
        program client(s_client(l, {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"}));
        stream s = l.accept();
        const std::string text = test::text_of<tls_error>([&] { s.handshake(); });
        EXPECT_NE(text.find("unsupported protocol"), std::string::npos) << text;
        EXPECT_NE(client.wait(), 0);
    });
}

// --- openssl s_server ---

// The program and the port it listens on.
struct openssl_server {
    explicit openssl_server(std::vector<std::string> more)
        : run([&] {
              std::vector<std::string> words = {"sh",
                                                "-c",
                                                "cd \"$0\" && exec \"$@\"",
                                                test_certificates().file("."),
                                                "openssl",
                                                "s_server",
                                                "-accept",
                                                "127.0.0.1:0",
                                                "-cert",
                                                test_certificates().server(),
                                                "-key",
                                                test_certificates().server_key()};
              words.insert(words.end(), more.begin(), more.end());
              return words;
          }()) {
        const std::string greeting = run.out.read_until("ACCEPT 127.0.0.1:");
        port = static_cast<std::uint16_t>(std::stoi(run.out.read_line()));
    }
    program run;
    std::uint16_t port = 0;
};

connect_options securely() {
    connect_options options;
    options.tls = &test_client();
    options.server_name = "localhost";
    return options;
}

TEST_F(tls_peers, openssl_as_server_in_both_versions) {
    for (const char* version : {"-tls1_3", "-tls1_2"}) {
        weft::run([&] {
            openssl_server server({version, "-rev"}); // says each line backwards
            stream s = open_connection("127.0.0.1", server.port, securely());
            for (const char* line : {"abc\n", "hello\n"}) {
                s.write(line);
                const std::string back = s.read_line();
                EXPECT_EQ(back,
                          std::string(std::string_view(line) == "abc\n" ? "cba\n" : "olleh\n"));
            }
        });
    }
}

TEST_F(tls_peers, openssl_as_server_of_a_file_of_megabytes) {
    const std::string body = pattern(3'000'000);
    std::ofstream(test_certificates().file("large"), std::ios::binary) << body;
    weft::run([&] {
        openssl_server server({"-WWW"}); // sends files of the folder it runs in
        stream s = open_connection("127.0.0.1", server.port, securely());
        s.write("GET /large HTTP/1.0\r\n\r\n");
        EXPECT_EQ(s.read_until("\r\n\r\n").find("HTTP/1.0 200 ok\r\n"), 0U);
        EXPECT_TRUE(s.read_exactly(body.size()) == body);
    });
}

TEST_F(tls_peers, openssl_as_server_takes_up_a_session_in_both_versions) {
    for (const char* version : {"-tls1_3", "-tls1_2"}) {
        weft::run([&] {
            tls_client_options options;
            options.ca_file = test_certificates().authority();
            const tls_context client = tls_context::client(options);
            openssl_server server({version, "-rev"});
            connect_options with = securely();
            with.tls = &client;
            for (const bool again : {false, true, true}) {
                stream s = open_connection("127.0.0.1", server.port, with);
                s.write("ab\n");
                EXPECT_EQ(s.read_line(), "ba\n");
                EXPECT_EQ(tls_info_of(s).session_reused, again) << version;
            }
        });
    }
}

// --- curl ---

TEST_F(tls_peers, curl_gets_an_answer) {
    weft::run([&] {
        listener l = listen_with(test_server());
        const std::string body = pattern(2'000'000);
        task<void> server = spawn([&] {
            stream s = l.accept();
            EXPECT_EQ(s.read_until("\r\n\r\n").find("GET /file HTTP/1.1\r\n"), 0U);
            s.write({"HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) +
                         "\r\nconnection: close\r\n\r\n",
                     body});
            s.close();
        });
        program curl({"curl", "--silent", "--show-error", "--max-time", "60", "--cacert",
                      test_certificates().authority(), "https://localhost:" + port_of(l) + "/file",
                      "--resolve", "localhost:" + port_of(l) + ":127.0.0.1"});
        EXPECT_TRUE(curl.out.read_all() == body);
        EXPECT_EQ(curl.wait(), 0);
        server.get();
    });
}

TEST_F(tls_peers, curl_does_not_take_us_for_another) {
    weft::run([&] {
        listener l = listen_with(test_server());
        task<std::string> server = spawn([&] {
            stream s = l.accept();
            return s.read_line();
        });
        program curl({"curl", "--silent", "--max-time", "60", "--cacert",
                      test_certificates().authority(), "https://another.test:" + port_of(l) + "/",
                      "--resolve", "another.test:" + port_of(l) + ":127.0.0.1"});
        EXPECT_EQ(curl.wait(), 60) << "its number for a certificate that does not fit";
        EXPECT_EQ(server.get(), "") << "it has asked for nothing";
    });
}

} // namespace
} // namespace weft
