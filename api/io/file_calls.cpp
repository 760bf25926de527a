// SPDX-License-Identifier: BSL-1.0
#include "api/io/file_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include <fcntl.h>

namespace weft::detail {

void file_name::fail(int error_number) const {
    throw std::system_error(error_number, std::system_category(),
                            fmt::format("{}: {}", call, path));
}

file_name name_of_file(const char* call, const std::filesystem::path& path) {
    const std::string& text = path.native();
    if (text.find('\0') != std::string::npos) {
        throw std::invalid_argument(
            fmt::format("{}: the path holds a null character, where the system would cut it off: "
                        "\"{}\"",
                        call, text.c_str()));
    }
    return {call, text};
}

reactor::unique_fd open_descriptor(const file_name& name, int flags, mode_t permissions) {
    const auto open = [&](int more) {
        return uninterrupted([&] {
            return ::open(name.path.c_str(), flags | more | O_CLOEXEC | O_NOCTTY, permissions);
        });
    };
    int fd = open(O_NONBLOCK);
    if (fd < 0 && errno == EWOULDBLOCK) {
        fd = open(0); // a file that another process has a lease on, which ends soon
    }
    if (fd < 0) {
        name.fail();
    }
    return reactor::unique_fd(fd);
}

void gathered_bytes::make_room() {
    constexpr std::size_t smallest = 4096;
    constexpr std::size_t step = std::size_t{1024} * 1024;
    if (text_.capacity() < expected_ + 1) {
        text_.reserve(expected_ + 1);
    }
    if (filled_ < text_.size()) {
        return;
    }
    // Not more than a step at once: the bytes that resize() clears are then still at hand when they
    // are overwritten.
    const std::size_t wanted = filled_ + std::clamp(filled_, smallest, step);
    text_.resize(filled_ <= expected_ ? std::min(wanted, expected_ + 1) : wanted);
}

} // namespace weft::detail
