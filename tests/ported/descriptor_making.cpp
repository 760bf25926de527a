// SPDX-License-Identifier: BSL-1.0
//
// Steps that make, share, change and close descriptors.
#include "tests/ported/descriptor_program.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace weft::test {

namespace {

constexpr std::size_t most_descriptors = 14;

// A socket that listens on a free port of 127.0.0.1.
struct tcp_listener {
    explicit tcp_listener(int flags = 0)
        : number(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {
        socklen_t size = sizeof(address);
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(number, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(number, 5);
        ::getsockname(number, reinterpret_cast<sockaddr*>(&address), &size);
    }
    ~tcp_listener() { ::close(number); }
    tcp_listener(const tcp_listener&) = delete;
    tcp_listener& operator=(const tcp_listener&) = delete;

    int connect(int from) const {
        return ::connect(from, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    }

    int number;
    sockaddr_in address{};
};

// What is sent is there at once, and not when something else has been acknowledged.
int send_at_once(int number) {
    const int on = 1;
    ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return number;
}

int tcp_socket(int flags = 0) {
    return send_at_once(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

} // namespace

void descriptor_program::make() {
    if (size() >= most_descriptors) {
        return close_one();
    }
    const int unblocked = chance(25) ? SOCK_NONBLOCK : 0; // O_NONBLOCK, EFD_NONBLOCK
    int ends[2] = {-1, -1};
    constexpr std::pair<int, kind> sockets[] = {{SOCK_STREAM, kind::unix_stream},
                                                {SOCK_DGRAM, kind::unix_datagram},
                                                {SOCK_SEQPACKET, kind::unix_packet}};
    const int which = pick(6);
    if (which == 0) {
        const int number = ::eventfd(unsigned(pick(3)), EFD_CLOEXEC | unblocked);
        say(result("eventfd", number < 0 ? -1 : 0));
        all_.push_back({kind::counter, int(all_.size())});
        return add(number, int(all_.size()) - 1);
    }
    if (which < 3) {
        say(result("pipe2", ::pipe2(ends, O_CLOEXEC | unblocked)));
        return add_pair(ends, kind::pipe_in, kind::pipe_out);
    }
    const auto& [type, what] = sockets[which - 3];
    say(result("socketpair " + std::to_string(type),
               ::socketpair(AF_UNIX, type | SOCK_CLOEXEC | unblocked, 0, ends)));
    add_pair(ends, what, what);
}

// A connection by connect and accept, one of which waits for the other.
void descriptor_program::make_tcp() {
    if (size() >= most_descriptors) {
        return close_one();
    }
    const int order = pick(4);
    const tcp_listener listening(order == 3 ? SOCK_NONBLOCK : 0);
    int ends[2] = {tcp_socket(order == 2 ? SOCK_NONBLOCK : 0), -1};
    const auto connect = [&] { return result("connect", listening.connect(ends[0])); };
    const auto accept = [&](int flags) {
        ends[1] = ::accept4(listening.number, nullptr, nullptr, SOCK_CLOEXEC | flags);
        return result("accept", ends[1] < 0 ? -1 : 0);
    };
    if (order == 0) { // the accept waits
        together([&] { return accept(0); }, connect);
    } else if (order == 1) { // nothing waits
        say(connect());
        say(accept(chance(50) ? SOCK_NONBLOCK : 0));
        say(result("again", listening.connect(ends[0])));
    } else if (order == 2) { // the connect is not waited for
        say(connect());
        pollfd there = {ends[0], POLLOUT, 0};
        say(result("poll", ::poll(&there, 1, -1)) + " " + std::to_string(there.revents));
        say(accept(0));
    } else { // nobody is there, and nobody comes in time
        say(accept(0));
        ::fcntl(listening.number, F_SETFL, 0);
        const timeval limit{0, 3'000};
        ::setsockopt(listening.number, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        say(accept(0));
        say(connect());
        say(accept(0));
    }
    send_at_once(ends[1]);
    add_pair(ends, kind::tcp, kind::tcp);
}

void descriptor_program::refuse_connection() {
    sockaddr_in nobody{};
    {
        const tcp_listener gone;
        nobody = gone.address;
    }
    const int number = tcp_socket(chance(30) ? SOCK_NONBLOCK : 0);
    const auto connect = [&] {
        return ::connect(number, reinterpret_cast<const sockaddr*>(&nobody), sizeof(nobody));
    };
    say(result("connect to nobody", connect()));
    if (raw::nonblocking(number)) {
        pollfd there = {number, POLLOUT, 0};
        say(result("poll", ::poll(&there, 1, -1)) + " " + std::to_string(there.revents));
        say(result("again", connect()));
    }
    ::close(number);
}

// A UNIX socket's connect waits until the queue of those that nobody has accepted has room.
void descriptor_program::connect_to_full_backlog() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socklen_t size = sizeof(address.sun_family); // the kernel chooses a name
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listening, reinterpret_cast<const sockaddr*>(&address), size);
    size = sizeof(address);
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listening, 0);
    const auto socket = [](int flags = 0) {
        return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    };
    const auto connect = [&](int from) {
        return result("connect",
                      ::connect(from, reinterpret_cast<const sockaddr*>(&address), size));
    };
    const int clients[3] = {socket(), socket(), socket(SOCK_NONBLOCK)};
    int accepted[2] = {-1, -1};
    const auto accept = [&](int& where) {
        where = ::accept(listening, nullptr, nullptr);
        return result("accept", where < 0 ? -1 : 0);
    };
    say(connect(clients[0]));
    say(connect(clients[2]));
    const timeval limit{0, 5'000};
    const bool in_time = chance(50);
    if (in_time) {
        together([&] { return connect(clients[1]); }, [&] { return accept(accepted[0]); });
        say(accept(accepted[1]));
    } else {
        ::setsockopt(clients[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        say(connect(clients[1]));
        say(accept(accepted[0]));
    }
    for (const int number :
         {clients[0], clients[1], clients[2], accepted[0], accepted[1], listening}) {
        if (number >= 0) {
            ::close(number);
        }
    }
}

void descriptor_program::duplicate() {
    const std::size_t from = std::size_t(pick(int(size())));
    const descriptor d = descriptors_[from];
    const std::string where = name_of(d) + ": ";
    if (size() >= most_descriptors || chance(40)) { // onto another one, which is closed by that
        const std::size_t onto = std::size_t(pick(int(size())));
        const int target = descriptors_[onto].number;
        const bool with_flags = chance(50);
        const int made =
            with_flags ? ::dup3(d.number, target, O_CLOEXEC) : ::dup2(d.number, target);
        say(where + result(with_flags ? "dup3" : "dup2", made < 0 ? -1 : 0) + " onto " +
            name_of(descriptors_[onto]));
        if (made >= 0) {
            descriptors_[onto].refers_to = d.refers_to;
        }
        return;
    }
    const int way = pick(3);
    const int made = way == 0   ? ::dup(d.number)
                     : way == 1 ? ::fcntl(d.number, F_DUPFD, 30)
                                : ::fcntl(d.number, F_DUPFD_CLOEXEC, 0);
    say(where + result("dup", made < 0 ? -1 : 0));
    add(made, d.refers_to);
}

// A descriptor goes through a socket, and another one of the same description comes out.
void descriptor_program::pass_over() {
    const descriptor d = pick_descriptor();
    if (size() >= most_descriptors) {
        return close_one();
    }
    int way[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way);
    char byte = 'p';
    iovec one = {&byte, 1};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    const auto message = [&] {
        msghdr m{};
        m.msg_iov = &one;
        m.msg_iovlen = 1;
        m.msg_control = space;
        m.msg_controllen = sizeof(space);
        return m;
    };
    msghdr sent = message();
    cmsghdr* head = CMSG_FIRSTHDR(&sent);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &d.number, sizeof(int));
    int received = -1;
    const auto receive = [&] {
        alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
        char in = 0;
        iovec part = {&in, 1};
        msghdr m{};
        m.msg_iov = &part;
        m.msg_iovlen = 1;
        m.msg_control = room;
        m.msg_controllen = sizeof(room);
        const long got = ::recvmsg(way[1], &m, MSG_CMSG_CLOEXEC);
        if (const cmsghdr* h = CMSG_FIRSTHDR(&m)) {
            std::memcpy(&received, CMSG_DATA(h), sizeof(int));
        }
        return result("recvmsg", got);
    };
    together(receive, [&] { return result("sendmsg", ::sendmsg(way[0], &sent, 0)); });
    say(name_of(d) + (received >= 0 ? " passed over" : " lost"));
    ::close(way[0]);
    ::close(way[1]);
    if (received >= 0) {
        add(received, d.refers_to);
    }
}

void descriptor_program::set_flags() {
    const descriptor d = pick_descriptor();
    int on = chance(40) ? 1 : 0;
    const std::string where = name_of(d) + ": ";
    if (chance(40)) {
        say(where + result("FIONBIO " + std::to_string(on), ::ioctl(d.number, FIONBIO, &on)));
    } else {
        const int before = ::fcntl(d.number, F_GETFL);
        const int after = on != 0 ? before | O_NONBLOCK : before & ~O_NONBLOCK;
        say(where + "flags " + std::to_string(before) + ", " +
            result("F_SETFL " + std::to_string(after), ::fcntl(d.number, F_SETFL, after)));
    }
}

void descriptor_program::set_limit() {
    const descriptor d = pick_descriptor();
    const int option = chance(50) ? SO_RCVTIMEO : SO_SNDTIMEO;
    const timeval limit{0, chance(50) ? 0 : 8'000};
    timeval told{-1, -1};
    socklen_t size = sizeof(told);
    say(name_of(d) + ": " +
        result("limit " + std::to_string(option) + " " + std::to_string(limit.tv_usec),
               ::setsockopt(d.number, SOL_SOCKET, option, &limit, sizeof(limit))));
    ::getsockopt(d.number, SOL_SOCKET, option, &told, &size);
    say("it is " + std::to_string(told.tv_sec) + " s " + std::to_string(told.tv_usec) + " us");
}

void descriptor_program::shut_down() {
    const descriptor d = pick_descriptor();
    if (kind_of(d) == kind::unix_datagram) { // who waits there is not told
        return set_flags();
    }
    const int how = kind_of(d) == kind::tcp ? SHUT_WR : pick(3);
    const int done = ::shutdown(d.number, how);
    say(name_of(d) + ": " + result("shutdown " + std::to_string(how), done));
    if (done == 0 && peer_of(d) != nullptr) {
        arrive(d, 0, 0);
    }
}

void descriptor_program::close_one() {
    const std::size_t index = std::size_t(pick(int(size())));
    const descriptor d = descriptors_[index];
    say(name_of(d) + ": " + result("close", ::close(d.number)));
    descriptors_.erase(descriptors_.begin() + long(index));
    const descriptor* peer = kind_of(d) == kind::tcp ? peer_of(d) : nullptr;
    for (const descriptor& other : descriptors_) {
        if (other.refers_to == d.refers_to) {
            return; // the connection lives on
        }
    }
    if (peer != nullptr) {
        soon([&] { return raw::ended(peer->number); });
    }
}

// The child looks at the flags, and moves bytes over what it shares with the program.
void descriptor_program::fork_off() {
    const descriptor d = pick_descriptor();
    const bool may_read = kind_of(d) != kind::counter && can(d, use::read) &&
                          !raw::nonblocking(d.number) &&
                          raw::limit(d.number, SO_RCVTIMEO).count() == 0;
    const std::string where = name_of(d) + ": ";
    const std::string flags_before = flags();
    const bool by_wait4 = chance(50);
    const auto child = [=, this](bool reads) {
        const pid_t id = ::fork();
        if (id == 0) {
            char byte = 0;
            const long got = reads ? ::read(d.number, &byte, 1) : 0;
            const bool same = flags() == flags_before;
            ::_exit(int(got < 0 ? errno : (unsigned(byte) % 64U)) + (same ? 0 : 128));
        }
        int status = -1;
        const pid_t ended = by_wait4 ? ::wait4(id, &status, 0, nullptr) : ::waitpid(id, &status, 0);
        return where + "child " + (ended == id ? "ended " : "lost ") + std::to_string(status);
    };
    if (!may_read) {
        return say(child(false));
    }
    if (raw::readable(d.number)) {
        return say(child(true));
    }
    if (peer_of(d) == nullptr) {
        return say(child(false));
    }
    // The child may not have begun when the bytes come.
    together([=] { return child(true); }, [=, this] { return feed(d, 1, 0); });
}

void descriptor_program::sleep_a_little() {
    const int microseconds = pick(3'000);
    const auto begin = std::chrono::steady_clock::now();
    const timespec length = {0, microseconds * 1'000L};
    const int way = pick(4);
    const int done = way == 0   ? ::usleep(unsigned(microseconds))
                     : way == 1 ? ::nanosleep(&length, nullptr)
                     : way == 2 ? ::clock_nanosleep(CLOCK_MONOTONIC, 0, &length, nullptr)
                                : ::poll(nullptr, 0, microseconds / 1'000);
    const auto at_least =
        std::chrono::microseconds(way == 3 ? microseconds / 1'000 * 1'000 : microseconds);
    say(result("sleep " + std::to_string(microseconds), done) +
        (std::chrono::steady_clock::now() - begin < at_least ? " before its time" : ""));
}

void descriptor_program::call_wrongly() {
    const descriptor d = pick_descriptor();
    const std::string where = name_of(d) + ": ";
    char byte = 'x';
    constexpr int closed = 100'000;
    timespec no_time = {0, -1};
    pollfd one = {d.number, POLLIN, 0};
    epoll_event event{};
    switch (pick(10)) {
    case 0:
        return say(result("read of nothing open", ::read(closed, &byte, 1)));
    case 1:
        return say(result("send on nothing open", ::send(closed, &byte, 1, 0)));
    case 2:
        return say(result("close of nothing open", ::close(closed)));
    case 3:
        return say(where + result("accept", ::accept(d.number, nullptr, nullptr)));
    case 4:
        return say(where + result("lseek", ::lseek(d.number, 0, SEEK_CUR)));
    case 5:
        return say(result("nanosleep of no time", ::nanosleep(&no_time, nullptr)));
    case 6:
        return say(where + result("ppoll for no time", ::ppoll(&one, 1, &no_time, nullptr)));
    case 7:
        return say(where + result("epoll_wait", ::epoll_wait(d.number, &event, 1, -1)));
    case 8:
        return say(result("waitpid for no child", ::waitpid(-1, nullptr, 0)));
    default:
        return say(where + result("fcntl", ::fcntl(d.number, 9'999)));
    }
}

} // namespace weft::test
