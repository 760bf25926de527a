// SPDX-License-Identifier: BSL-1.0
#include "api/io/descriptor.hpp"
#include "api/io/file_calls.hpp"

#include <weft/detail/wait_queue.hpp>
#include <weft/errors.hpp>
#include <weft/file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace weft {

namespace detail {

// Shared by its handle and the operations that run in it.
struct open_file {
    reactor::unique_fd fd;
    std::string path;
    own_thread owner = {};

    file_name named(const char* call) const { return {call, path}; }
};

} // namespace detail

namespace {

using namespace detail;
using held_file = std::shared_ptr<open_file>;

// What a task's memory and a thread exchange at once.
constexpr std::size_t chunk = std::size_t{1024} * 1024;

int flags_of(const file_options& options, const char* call) {
    const char* wrong = !options.read && !options.write        ? "neither read nor write is set"
                        : options.truncate && !options.write   ? "truncate needs write"
                        : options.exclusive && !options.create ? "exclusive needs create"
                                                               : nullptr;
    if (wrong != nullptr) {
        throw std::invalid_argument(fmt::format("{}: {}", call, wrong));
    }
    return (!options.write ? O_RDONLY
            : options.read ? O_RDWR
                           : O_WRONLY) |
           (options.create ? O_CREAT : 0) | (options.exclusive ? O_EXCL : 0) |
           (options.truncate ? O_TRUNC : 0);
}

// The position as the kernel takes it.
off_t position(std::uint64_t offset, std::size_t size, const open_file& f, const char* call) {
    constexpr auto end = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
    if (offset > end || size > end - offset) {
        f.named(call).fail(EFBIG);
    }
    return static_cast<off_t>(offset);
}

// As much as the loop may copy itself.
constexpr std::size_t little = std::size_t{64} * 1024;

// Reads what lies in memory already, all of `out`; false when a thread must do it.
bool read_at_once(const open_file& f, off_t at, std::span<std::byte> out) noexcept {
    iovec into{out.data(), out.size()};
    return out.size() <= little &&
           ::preadv2(f.fd.get(), &into, 1, at, RWF_NOWAIT) == static_cast<ssize_t>(out.size());
}

// How much lies behind the position, as far as the kernel says.
std::size_t size_from(const open_file& f, off_t at) noexcept {
    struct stat about {};
    return ::fstat(f.fd.get(), &about) == 0 && about.st_size > at
               ? static_cast<std::size_t>(about.st_size - at)
               : 0;
}

// One system call that returns 0 or fails, on a thread.
template <class F>
void call_in_thread(const held_file& f, const char* call, F system_call) {
    in_file_thread(call, [f, call, system_call] {
        if (uninterrupted([&] { return system_call(f->fd.get()); }) != 0) {
            f->named(call).fail();
        }
    });
}

// Writes all of `data` by write(fd, data, size, how much was written before), through memory of the
// threads' own. `f` is the caller's own share of the file, which may be closed meanwhile.
template <class Write>
void write_all(const held_file& f, const char* call, std::span<const std::byte> data, Write write) {
    for (std::size_t done = 0; done < data.size();) {
        const auto part = data.subspan(done, std::min(data.size() - done, chunk));
        done += in_file_thread(
            call, [f, call, write, done, copy = std::vector(part.begin(), part.end())] {
                for (std::size_t n = 0; n < copy.size();) {
                    const ssize_t written = uninterrupted([&] {
                        return write(f->fd.get(), copy.data() + n, copy.size() - n, done + n);
                    });
                    if (written <= 0) {
                        f->named(call).fail(written < 0 ? errno : EIO);
                    }
                    n += static_cast<std::size_t>(written);
                }
                return copy.size();
            });
    }
}

} // namespace

// --- ownership ---

file::file() noexcept = default;
file::file(file&&) noexcept = default;
file& file::operator=(file&&) noexcept = default;
file::~file() = default;
file::file(std::shared_ptr<open_file> opened) noexcept : opened_(std::move(opened)) {}

file file::open(const std::filesystem::path& path, const file_options& options) {
    constexpr auto call = "weft::file::open";
    require_running_task(call);
    return file(
        in_file_thread(call, [name = name_of_file(call, path), flags = flags_of(options, call),
                              permissions = options.permissions] {
            return std::make_shared<open_file>(
                open_file{open_descriptor(name, flags, permissions), name.path});
        }));
}

const held_file& file::opened(const char* call) const {
    require_running_task(call);
    if (opened_ == nullptr) {
        throw_closed(call);
    }
    opened_->owner.require(call);
    return opened_;
}

int file::native_handle() const noexcept {
    return opened_ != nullptr ? opened_->fd.get() : -1;
}

