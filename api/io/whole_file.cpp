// SPDX-License-Identifier: BSL-1.0
//
// Files read and written whole. What cannot be ready at once (FIFOs, terminals) says so, and is
// then waited for on the loop, between two calls on a thread.
#include "api/io/file_calls.hpp"

#include <weft/file.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft {

namespace {

using namespace detail;

std::size_t describe_path(const fibers::wait_site& site, char* out, std::size_t size) noexcept {
    const auto& name = *static_cast<const file_name*>(site.object);
    return std::min(fmt::format_to_n(out, size, "{}", name.path).size, size);
}

// Parks the running task until the other end of a FIFO, or a person, has done something.
void wait_for_other_end(int fd, reactor::direction d, const file_name& name) {
    reactor::readiness& descriptors = loop_core::running()->descriptors();
    fibers::wait_site site{.operation = name.call, .object = &name, .describe = &describe_path};
    descriptors.forget(fd); // whatever the number stood for before
    const reactor::wait_result result = descriptors.wait(fd, d, site);
    descriptors.forget(fd);
    switch (result) {
    case reactor::wait_result::ready:
        return;
    case reactor::wait_result::cancelled:
        throw_cancelled_here();
    case reactor::wait_result::bad_descriptor:
        name.fail(EBADF);
    default:
        name.fail(ENOSPC); // the kernel watches no more descriptors
    }
}

enum class progress : std::uint8_t { more, not_ready, ended };

// The end of one turn on a thread: 0, -1 with errno, or more.
progress progress_after(ssize_t n, const file_name& name) {
    if (n < 0 && errno != EAGAIN) {
        name.fail();
    }
    return n > 0 ? progress::more : n < 0 ? progress::not_ready : progress::ended;
}

struct reading {
    file_name name;
    reactor::unique_fd fd = {};
    gathered_bytes bytes = {};
    progress at = progress::more;
    bool watched = false; // by the loop

    void begin() {
        fd = open_descriptor(name, O_RDONLY, 0);
        struct stat about {};
        if (::fstat(fd.get(), &about) != 0) {
            name.fail();
        }
        if (S_ISFIFO(about.st_mode)) {
            at = progress::not_ready; // before its first writer has come, it looks like ended
            return;
        }
        if (S_ISREG(about.st_mode)) {
            bytes.expect(static_cast<std::size_t>(about.st_size));
        }
        go_on();
    }
    void go_on() {
        const ssize_t n = bytes.fill(most_at_once, [this](char* out, std::size_t size) {
            return ::read(fd.get(), out, size);
        });
        at = progress_after(n, name);
    }
};

struct writing {
    file_name name;
    std::string text;
    reactor::unique_fd fd = {};
    std::size_t written = 0;
    progress at = progress::more;
    bool watched = false; // by the loop, to which closing it then belongs

    void begin() {
        fd = open_descriptor(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        go_on();
    }
    void go_on() {
        ssize_t n = 1;
        while (written < text.size() && n > 0) {
            n = uninterrupted(
                [this] { return ::write(fd.get(), text.data() + written, text.size() - written); });
            written += n > 0 ? static_cast<std::size_t>(n) : 0;
        }
        if (n == 0) {
            name.fail(EIO); // no progress, and no reason
        }
        at = progress_after(written < text.size() ? n : 0, name);
        if (at == progress::ended && !watched && ::close(fd.release()) != 0 && errno != EINTR) {
            name.fail();
        }
    }
};

// Runs a transfer to its end. It belongs to whoever works on it, this task or a thread.
template <class Transfer>
std::unique_ptr<Transfer> transfer_all(std::unique_ptr<Transfer> t, reactor::direction d) {
    const char* const call = t->name.call;
    t = in_file_thread(call, [t = std::move(t)]() mutable {
        t->begin();
        return std::move(t);
    });
    while (t->at != progress::ended) {
        if (t->at == progress::not_ready) {
            t->watched = true;
            wait_for_other_end(t->fd.get(), d, t->name);
        }
        t = in_file_thread(call, [t = std::move(t)]() mutable {
            t->go_on();
            return std::move(t);
        });
    }
    return t;
}

} // namespace

std::string read_file(const std::filesystem::path& path) {
    constexpr auto call = "weft::read_file";
    require_running_task(call);
    auto done = transfer_all(std::make_unique<reading>(reading{name_of_file(call, path)}),
                             reactor::direction::read);
    return std::move(done->bytes).take();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
    constexpr auto call = "weft::write_file";
    require_running_task(call);
    transfer_all(std::make_unique<writing>(writing{name_of_file(call, path), std::string(text)}),
                 reactor::direction::write);
}

} // namespace weft
