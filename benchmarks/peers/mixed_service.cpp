// SPDX-License-Identifier: BSL-1.0
// A service of the usual kind: accept, parse a request with a number in its path, ask PostgreSQL by
// libpq, answer. A thread for each client, which has a connection to the database for itself, and
// blocking calls throughout. Built twice: as it is, and ported to tasks by a changed namespace and
// a library that is linked; libpq knows nothing of either. Argument: where the database is.
#include "benchmarks/peers/http_answer.hpp"

#include <charconv>
#include <gnu/libc-version.h>
#include <libpq-fe.h>
#include <memory>
#include <optional>
#include <string>

#ifdef WEFT_PORTED
#include <weft/green.hpp>
#include <weft/run.hpp>
namespace threads = weft::green;
#else
#include <thread>
namespace threads = std;
#endif

namespace {

struct finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using result = std::unique_ptr<PGresult, finish>;

class database {
  public:
    explicit database(const char* where) : connection_(PQconnectdb(where)) {
        const result made(PQprepare(connection_.get(), "word_of",
                                    "SELECT word FROM words WHERE number = $1::integer", 1,
                                    nullptr));
        if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) {
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        }
    }

    std::string word_of(int number) const {
        const std::string text = std::to_string(number);
        const char* const value = text.c_str();
        const result found(
            PQexecPrepared(connection_.get(), "word_of", 1, &value, nullptr, nullptr, 0));
        if (PQresultStatus(found.get()) != PGRES_TUPLES_OK || PQntuples(found.get()) != 1) {
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        }
        return PQgetvalue(found.get(), 0, 0);
    }

  private:
    std::unique_ptr<PGconn, finish> connection_;
};

// The number of "GET /123 HTTP/1.1"; nothing when it is none.
std::optional<int> number_in(std::string_view head) {
    constexpr std::string_view begin = "GET /";
    int number = 0;
    if (!head.starts_with(begin)) {
        return std::nullopt;
    }
    const auto [end, error] =
        std::from_chars(head.data() + begin.size(), head.data() + head.size(), number);
    return error == std::errc() && *end == ' ' ? std::optional(number) : std::nullopt;
}

std::string answer(const database& words, std::string_view head) {
    const std::optional<int> number = number_in(head);
    const std::string body = number ? words.word_of(*number) : "no number";
    return (number ? "HTTP/1.1 200 OK" : "HTTP/1.1 400 Bad Request") +
           std::string("\r\nContent-Type: text/plain\r\nContent-Length: ") +
           std::to_string(body.size()) + std::string(peers::http_head_end) + body;
}

void serve(int fd, const char* where) {
    peers::send_at_once(fd);
    try {
        const database words(where);
        std::string received;
        char bytes[4096];
        for (ssize_t got = 0; (got = ::recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
            received.append(bytes, static_cast<std::size_t>(got));
            for (std::size_t end = 0;
                 (end = received.find(peers::http_head_end)) != std::string::npos;
                 received.erase(0, end + peers::http_head_end.size())) {
                const std::string whole = answer(words, std::string_view(received).substr(0, end));
                if (::send(fd, whole.data(), whole.size(), MSG_NOSIGNAL) < 0) {
                    break;
                }
            }
        }
    } catch (const std::runtime_error& error) {
        std::fputs(error.what(), stderr);
    }
    ::close(fd);
}

void serve_all(const peers::listening_socket& listener, const char* where) {
    for (;;) {
        const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            threads::thread(serve, fd, where).detach();
        }
    }
}

} // namespace

int main(int, char** arguments) {
    const peers::listening_socket listener;
#ifdef WEFT_PORTED
    peers::announce("ported", WEFT_VERSION, listener.port());
    weft::run([&] { serve_all(listener, arguments[1]); });
#else
    peers::announce("std::thread", (std::string("glibc-") + gnu_get_libc_version()).c_str(),
                    listener.port());
    serve_all(listener, arguments[1]);
#endif
}