void file::close() {
    constexpr auto call = "weft::file::close";
    if (opened_ == nullptr) {
        return;
    }
    held_file f = opened(call);
    opened_.reset();
    if (f.use_count() > 1) {
        return; // the last operation closes
    }
    in_file_thread(call, [f = std::move(f)] {
        if (::close(f->fd.release()) != 0 && errno != EINTR) {
            f->named(call).fail();
        }
    });
}

// --- reading ---

std::size_t file::read_at(std::uint64_t offset, std::span<std::byte> out) const {
    constexpr auto call = "weft::file::read_at";
    const held_file f = opened(call);
    const off_t at = position(offset, out.size(), *f, call);
    if (read_at_once(*f, at, out)) {
        return out.size();
    }
    for (std::size_t done = 0;;) {
        const std::size_t size = std::min(out.size() - done, chunk);
        const std::string came = in_file_thread(call, [f, size, from = at + off_t(done)] {
            std::string bytes(size, '\0');
            std::size_t got = 0;
            while (got < size) {
                const ssize_t n = uninterrupted([&] {
                    return ::pread(f->fd.get(), bytes.data() + got, size - got, from + off_t(got));
                });
                if (n < 0) {
                    f->named(call).fail();
                }
                if (n == 0) {
                    break;
                }
                got += static_cast<std::size_t>(n);
            }
            bytes.resize(got);
            return bytes;
        });
        std::memcpy(out.data() + done, came.data(), came.size());
        done += came.size();
        if (came.size() < size || done == out.size()) {
            return done;
        }
    }
}

std::string file::read_at(std::uint64_t offset, std::size_t n) const {
    constexpr auto call = "weft::file::read_at";
    const held_file f = opened(call);
    const off_t at = position(offset, 0, *f, call);
    if (std::string text(std::min(n, little), '\0');
        text.size() == n && read_at_once(*f, at, std::as_writable_bytes(std::span(text)))) {
        return text;
    }
    auto bytes = std::make_unique<gathered_bytes>();
    for (bool ended = false; !ended && bytes->size() < n;) {
        auto back = in_file_thread(call, [=, bytes = std::move(bytes)]() mutable {
            const std::size_t most = std::min(n - bytes->size(), most_at_once);
            bytes->expect(std::min(n, size_from(*f, at)));
            const ssize_t last = bytes->fill(most, [&](char* out, std::size_t size) {
                return ::pread(f->fd.get(), out, size, at + off_t(bytes->size()));
            });
            if (last < 0) {
                f->named(call).fail();
            }
            return std::pair(std::move(bytes), last == 0);
        });
        bytes = std::move(back.first);
        ended = back.second;
    }
    return std::move(*bytes).take();
}

// --- writing ---

void file::write_at(std::uint64_t offset, std::span<const std::byte> data) {
    constexpr auto call = "weft::file::write_at";
    const held_file f = opened(call);
    const off_t at = position(offset, data.size(), *f, call);
    write_all(f, call, data, [at](int fd, const void* from, std::size_t size, std::size_t done) {
        return ::pwrite(fd, from, size, at + off_t(done));
    });
}

void file::write_at(std::uint64_t offset, std::string_view text) {
    write_at(offset, std::as_bytes(std::span(text)));
}

void file::append(std::span<const std::byte> data) {
    constexpr auto call = "weft::file::append";
    const held_file f = opened(call);
    write_all(f, call, data, [](int fd, const void* from, std::size_t size, std::size_t) {
        const iovec piece{const_cast<void*>(from), size};
        const ssize_t n = ::pwritev2(fd, &piece, 1, 0, RWF_APPEND);
        return n < 0 && errno == EOPNOTSUPP ? ::write(fd, from, size) : n; // a device has no end
    });
}

void file::append(std::string_view text) {
    append(std::as_bytes(std::span(text)));
}

// --- the rest ---

std::uint64_t file::size() const {
    constexpr auto call = "weft::file::size";
    return in_file_thread(call, [f = opened(call)] {
        struct stat about {};
        if (::fstat(f->fd.get(), &about) != 0) {
            f->named(call).fail();
        }
        return static_cast<std::uint64_t>(about.st_size);
    });
}

void file::truncate(std::uint64_t size) {
    constexpr auto call = "weft::file::truncate";
    const held_file f = opened(call);
    call_in_thread(f, call,
                   [end = position(size, 0, *f, call)](int fd) { return ::ftruncate(fd, end); });
}

void file::sync() {
    constexpr auto call = "weft::file::sync";
    call_in_thread(opened(call), call, [](int fd) { return ::fsync(fd); });
}

void file::datasync() {
    constexpr auto call = "weft::file::datasync";
    call_in_thread(opened(call), call, [](int fd) { return ::fdatasync(fd); });
}

} // namespace weft
