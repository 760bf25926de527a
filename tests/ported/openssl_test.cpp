// SPDX-License-Identifier: BSL-1.0
//
// Plain blocking OpenSSL, on a socket given with SSL_set_fd, as client and as server. Its error
// queue is the thread's, so the tasks share one.
#include "tests/support/ported_fixture.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>
#include <unistd.h>

namespace weft::test {
namespace {

using namespace std::chrono_literals;

struct context_end {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};
using context = std::unique_ptr<SSL_CTX, context_end>;

// A blocking socket with TLS over it, as old programs have them.
class secure_socket {
  public:
    secure_socket(const context& c, int fd) : fd_(fd), ssl_(SSL_new(c.get())) {
        SSL_set_fd(ssl_, fd);
    }
    ~secure_socket() {
        SSL_free(ssl_);
        ::close(fd_);
    }
    secure_socket(const secure_socket&) = delete;
    secure_socket& operator=(const secure_socket&) = delete;

    SSL* get() const { return ssl_; }

    bool write(const std::string& text) const {
        return SSL_write(ssl_, text.data(), int(text.size())) == int(text.size());
    }
    std::string read(std::size_t size) const {
        std::string text(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const int n = SSL_read(ssl_, text.data() + got, int(size - got));
            if (n <= 0) {
                break;
            }
            got += std::size_t(n);
        }
        text.resize(got);
        return text;
    }

  private:
    int fd_;
    SSL* ssl_;
};

// What OpenSSL last complained about in this thread; its queue is empty afterwards.
int reason_of_failure() {
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_REASON(error);
}

class openssl : public net_test {
  protected:
    void SetUp() override {
        const auto& files = test_certificates();
        server_.reset(SSL_CTX_new(TLS_server_method()));
        ASSERT_EQ(SSL_CTX_use_certificate_chain_file(server_.get(), files.server().c_str()), 1);
        ASSERT_EQ(SSL_CTX_use_PrivateKey_file(server_.get(), files.server_key().c_str(),
                                              SSL_FILETYPE_PEM),
                  1);
        client_ = client_that_trusts(files.authority());
        distrustful_ = client_that_trusts(files.stranger());
        net_test::SetUp();
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t size = sizeof(address_);
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address_), size), 0);
        ASSERT_EQ(::listen(listening_, 1000), 0);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address_), &size);
    }
    void TearDown() override {
        ::close(listening_);
        net_test::TearDown();
        EXPECT_EQ(ERR_peek_error(), 0U) << "an error was left in the thread's queue";
    }

    static context client_that_trusts(const std::string& authority) {
        context made(SSL_CTX_new(TLS_client_method()));
        EXPECT_EQ(SSL_CTX_load_verify_locations(made.get(), authority.c_str(), nullptr), 1);
        SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
        return made;
    }

    int connected() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)), 0)
            << std::strerror(errno);
        return fd;
    }
    int accepted() const {
        const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        EXPECT_GE(fd, 0) << std::strerror(errno);
        return fd;
    }

    // Sends back what comes, until the peer says good-bye. Whether it came to know the peer.
    bool serve_one() const {
        const secure_socket peer(server_, accepted());
        if (SSL_accept(peer.get()) != 1) {
            reason_of_failure();
            return false;
        }
        std::array<char, 4096> bytes{};
        int n = 0;
        while ((n = SSL_read(peer.get(), bytes.data(), bytes.size())) > 0) {
            EXPECT_EQ(SSL_write(peer.get(), bytes.data(), n), n);
        }
        const int why = SSL_get_error(peer.get(), n);
        if (why != SSL_ERROR_ZERO_RETURN) {
            reason_of_failure();
            return false;
        }
        SSL_shutdown(peer.get());
        return true;
    }

    context server_;
    context client_;
    context distrustful_;
    sockaddr_in address_{};
    int listening_ = -1;
};

