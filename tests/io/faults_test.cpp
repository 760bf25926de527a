// SPDX-License-Identifier: BSL-1.0
//
// A client and a server talk while one of their system calls says something else than usual: at the
// first call, then in a fresh world at the second, and so on. What passes is not noticed; what does
// not is told by exactly that error, and nothing is left.
#include "tests/support/api_stderr.hpp"
#include "tests/support/io_system_calls.hpp"
#include "tests/support/net_streams.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

namespace weft::test {
namespace {

using faults = net_test;

struct exchange_end {
    std::multiset<int> errors; // of both sides
    bool complete = false;
};

const std::string body = pattern(20'000);

void serve(listener& l) {
    stream s = l.accept();
    const std::string head = s.read_line();
    const std::string rest = s.read_exactly(body.size());
    s.write({head, rest});
    s.write("end");
    s.shutdown_write();
    EXPECT_EQ(s.read_all(), "");
}

std::string ask(std::uint16_t port) {
    stream s = open_connection("127.0.0.1", port);
    s.write({"head\n", body});
    std::string answer = s.read_line();
    answer += s.read_exactly(body.size());
    s.shutdown_write();
    return answer + s.read_until("end");
}

// Both sides, in virtual time: pauses cost nothing.
exchange_end exchange() {
    exchange_end end;
    const auto note_errors = [&end](auto side) {
        try {
            side();
        } catch (const std::system_error& e) {
            end.errors.insert(e.code().value());
        } catch (const incomplete_read&) {
            end.errors.insert(ECONNRESET); // the other side's end comes as an end or as a reset
        }
    };
    std::unique_ptr<listener> l;
    note_errors([&] { l = std::make_unique<listener>("127.0.0.1", 0); });
    if (l == nullptr) {
        return end;
    }
    const std::uint16_t port = l->local_endpoint().port();
    auto server = spawn([&] {
        note_errors([&] { serve(*l); });
        l.reset(); // who is not accepted learns it
    });
    note_errors([&] { end.complete = ask(port) == "head\n" + body + "end"; });
    if (!end.complete && l != nullptr) {
        l->close();
    }
    server.get();
    return end;
}

// What one call says instead.
struct fault {
    system_call where;
    int error_number; // 0: it transfers one byte
};

// An exchange in which the nth call of the fault's kind is struck; false when there is none.
bool exchange_with(const fault& f, int nth, exchange_end& end) {
    bool struck = false;
    in_virtual_time([&] {
        int count = 0;
        const system_call_hook hook([&](system_call_hook::call& c) {
            if (c.which != f.where || ++count != nth) {
                return 0;
            }
            struck = true;
            c.size = f.error_number == 0 ? std::min<std::size_t>(c.size, 1) : c.size;
            return f.error_number;
        });
        end = exchange();
    });
    return struck;
}

std::string name_of(const fault& f) {
    return std::string(name_of(f.where)) + ": " +
           (f.error_number == 0 ? "one byte" : ::strerror(f.error_number));
}

template <class Check>
void at_every_call(const std::vector<fault>& all, Check check) {
    for (const fault& f : all) {
        SCOPED_TRACE(name_of(f));
        int nth = 1;
        for (exchange_end end; exchange_with(f, nth, end); ++nth) {
            SCOPED_TRACE("call " + std::to_string(nth));
            check(f, end);
            ASSERT_LT(nth, 1000);
        }
        EXPECT_GT(nth, 1) << "there is no such call";
    }
}

TEST_F(faults, that_pass_are_not_noticed) {
    const stderr_lines said; // a lack of descriptors is reported
    using enum system_call;
    at_every_call({{recv, EINTR},
                   {recv, EAGAIN},
                   {recv, 0},
                   {send, EINTR},
                   {send, EAGAIN},
                   {send, 0},
                   {sendmsg, EINTR},
                   {sendmsg, EAGAIN},
                   {sendmsg, 0},
                   {accept4, EINTR},
                   {accept4, EAGAIN},
                   {accept4, ECONNABORTED},
                   {accept4, EPROTO},
                   {accept4, EMFILE},
                   {accept4, ENFILE},
                   {accept4, ENOBUFS},
                   {accept4, ENOMEM}},
                  [](const fault&, const exchange_end& end) {
                      EXPECT_TRUE(end.complete);
                      EXPECT_TRUE(end.errors.empty());
                  });
}

TEST_F(faults, that_do_not_pass_are_told_as_they_are) {
    using enum system_call;
    at_every_call({{recv, ECONNRESET},
                   {recv, ETIMEDOUT},
                   {recv, ENOMEM},
                   {sendmsg, ECONNRESET},
                   {sendmsg, EPIPE},
                   {sendmsg, ENOBUFS},
                   {send, ECONNRESET},
                   {send, EPIPE},
                   {accept4, EINVAL},
                   {connect, ECONNREFUSED},
                   {connect, ENETUNREACH},
                   {socket, EMFILE},
                   {socket, ENOBUFS}},
                  [](const fault& f, exchange_end& end) {
                      EXPECT_GE(end.errors.count(f.error_number), 1U);
                      end.errors.erase(f.error_number);
                      for (const int other : end.errors) {
                          EXPECT_TRUE(other == ECONNRESET || other == EPIPE || other == ENOTCONN ||
                                      other == EBADF)
                              << ::strerror(other);
                      }
                  });
}

TEST_F(faults, a_kernel_that_watches_no_more_descriptors) {
    using enum system_call;
    at_every_call({{epoll_ctl, ENOSPC}, {epoll_ctl, ENOMEM}},
                  [](const fault&, exchange_end& end) { EXPECT_GE(end.errors.count(ENOSPC), 1U); });
}

} // namespace
} // namespace weft::test
