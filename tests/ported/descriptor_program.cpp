// SPDX-License-Identifier: BSL-1.0
#include "tests/ported/descriptor_program.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace weft::test {

descriptor_program::~descriptor_program() {
    for (const descriptor& d : descriptors_) {
        ::close(d.number);
    }
}

bool descriptor_program::is_socket(const descriptor& d) const {
    return kind_of(d) <= kind::tcp;
}

bool descriptor_program::is_stream(const descriptor& d) const {
    const kind what = kind_of(d);
    return what != kind::unix_datagram && what != kind::unix_packet && what != kind::counter;
}

bool descriptor_program::can(const descriptor& d, use how) const {
    return kind_of(d) != (how == use::read ? kind::pipe_out : kind::pipe_in);
}

const descriptor_program::descriptor* descriptor_program::peer_of(const descriptor& d) const {
    const int peer = all_[std::size_t(d.refers_to)].peer;
    for (const descriptor& other : descriptors_) {
        if (other.refers_to == peer) {
            return &other;
        }
    }
    return nullptr;
}

// Its place, as the numbers of two executions differ.
std::string descriptor_program::name_of(const descriptor& d) const {
    constexpr const char* kinds[] = {"stream",      "datagrams",    "packets", "tcp",
                                     "pipe's read", "pipe's write", "counter"};
    std::size_t place = 0;
    while (place < size() && descriptors_[place].number != d.number) {
        ++place;
    }
    return std::string(kinds[int(kind_of(d))]) + " " + std::to_string(d.refers_to) + " at " +
           std::to_string(place);
}

void descriptor_program::add(int number, int refers_to) {
    descriptors_.push_back({number, refers_to});
}

void descriptor_program::add_pair(const int (&ends)[2], kind first, kind second) {
    const int next = int(all_.size());
    all_.push_back({first, next + 1});
    all_.push_back({second, next});
    add(ends[0], next);
    add(ends[1], next + 1);
}

std::string descriptor_program::result(const std::string& call, long value) const {
    const int error = errno;
    std::string text = call + " = " + std::to_string(value);
    if (value < 0) {
        text += std::string(" ") + ::strerrorname_np(error);
    }
    return text;
}

void descriptor_program::together(const std::function<std::string()>& first,
                                  const std::function<std::string()>& second) {
    std::string of_first;
    std::string of_second;
    beside_([&] { of_first = first(); }, [&] { of_second = second(); });
    say(of_first);
    say("meanwhile " + of_second);
}

// What is sent over TCP is at the other end a moment later: that moment is over on return.
void descriptor_program::arrive(const descriptor& from, int queued_before, long sent) const {
    if (kind_of(from) != kind::tcp) {
        return;
    }
    const descriptor* peer = peer_of(from);
    if (peer == nullptr) { // the answer is a reset
        raw::poll(from.number, POLLHUP, 20);
        return;
    }
    soon([&] {
        return sent > 0 ? raw::queued(peer->number) >= queued_before + sent
                        : raw::ended(peer->number);
    });
}

// The program's view of the descriptors, which must be the kernel's at every moment.
std::string descriptor_program::flags() const {
    std::string text;
    for (const descriptor& d : descriptors_) {
        text += raw::nonblocking(d.number) ? 'n' : 'b';
    }
    return text;
}

void descriptor_program::step() {
    const std::pair<int, void (descriptor_program::*)()> choices[] = {
        {6, &descriptor_program::make},
        {2, &descriptor_program::make_tcp},
        {1, &descriptor_program::connect_to_full_backlog},
        {1, &descriptor_program::refuse_connection},
        {6, &descriptor_program::duplicate},
        {3, &descriptor_program::pass_over},
        {8, &descriptor_program::set_flags},
        {6, &descriptor_program::set_limit},
        {3, &descriptor_program::shut_down},
        {5, &descriptor_program::close_one},
        {3, &descriptor_program::fork_off},
        {2, &descriptor_program::sleep_a_little},
        {4, &descriptor_program::call_wrongly},
        {26, &descriptor_program::read_some},
        {6, &descriptor_program::read_all_of},
        {22, &descriptor_program::write_some},
        {5, &descriptor_program::write_much},
        {3, &descriptor_program::count},
        {8, &descriptor_program::wait_with_poll},
        {6, &descriptor_program::wait_with_select},
        {4, &descriptor_program::wait_with_epoll},
    };
    int all = 0;
    for (const auto& choice : choices) {
        all += choice.first;
    }
    int at = pick(all);
    for (const auto& choice : choices) {
        if ((at -= choice.first) < 0) {
            if (size() < 2) {
                make();
            } else {
                (this->*choice.second)();
            }
            return;
        }
    }
}

std::vector<std::string> descriptor_program::run(int steps) {
    std::vector<std::string> seen;
    const bool trace = std::getenv("WEFT_DIFFERENTIAL_TRACE") != nullptr;
    for (int i = 0; i < steps; ++i) {
        said_.clear();
        step();
        seen.push_back(std::to_string(i) + ": " + said_ + "; flags " + flags());
        if (trace) {
            std::fprintf(stderr, "%s\n", seen.back().c_str());
        }
    }
    return seen;
}

} // namespace weft::test
