// SPDX-License-Identifier: BSL-1.0
//
// weft inside a loop that somebody else wrote: a plain poll() over a keyboard (here a pipe, and a
// thread for the typist), which serves weft as one more descriptor. The tasks block as ever; the
// foreign loop hands them keys through a queue. A GUI does the same with its own way to watch a
// descriptor.
//
//     19_embedding
#include <weft/weft.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include <poll.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

void type_slowly(int keyboard) {
    for (const char* key : {"w", "q"}) {
        std::this_thread::sleep_for(100ms);
        if (::write(keyboard, key, 1) != 1) {
            return;
        }
    }
}

// What poll() understands: milliseconds, rounded up, -1 for no limit.
int as_poll_timeout(std::optional<weft::clock::duration> t) {
    return t ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*t).count()) : -1;
}

} // namespace

int main() {
    int keyboard[2];
    if (::pipe(keyboard) != 0) {
        return 1;
    }
    std::jthread typist(type_slowly, keyboard[1]);

    weft::runner inside;
    weft::queue<char> keys;
    auto work = inside.get_loop().submit([&] {
        auto ticking = weft::spawn([] {
            weft::sleep_for(50ms);
            std::puts("task: a timer ran out");
        });
        for (char key = keys.get(); key != 'q'; key = keys.get()) {
            std::printf("task: key %c\n", key);
        }
        ticking.get();
    });

    while (inside.poll()) {
        // Asked before every sleep: it also prepares the descriptor.
        const int timeout = as_poll_timeout(inside.next_timeout());
        pollfd watched[] = {{keyboard[0], POLLIN, 0}, {inside.fd(), POLLIN, 0}};
        ::poll(watched, 2, timeout);
        char key = 0;
        if ((watched[0].revents & POLLIN) != 0 && ::read(keyboard[0], &key, 1) == 1) {
            std::printf("loop: key %c\n", key);
            keys.try_put(key); // wakes the task, which goes on in the next poll()
        }
    }
    work.get();
    std::puts("nothing left to do");
}
