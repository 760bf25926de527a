// SPDX-License-Identifier: BSL-1.0
//
// Steps that move bytes: each way to read and to write, alone where the call does not wait, beside
// the call that it waits for where it does.
#include "tests/ported/descriptor_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include <sys/uio.h>

namespace weft::test {

namespace {

// The kernel's own time limits are of its clock's ticks.
constexpr std::chrono::milliseconds one_tick(4);

constexpr const char* ways_to_read[] = {"read", "readv", "recv", "recvfrom", "recvmsg"};
constexpr const char* ways_to_write[] = {"write", "writev", "send", "sendto", "sendmsg"};

std::string flag_names(int flags) {
    std::string text;
    for (const auto& [flag, name] : {std::pair{MSG_DONTWAIT, " DONTWAIT"},
                                     {MSG_PEEK, " PEEK"},
                                     {MSG_WAITALL, " WAITALL"},
                                     {MSG_TRUNC, " TRUNC"}}) {
        if ((flags & flag) != 0) {
            text += name;
        }
    }
    return text;
}

} // namespace

std::string descriptor_program::read_from(int fd, int form, std::size_t size, int flags) const {
    std::string bytes(size + 1, '\0'); // + 1: an address also for nothing
    std::array<iovec, 2> parts = {iovec{bytes.data(), size / 2},
                                  iovec{bytes.data() + size / 2, size - size / 2}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2;
    const auto begin = std::chrono::steady_clock::now();
    long got = 0;
    errno = 0;
    switch (form) {
    case 0:
        got = ::read(fd, bytes.data(), size);
        break;
    case 1:
        got = ::readv(fd, parts.data(), 2);
        break;
    case 2:
        got = ::recv(fd, bytes.data(), size, flags);
        break;
    case 3:
        got = ::recvfrom(fd, bytes.data(), size, flags, nullptr, nullptr);
        break;
    default:
        got = ::recvmsg(fd, &message, flags);
    }
    const int error = errno;
    const auto took = std::chrono::steady_clock::now() - begin;
    const auto limit = raw::limit(fd, SO_RCVTIMEO);
    errno = error;
    std::string text = result(std::string(ways_to_read[form]) + " " + std::to_string(size) +
                                  flag_names(form >= 2 ? flags : 0),
                              got);
    if (got > 0) {
        text += " " + digest({bytes.data(), std::min(std::size_t(got), size)});
    }
    if (form == 4 && got >= 0) {
        text += flag_names(message.msg_flags);
    }
    if (got < 0 && error == EAGAIN && limit.count() > 0 && !raw::nonblocking(fd) &&
        (flags & MSG_DONTWAIT) == 0 && took + one_tick < limit) {
        text += " before its time";
    }
    return text;
}

std::string descriptor_program::write_to(int fd, int form, std::size_t size, int flags) {
    std::string bytes = std::to_string(++written_) + ".";
    bytes.resize(size, char('a' + written_ % 26));
    std::array<iovec, 2> parts = {iovec{bytes.data(), size / 3},
                                  iovec{bytes.data() + size / 3, size - size / 3}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2;
    long put = 0;
    switch (form) {
    case 0:
        put = ::write(fd, bytes.data(), size);
        break;
    case 1:
        put = ::writev(fd, parts.data(), 2);
        break;
    case 2:
        put = ::send(fd, bytes.data(), size, flags);
        break;
    case 3:
        put = ::sendto(fd, bytes.data(), size, flags, nullptr, 0);
        break;
    default:
        put = ::sendmsg(fd, &message, flags);
    }
    return result(std::string(ways_to_write[form]) + " " + std::to_string(size) +
                      flag_names(form >= 2 ? flags : 0),
                  put);
}

// Does what the read from `waiting` waits for, by the other end. `ending`: 0 writes in one piece, 1
// in two, 2 writes half and says that no more comes.
std::string descriptor_program::feed(const descriptor& waiting, std::size_t size, int ending) {
    const descriptor peer = *peer_of(waiting);
    std::string text = raw::nonblocking(waiting.number) ? "sees n, " : "sees b, ";
    const std::size_t first = ending == 0 ? size : size / 2;
    if (first > 0 || ending == 0) {
        text += write_to(peer.number, 0, first, 0);
    }
    if (ending == 1) {
        text += ", " + write_to(peer.number, 1, size - first, 0);
    }
    if (ending == 2 && is_socket(peer)) {
        text += ", " + result("shutdown", ::shutdown(peer.number, SHUT_WR));
    } else if (ending == 2) {
        while (const descriptor* open = peer_of(waiting)) {
            text += ", " + result("close", ::close(open->number));
            descriptors_.erase(descriptors_.begin() + (open - descriptors_.data()));
        }
    }
    return text;
}

void descriptor_program::read_some() {
    const descriptor d = pick_descriptor();
    if (kind_of(d) == kind::counter) {
        return count();
    }
    const int form = is_socket(d) || chance(5) ? pick(5) : pick(2);
    constexpr std::array<std::size_t, 5> sizes = {0, 1, 10, 100, 5000};
    std::size_t wanted = sizes[std::size_t(pick(5))];
    if (kind_of(d) == kind::tcp && wanted == 0 && raw::limit(d.number, SO_RCVTIMEO).count() > 0) {
        wanted = 1; // out of time means 0 there, by an accident of the kernel's
    }
    constexpr std::array<int, 6> all_flags = {0, 0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL};
    const int flags = form >= 2 ? all_flags[std::size_t(pick(6))] : 0;
    const std::string where = name_of(d) + ": ";
    const auto read = [=, this] { return where + read_from(d.number, form, wanted, flags); };

    const bool all = flags == MSG_WAITALL && is_stream(d) && wanted > 0;
    const bool at_once = (form < 2 && wanted == 0) || !can(d, use::read) ||
                         (form >= 2 && !is_socket(d)) || raw::nonblocking(d.number) ||
                         flags == MSG_DONTWAIT || raw::limit(d.number, SO_RCVTIMEO).count() > 0;
    const int there = raw::queued(d.number);
    const bool enough =
        all ? std::size_t(there) >= wanted || raw::ended(d.number) : raw::readable(d.number);
    if (at_once || enough) {
        return say(read());
    }
    if (peer_of(d) == nullptr) {
        return say(where + "nobody could end a read");
    }
    const int missing = all ? int(wanted) - there : 1 + pick(int(wanted) + 50);
    const int ending = !is_stream(d) ? 0 : chance(15) ? 2 : all ? pick(2) : 0;
    // The end comes alone: a part before it might be read with it, or before.
    const std::size_t size = ending == 2 && !all ? 0 : std::size_t(missing);
    together(read, [=, this] { return feed(d, size, ending); });
    if (kind_of(d) == kind::tcp && ending != 2 && !all) {
        const int left = flags == MSG_PEEK ? missing : std::max(0, missing - int(wanted));
        soon([&] { return raw::queued(d.number) >= left; });
    }
}

// Everything that is there, so that not all connections are full in the end.
void descriptor_program::read_all_of() {
    const descriptor d = pick_descriptor();
    if (kind_of(d) == kind::counter || !can(d, use::read)) {
        return count();
    }
    std::string bytes(1 << 20, '\0');
    long total = 0;
    long got = 0;
    std::uint32_t packets = 0;
    std::string all;
    while (raw::readable(d.number) && (got = ::read(d.number, bytes.data(), bytes.size())) > 0) {
        all.append(bytes, 0, std::size_t(got));
        total += got;
        ++packets;
    }
    say(name_of(d) + ": " + result("all of it", total) + " " + digest(all) +
        (is_stream(d) ? "" : " in " + std::to_string(packets)));
}

// Reads from the other end of `from` until `wanted` bytes have come, or, of packets, until one of
// that size has.
std::string descriptor_program::drain(const descriptor& from, std::size_t wanted) const {
    const descriptor reader = *peer_of(from);
    std::string text = raw::nonblocking(from.number) ? "sees n, " : "sees b, ";
    std::string bytes(1 << 16, '\0');
    std::string all;
    while (all.size() < wanted) {
        pollfd there = {reader.number, POLLIN, 0};
        ::poll(&there, 1, -1);
        const std::size_t most = is_stream(from) ? wanted - all.size() : bytes.size();
        const long got = ::read(reader.number, bytes.data(), std::min(most, bytes.size()));
        if (got < 0 && errno == EAGAIN) {
            continue;
        }
        if (got <= 0) {
            return text + result("drain", got);
        }
        if (!is_stream(from) && std::size_t(got) == wanted) {
            return text + "drained";
        }
        if (is_stream(from)) {
            all.append(bytes, 0, std::size_t(got));
        }
    }
    return text + "drained " + std::to_string(all.size()) + " " + digest(all);
}

void descriptor_program::write_some() {
    const descriptor d = pick_descriptor();
    if (kind_of(d) == kind::counter) {
        return count();
    }
    const int form = is_socket(d) || chance(5) ? pick(5) : pick(2);
    constexpr std::array<std::size_t, 5> sizes = {0, 1, 100, 1000, 4000};
    std::size_t size = sizes[std::size_t(pick(5))];
    const int flags = MSG_NOSIGNAL | (chance(20) ? MSG_DONTWAIT : 0);
    const std::string where = name_of(d) + ": ";
    const int queued_before = peer_of(d) == nullptr ? 0 : raw::queued(peer_of(d)->number);
    const bool at_once = raw::nonblocking(d.number) || (form >= 2 && (flags & MSG_DONTWAIT) != 0) ||
                         !can(d, use::write) || (form >= 2 && !is_socket(d)) ||
                         raw::limit(d.number, SO_SNDTIMEO).count() > 0 || raw::writable(d.number) ||
                         peer_of(d) == nullptr;
    if (at_once) {
        const std::string text = write_to(d.number, form, size, flags);
        say(where + text);
        if (!text.ends_with("E") && size > 0 && text.find("= -1") == std::string::npos) {
            arrive(d, queued_before, long(size));
        }
        return;
    }
    // A packet of a size of its own, by which the other side knows it.
    size = is_stream(d) ? size : 5000 + std::size_t(written_);
    const std::size_t wanted = is_stream(d) ? std::size_t(queued_before) + size : size;
    together([=, this] { return where + write_to(d.number, form, size, flags); },
             [=, this] { return drain(d, wanted); });
}

// More than any buffer holds: the blocking call takes all of it.
void descriptor_program::write_much() {
    const descriptor d = pick_descriptor();
    if (!is_stream(d) || !can(d, use::write) || peer_of(d) == nullptr) {
        return write_some();
    }
    const int form = is_socket(d) ? pick(5) : pick(2);
    const std::size_t size = 300'000 + std::size_t(pick(1'500'000));
    const std::string where = name_of(d) + ": ";
    if (raw::nonblocking(d.number) || raw::limit(d.number, SO_SNDTIMEO).count() > 0) {
        if (kind_of(d) != kind::tcp) { // of that nobody knows how much it takes
            say(where + write_to(d.number, form, size, MSG_NOSIGNAL));
        }
        return;
    }
    const std::size_t wanted = std::size_t(raw::queued(peer_of(d)->number)) + size;
    together([=, this] { return where + write_to(d.number, form, size, MSG_NOSIGNAL); },
             [=, this] { return drain(d, wanted); });
}

// An eventfd: a number that is read when it is not zero, and added to when there is room.
void descriptor_program::count() {
    const descriptor d = pick_descriptor();
    if (kind_of(d) != kind::counter) {
        return make();
    }
    const std::string where = name_of(d) + ": ";
    const auto read = [=, this] {
        std::uint64_t value = 0;
        const long got = ::read(d.number, &value, sizeof(value));
        return result(where + "read", got) + " value " + std::to_string(value);
    };
    const auto write = [=, this](std::uint64_t value) {
        return result(where + "add " + std::to_string(value),
                      ::write(d.number, &value, sizeof(value)));
    };
    constexpr std::uint64_t most = 0xfffffffffffffffe;
    if (chance(50)) {
        if (raw::nonblocking(d.number) || raw::readable(d.number)) {
            return say(read());
        }
        return together(read, [=] { return write(7); });
    }
    // To the top only from zero: of what is between, poll() says that there is room, and an add of
    // more than that blocks the thread; O_NONBLOCK for a moment would be seen by other threads.
    const std::uint64_t value = chance(30) && !raw::readable(d.number) ? most : 3;
    if (raw::nonblocking(d.number) || raw::writable(d.number)) {
        return say(write(value));
    }
    together([=] { return write(3); }, read);
}

} // namespace weft::test
