// SPDX-License-Identifier: BSL-1.0
//
// What read_until() and read_line() must say of some bytes, in the plainest words, and the stream's
// own answer when the bytes come in pieces. The pieces must not matter.
#pragma once

#include <weft/weft.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/ioctl.h>
#include <sys/socket.h>

namespace weft::test {

struct separated_input {
    std::string bytes;
    std::vector<std::size_t> cuts; // positions in `bytes`, ascending
    std::string separator;         // empty: read_line()
    std::size_t limit = 0;
};

// What successive calls answered, one line each. After limit_overrun a byte is taken by itself, so
// that there is an end.
using answers = std::vector<std::string>;

inline answers expected_answers(const separated_input& in) {
    answers all;
    const std::string separator = in.separator.empty() ? "\n" : in.separator;
    for (std::string_view rest = in.bytes;;) {
        const std::size_t at = rest.find(separator);
        const bool found = at != std::string_view::npos;
        const std::size_t end = found ? at + separator.size() : rest.size();
        if (end > in.limit) {
            all.push_back("overrun");
            rest.remove_prefix(1);
        } else if (found) {
            all.push_back("found " + std::string(rest.substr(0, end)));
            rest.remove_prefix(end);
        } else {
            all.push_back((in.separator.empty() ? "found " : "incomplete ") + std::string(rest));
            return all;
        }
    }
}

inline answers answers_of(stream& s, const separated_input& in) {
    answers all;
    s.set_read_limit(in.limit);
    for (;;) {
        try {
            all.push_back("found " +
                          (in.separator.empty() ? s.read_line() : s.read_until(in.separator)));
            if (in.separator.empty() && (all.back() == "found " || all.back().back() != '\n')) {
                return all;
            }
        } catch (const limit_overrun&) {
            all.push_back("overrun");
            s.read_exactly(1);
        } catch (const incomplete_read& e) {
            all.push_back("incomplete " + e.partial());
            return all;
        }
    }
}

// In a task. Each piece has been taken in by the stream before the next one comes.
inline answers answers_to_pieces(const separated_input& in) {
    int fds[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return {"no sockets"};
    }
    stream near = stream::from_socket(fds[0]);
    stream far = stream::from_socket(fds[1]);
    auto reader = spawn([&] { return answers_of(near, in); });
    std::size_t begin = 0;
    const auto send_up_to = [&](std::size_t end) {
        far.write(std::string_view(in.bytes).substr(begin, end - begin));
        begin = end;
        int left = 1;
        while (left > 0 && !reader.done() && ::ioctl(near.native_handle(), FIONREAD, &left) == 0) {
            yield();
        }
    };
    for (const std::size_t cut : in.cuts) {
        send_up_to(cut);
    }
    send_up_to(in.bytes.size());
    far.close();
    return reader.get();
}

} // namespace weft::test
