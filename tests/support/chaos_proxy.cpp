// SPDX-License-Identifier: BSL-1.0
#include "tests/support/chaos_proxy.hpp"

#include <chrono>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace weft::test {

using namespace std::chrono_literals;

struct chaos_proxy::connection {
    stream near; // the client's side
    stream far;
    std::size_t& broken_connections;
    bool broken = false;

    void note_break() { broken_connections += std::exchange(broken, true) ? 0 : 1; }
    // Both ends get a reset in place of an end.
    void reset() {
        note_break();
        for (stream* s : {&near, &far}) {
            const linger at_once{1, 0};
            if (s->native_handle() >= 0) {
                ::setsockopt(s->native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
            }
            s->close();
        }
    }
};

chaos_proxy::chaos_proxy(std::uint16_t target, const chaos_options& options)
    : target_(target), options_(options), listener_("127.0.0.1", 0) {
    server_ = spawn({.name = "chaos proxy"}, [this] { serve(); });
}

void chaos_proxy::serve() {
    std::uint64_t count = 0;
    with_task_group([&](task_group& group) {
        for (;;) {
            group.spawn([this, near = listener_.accept(), number = ++count]() mutable {
                connection c{std::move(near), stream(), broken_};
                try {
                    c.far = open_connection("127.0.0.1", target_);
                    gather([&] { pass_on(c, c.near, c.far, number * 2); },
                           [&] { pass_on(c, c.far, c.near, number * 2 + 1); });
                } catch (const std::system_error&) {
                    c.reset(); // one end has gone, and the other one is to learn it
                }
            });
        }
    });
}

void chaos_proxy::pass_on(connection& c, stream& from, stream& to, std::uint64_t seed) {
    std::mt19937_64 random(options_.seed * 1'000'003 + seed);
    const auto up_to = [&random](std::size_t n) { return random() % (n + 1); };
    const auto strikes = [&](int of_a_thousand) { return up_to(999) < std::size_t(of_a_thousand); };
    for (;;) {
        const std::string piece = from.read(1 + up_to(options_.largest - 1));
        if (piece.empty()) {
            to.shutdown_write();
            return;
        }
        if (strikes(options_.reset)) {
            c.reset();
            return;
        }
        if (strikes(options_.half_closed)) {
            c.note_break();
            to.shutdown_write();
            from.read_all(); // it may go on sending
            return;
        }
        if (strikes(options_.stalled)) {
            sleep_for(200ms);
        }
        if (strikes(options_.delayed)) {
            sleep_for(std::chrono::microseconds(up_to(3000)));
        }
        if (options_.a_millisecond > 0) {
            sleep_for(1ms * piece.size() / options_.a_millisecond);
        }
        if (strikes(options_.cut)) {
            for (const char& byte : piece) {
                to.write(std::string_view(&byte, 1));
                yield();
            }
        } else {
            to.write(piece);
        }
    }
}

} // namespace weft::test
