// SPDX-License-Identifier: BSL-1.0
//
// What a read that finds data costs on a task over libc's own: on a socket and on a pipe. The bar:
// 60 ns.
//
// Both ways take turns in short rounds, with the same bytes lying ready, and the fastest round of
// each counts: what else the machine does can only make a round slower. Where the kernel itself
// charges more for a read that does not block (a pipe's goes by preadv2), that is counted too, and
// shown beside it.
#include <weft/posix.hpp>
#include <weft/run.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

constexpr int reads = 32; // in one round
constexpr int rounds = 20'000;
constexpr double bar = 60; // ns

ssize_t by_libc(int fd, char* out) {
    return ::read(fd, out, 1);
}

ssize_t by_weft(int fd, char* out) {
    return weft::posix::read(fd, out, 1);
}

// The system calls alone that weft makes.
ssize_t receive(int fd, char* out) {
    return ::recv(fd, out, 1, MSG_DONTWAIT);
}

ssize_t read_nowait(int fd, char* out) {
    const iovec piece{out, 1};
    return ::preadv2(fd, &piece, 1, -1, RWF_NOWAIT);
}

using one_read = ssize_t (*)(int fd, char* out);

double ns_a_read(one_read read_it, int from, int to) {
    for (int i = 0; i < reads; ++i) {
        if (::write(to, "x", 1) != 1) {
            return 1e9;
        }
    }
    char c = 0;
    int got = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < reads; ++i) {
        got += read_it(from, &c) == 1 ? 1 : 0;
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return got == reads ? took.count() / reads : 1e9;
}

// Returns how much more weft's takes, and says so.
double compare(const char* what, int from, int to, one_read kernel_only) {
    std::array<one_read, 3> ways{&by_libc, &by_weft, kernel_only};
    std::array<double, 3> best{1e9, 1e9, 1e9};
    for (int i = 0; i < rounds; ++i) {
        for (std::size_t k = 0; k < ways.size(); ++k) {
            best[k] = std::min(best[k], ns_a_read(ways[k], from, to));
        }
    }
    const double more = best[1] - best[0];
    std::printf(
        "a read from a %s: libc's %.0f ns, weft::posix::read on a task %.0f ns, %.0f ns more "
        "(the kernel's part of that: %.0f; bar: at most %.0f)  %s\n",
        what, best[0], best[1], more, best[2] - best[0], bar, more <= bar ? "PASS" : "MISS");
    return more;
}

} // namespace

int main() {
    std::array<double, 2> more{};
    weft::run([&] {
        std::array<int, 2> s{};
        std::array<int, 2> p{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, s.data()) != 0 || ::pipe(p.data()) != 0) {
            std::perror("posix_calls");
            return;
        }
        more[0] = compare("socket", s[0], s[1], &receive);
        more[1] = compare("pipe", p[0], p[1], &read_nowait);
    });
    return std::max(more[0], more[1]) <= bar ? 0 : 1;
}