TEST_F(openssl, a_hundred_clients_and_a_hundred_servers_on_one_loop) {
    weft::run([&] {
        int served = 0;
        in_tasks(200, [&](int i) {
            if (i % 2 == 0) {
                served += serve_one() ? 1 : 0;
                return;
            }
            const secure_socket server(client_, connected());
            ASSERT_EQ(SSL_connect(server.get()), 1) << reason_of_failure();
            for (int n = 0; n < 20; ++n) {
                const std::string word = std::to_string(i) + " says " + std::to_string(n);
                EXPECT_TRUE(server.write(word));
                EXPECT_EQ(server.read(word.size()), word);
            }
            SSL_shutdown(server.get());
            SSL_shutdown(server.get()); // until the server's good-bye is in
        });
        EXPECT_EQ(served, 100);
    });
}

TEST_F(openssl, a_failed_handshake_beside_a_hundred_others_is_its_own_alone) {
    weft::run([&] {
        constexpr int pairs = 120;
        int served = 0;
        int refused = 0;
        in_tasks(2 * pairs, [&](int i) {
            if (i >= pairs) {
                served += serve_one() ? 1 : 0;
                return;
            }
            const bool trusts = i % 6 != 0;
            const secure_socket server(trusts ? client_ : distrustful_, connected());
            const int done = SSL_connect(server.get());
            if (!trusts) {
                EXPECT_NE(done, 1);
                EXPECT_EQ(SSL_get_error(server.get(), done), SSL_ERROR_SSL);
                EXPECT_EQ(reason_of_failure(), SSL_R_CERTIFICATE_VERIFY_FAILED);
                ++refused;
                return;
            }
            ASSERT_EQ(done, 1) << reason_of_failure();
            for (int n = 0; n < 10; ++n) {
                EXPECT_TRUE(server.write("thread"));
                EXPECT_EQ(server.read(6), "thread");
            }
            SSL_shutdown(server.get());
            SSL_shutdown(server.get());
        });
        EXPECT_EQ(served, pairs * 5 / 6);
        EXPECT_EQ(refused, pairs / 6);
    });
}

TEST_F(openssl, what_is_larger_than_all_buffers_is_written_by_one_call) {
    weft::run([&] {
        const std::string much = pattern(std::size_t{8} << 20U);
        in_tasks(2, [&](int i) {
            if (i == 0) {
                const secure_socket peer(server_, accepted());
                ASSERT_EQ(SSL_accept(peer.get()), 1);
                EXPECT_TRUE(peer.write(much));
                return;
            }
            const secure_socket server(client_, connected());
            ASSERT_EQ(SSL_connect(server.get()), 1);
            EXPECT_TRUE(server.read(much.size()) == much);
        });
    });
}

TEST_F(openssl, a_cancelled_read_fails_and_its_task_ends_as_cancelled) {
    weft::run([&] {
        task<void> serving = spawn([&] { EXPECT_FALSE(serve_one()); }); // no good-bye comes
        cancel_while_it_waits([&] {
            const secure_socket server(client_, connected());
            ASSERT_EQ(SSL_connect(server.get()), 1);
            char byte = 0;
            const int n = SSL_read(server.get(), &byte, 1);
            EXPECT_EQ(n, -1);
            EXPECT_EQ(SSL_get_error(server.get(), n), SSL_ERROR_SYSCALL);
            EXPECT_EQ(errno, ECANCELED);
            ERR_clear_error();
        });
        serving.get();
    });
}

TEST_F(openssl, the_sockets_time_limit_ends_a_read) {
    weft::run([&] {
        task<void> serving = spawn([&] { serve_one(); });
        const secure_socket server(client_, connected());
        ASSERT_EQ(SSL_connect(server.get()), 1);
        const timeval limit{0, 50'000};
        ::setsockopt(SSL_get_fd(server.get()), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        char byte = 0;
        const int n = SSL_read(server.get(), &byte, 1);
        EXPECT_EQ(SSL_get_error(server.get(), n), SSL_ERROR_WANT_READ); // as it says of EAGAIN
        EXPECT_TRUE(server.write("still there"));
        EXPECT_EQ(server.read(11), "still there");
        SSL_shutdown(server.get());
        serving.get();
    });
}

} // namespace
} // namespace weft::test
