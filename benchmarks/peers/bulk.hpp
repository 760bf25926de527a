// SPDX-License-Identifier: BSL-1.0
// Many bytes through one connection over the loopback interface: a writer and a reader, each a
// thread on a core of its own where there are two. What they write and read with is the runtime's.
#pragma once

#include "benchmarks/peers/answering.hpp"
#include "benchmarks/peers/http_answer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>

#include <sched.h>

namespace peers {

inline constexpr std::size_t piece_size = std::size_t{256} * 1024;
inline constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

inline void run_on(unsigned core) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    ::sched_setaffinity(0, sizeof(only), &only); // where there is no such core, we stay
}

// A connected pair of blocking sockets.
inline std::array<int, 2> loopback_connection() {
    const listening_socket listener;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(listener.port()));
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        throw std::runtime_error("cannot connect to myself");
    }
    const int other = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener.fd());
    return {one, other};
}

// Sends and receives that many MiB and counts the bytes that came. write(fd, piece, times) writes
// the piece so many times, then closes; read(fd, room) reads to the end and returns how much came.
template <class Write, class Read>
answer send_bulk(std::int64_t mebibytes, Write write, Read read) {
    const std::array<int, 2> ends = loopback_connection();
    const std::string piece(piece_size, 'w');
    const auto room = std::make_unique<char[]>(piece_size);
    const stopwatch watch;
    std::thread writer([&] {
        run_on(0);
        write(ends[0], piece, static_cast<std::size_t>(mebibytes) * mebibyte / piece_size);
    });
    std::uint64_t received = 0;
    std::thread reader([&] {
        run_on(1);
        received = read(ends[1], std::span(room.get(), piece_size));
    });
    writer.join();
    reader.join();
    const std::int64_t taken = watch.nanoseconds();
    return {.nanoseconds = taken,
            .check = static_cast<std::int64_t>(received),
            .counters = {{"megabytes_per_second",
                          static_cast<double>(received) * 1e3 / static_cast<double>(taken)}}};
}

} // namespace peers
