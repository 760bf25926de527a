// SPDX-License-Identifier: BSL-1.0
// Many bytes through weft's streams, a loop in each of the two threads.
#include "benchmarks/peers/bulk.hpp"

#include <weft/weft.hpp>

namespace {

void write(int fd, const std::string& piece, std::size_t times) {
    weft::run([&] {
        weft::stream to = weft::stream::from_socket(fd);
        while (times-- > 0) {
            to.write(piece);
        }
    });
}

std::uint64_t read(int fd, std::span<char> room) {
    return weft::run([&] {
        weft::stream from = weft::stream::from_socket(fd);
        std::uint64_t all = 0;
        while (const std::size_t n = from.read_some(std::as_writable_bytes(room))) {
            all += n;
        }
        return all;
    });
}

peers::answer bulk(std::int64_t mebibytes) {
    return peers::send_bulk(mebibytes, write, read);
}

} // namespace

int main() {
    return peers::answer_commands("weft", WEFT_VERSION, {{"bulk", bulk}});
}
