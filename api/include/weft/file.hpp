// SPDX-License-Identifier: BSL-1.0
//
// Files: read or written whole, or at a position. No kernel tells when a file is ready to be read,
// so the calls are made on threads, and only the task that made one waits.
#pragma once

#include <weft/detail/export.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weft {

namespace detail {
struct open_file;
}

// All calls here that block do so on threads that the loop keeps for files (at most 16, started
// when they are first needed, apart from those of to_thread), and block this task alone. They throw
// std::system_error with the system's reason, whose text names the call and the path;
// std::invalid_argument when the path holds a null character; not_in_task, no_running_loop;
// std::bad_alloc. Cancellable: the task leaves at once with `cancelled`. What its thread has begun
// goes on, touches no memory of the task's, and run() waits for it at its end. Virtual time stands
// still meanwhile.

// read_file returns all that is in the file, which may grow or shrink meanwhile; files without a
// size (/proc), FIFOs and terminals are read to their end. Waiting for what a FIFO's writer sends
// holds no thread. pathlib.Path.read_bytes.
WEFT_API std::string read_file(const std::filesystem::path& path);

// write_file makes the file (permissions 0666 less the umask) or empties it, and writes all of
// `text`, as std::ofstream does: it does not replace the file by another one, and does not sync it.
// Cancelled: either nothing has been done to the file, or `text` will be written to the end, on a
// thread (to a FIFO, a beginning of it may have been written). After an error a part may have been
// written. A FIFO that nobody has opened for reading: ENXIO. pathlib.Path.write_bytes.
WEFT_API void write_file(const std::filesystem::path& path, std::string_view text);

struct file_options {
    bool read = true;
    bool write = false;
    bool create = false;         // make the file where there is none
    bool exclusive = false;      // with create: EEXIST where there is one
    bool truncate = false;       // empty it
    unsigned permissions = 0666; // of a new file, less the umask
};

// An open file, for reading and writing at any position; files that have none, such as pipes,
// refuse that (ESPIPE). Move-only; belongs to the thread that uses it first (wrong_loop). Any
// number of tasks may use it at once: the operations run side by side, with the order left to the
// kernel.
//
// Closing or destroying it disturbs no operation that has begun: the descriptor is closed, and its
// number free for others, when the last of them has ended. A closed file: std::system_error
// (EBADF).
class WEFT_API file {
  public:
    file() noexcept; // closed
    file(file&&) noexcept;
    file& operator=(file&&) noexcept;
    // Closes without waiting for another thread; the kernel may have to write then (NFS), so where
    // that matters, or the error of it, call close() before.
    ~file();

    // open blocks until the file is open. Options that contradict each other:
    // std::invalid_argument. A cancelled open leaves no descriptor behind.
    static file open(const std::filesystem::path& path, const file_options& options = {});

    // read_at reads from the position `offset` until `out` is full or the file ends, and returns
    // how many bytes that were. Little that is in memory already is read at once, without a thread
    // and without a switch.
    std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) const;
    // The same as a string of at most n bytes, whatever n.
    std::string read_at(std::uint64_t offset, std::size_t n) const;

    // write_at writes all of it at the position `offset`. Cancelled or failed: a beginning of it
    // may have been written.
    void write_at(std::uint64_t offset, std::span<const std::byte> data);
    void write_at(std::uint64_t offset, std::string_view text);
    // append writes all of it at what is the end then, up to 1 MiB in one piece also when other
    // processes append.
    void append(std::span<const std::byte> data);
    void append(std::string_view text);

    // The length in bytes.
    std::uint64_t size() const;
    // Cuts it off there, or lengthens it with zeros.
    void truncate(std::uint64_t size);

    // Blocks until all that was written is on the storage; datasync leaves out what is not needed
    // to read it back, such as the time of writing.
    void sync();
    void datasync();

    // Closes and blocks until the kernel has done so, unless operations still run, whose end it
    // does not wait for. It is closed in any case, whatever is thrown: EIO, EDQUOT and the like
    // tell that what was written is lost. Closing again is fine.
    void close();

    // The descriptor, still the file's; -1 when closed. Do not close it.
    int native_handle() const noexcept;

  private:
    explicit file(std::shared_ptr<detail::open_file> opened) noexcept;
    const std::shared_ptr<detail::open_file>& opened(const char* call) const;

    std::shared_ptr<detail::open_file> opened_;
};

} // namespace weft
