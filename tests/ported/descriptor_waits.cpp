// SPDX-License-Identifier: BSL-1.0
//
// Steps that wait for several descriptors at once.
#include "tests/ported/descriptor_program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>

#include <sys/epoll.h>
#include <sys/select.h>

namespace weft::test {

namespace {

using clock = std::chrono::steady_clock;

std::string too_early(clock::time_point begin, int milliseconds) {
    return clock::now() - begin < std::chrono::milliseconds(milliseconds) ? " before its time" : "";
}

} // namespace

std::vector<descriptor_program::descriptor> descriptor_program::some_descriptors() {
    std::vector<descriptor> chosen;
    for (int n = 1 + pick(4); n > 0; --n) {
        chosen.push_back(pick_descriptor());
    }
    return chosen;
}

// One of those that are waited for to be readable, whose other end is open, so that a write there
// ends the wait. Only one that is asked for once: of two the kernel may see one before the write
// and one after it. Null: there is none.
const descriptor_program::descriptor*
descriptor_program::one_to_feed(const std::vector<descriptor>& listening,
                                const std::vector<descriptor>& all) const {
    for (const descriptor& d : listening) {
        const auto same = [&](const descriptor& other) { return other.refers_to == d.refers_to; };
        if (can(d, use::read) && peer_of(d) != nullptr &&
            std::count_if(all.begin(), all.end(), same) == 1) {
            return &d;
        }
    }
    return nullptr;
}

void descriptor_program::wait_with_poll() {
    const std::vector<descriptor> chosen = some_descriptors();
    std::vector<pollfd> asked;
    std::string where;
    constexpr short events[] = {POLLIN, POLLIN, POLLOUT, POLLIN | POLLOUT, POLLPRI, POLLRDHUP};
    for (const descriptor& d : chosen) {
        asked.push_back({d.number, events[pick(6)], 0});
        where += name_of(d) + ", ";
    }
    if (chance(20)) {
        asked.push_back({chance(50) ? -1 : 100'000, POLLIN, 77});
    }
    const bool with_mask = chance(30);
    const auto poll = [=](int milliseconds) {
        std::vector<pollfd> all = asked;
        const auto begin = clock::now();
        const timespec limit = {0, milliseconds * 1'000'000L};
        const int n = with_mask ? ::ppoll(all.data(), all.size(),
                                          milliseconds < 0 ? nullptr : &limit, nullptr)
                                : ::poll(all.data(), all.size(), milliseconds);
        std::string text = where + "poll " + std::to_string(milliseconds) + " = " +
                           std::to_string(n) + (n == 0 ? too_early(begin, milliseconds) : "");
        for (const pollfd& one : all) {
            text += " " + std::to_string(one.events) + ":" + std::to_string(one.revents);
        }
        return text;
    };
    std::vector<pollfd> now = asked;
    const bool waits = ::syscall(SYS_poll, now.data(), now.size(), 0) == 0;
    std::vector<descriptor> listening;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if ((asked[i].events & POLLIN) != 0) {
            listening.push_back(chosen[i]);
        }
    }
    const descriptor* to_feed = one_to_feed(listening, chosen);
    if (!waits || to_feed == nullptr || chance(30)) {
        return say(poll(waits || chance(50) ? pick(5) : -1));
    }
    const std::size_t size = kind_of(*to_feed) == kind::counter ? 8 : 1 + std::size_t(pick(100));
    together([=] { return poll(-1); }, [=, this, one = *to_feed] { return feed(one, size, 0); });
}

void descriptor_program::wait_with_select() {
    const std::vector<descriptor> chosen = some_descriptors();
    std::vector<int> purposes; // bits: read, write, except
    std::vector<descriptor> listening;
    std::string where;
    int highest = -1;
    for (const descriptor& d : chosen) {
        if (d.number >= FD_SETSIZE) {
            return;
        }
        purposes.push_back(1 + pick(7));
        highest = std::max(highest, d.number);
        where += name_of(d) + ", ";
        if ((purposes.back() & 1) != 0) {
            listening.push_back(d);
        }
    }
    const bool exact = chance(30);
    const auto select = [=](int milliseconds, bool raw_call) {
        fd_set sets[3];
        for (int i = 0; i < 3; ++i) {
            FD_ZERO(&sets[i]);
            for (std::size_t j = 0; j < chosen.size(); ++j) {
                if ((purposes[j] & (1 << i)) != 0) {
                    FD_SET(chosen[j].number, &sets[i]);
                }
            }
        }
        timeval limit = {0, milliseconds * 1'000L};
        const timespec exact_limit = {0, milliseconds * 1'000'000L};
        const auto begin = clock::now();
        int n = 0;
        if (raw_call) {
            n = int(::syscall(SYS_select, highest + 1, &sets[0], &sets[1], &sets[2], &limit));
        } else if (exact) {
            n = ::pselect(highest + 1, &sets[0], &sets[1], &sets[2],
                          milliseconds < 0 ? nullptr : &exact_limit, nullptr);
        } else {
            n = ::select(highest + 1, &sets[0], &sets[1], &sets[2],
                         milliseconds < 0 ? nullptr : &limit);
        }
        std::string text = where + "select " + std::to_string(milliseconds) + " = " +
                           std::to_string(n) + (n == 0 ? too_early(begin, milliseconds) : "");
        if (n == 0 && !exact && (limit.tv_sec != 0 || limit.tv_usec != 0)) {
            text += " and time left";
        }
        for (std::size_t j = 0; j < chosen.size(); ++j) {
            text += " " + std::to_string(purposes[j]) + ":";
            for (const fd_set& set : sets) {
                text += FD_ISSET(chosen[j].number, &set) ? "1" : "0";
            }
        }
        return std::pair(n, text);
    };
    const bool waits = select(0, true).first == 0;
    const descriptor* to_feed = one_to_feed(listening, chosen);
    if (!waits || to_feed == nullptr || chance(30)) {
        return say(select(waits || chance(50) ? pick(5) : -1, false).second);
    }
    const std::size_t size = kind_of(*to_feed) == kind::counter ? 8 : 1 + std::size_t(pick(100));
    together([=] { return select(-1, false).second; },
             [=, this, one = *to_feed] { return feed(one, size, 0); });
}

void descriptor_program::wait_with_epoll() {
    const std::vector<descriptor> chosen = some_descriptors();
    std::string where;
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    const std::uint32_t more = chance(30) ? std::uint32_t{EPOLLET} : chance(30) ? EPOLLONESHOT : 0U;
    constexpr std::uint32_t events[] = {EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLRDHUP};
    std::vector<descriptor> listening;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        epoll_event event{events[pick(4)] | more, {}};
        event.data.u64 = i;
        const int added = ::epoll_ctl(set, EPOLL_CTL_ADD, chosen[i].number, &event);
        where += name_of(chosen[i]) + " " + result("added", added) + ", ";
        if (added == 0 && (event.events & EPOLLIN) != 0) {
            listening.push_back(chosen[i]);
        }
    }
    const bool with_mask = chance(30);
    const auto wait = [=](int milliseconds) {
        std::array<epoll_event, 8> found{};
        const auto begin = clock::now();
        const int n = with_mask ? ::epoll_pwait(set, found.data(), 8, milliseconds, nullptr)
                                : ::epoll_wait(set, found.data(), 8, milliseconds);
        std::string text = where + "epoll_wait " + std::to_string(milliseconds) + " = " +
                           std::to_string(n) + (n == 0 ? too_early(begin, milliseconds) : "");
        std::map<std::uint64_t, std::uint32_t> in_order;
        for (int i = 0; i < n; ++i) {
            in_order[found[std::size_t(i)].data.u64] = found[std::size_t(i)].events;
        }
        for (const auto& [which, events_of_it] : in_order) {
            text += " " + std::to_string(which) + ":" + std::to_string(events_of_it);
        }
        return text;
    };
    const bool waits = !raw::readable(set);
    const descriptor* to_feed = one_to_feed(listening, chosen);
    if (!waits || to_feed == nullptr || chance(30)) {
        say(wait(waits || chance(50) ? pick(5) : -1));
    } else {
        const std::size_t size =
            kind_of(*to_feed) == kind::counter ? 8 : 1 + std::size_t(pick(100));
        together([=] { return wait(-1); },
                 [=, this, one = *to_feed] { return feed(one, size, 0); });
    }
    ::close(set);
}

} // namespace weft::test
