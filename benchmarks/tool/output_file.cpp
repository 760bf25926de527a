// SPDX-License-Identifier: BSL-1.0
// output_file: see the header.
#include "benchmarks/tool/output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace bench {

namespace {

[[noreturn]] void fail(int error, const std::string& path) {
    throw std::system_error(error, std::system_category(), path);
}

bool is_plain(const std::string& path) { // or new; anything else (a pipe, /dev/null) is written to
    struct stat status {};
    return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

} // namespace

void require_writable(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (std::filesystem::is_directory(path))
        fail(EISDIR, path);
    if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0)
        fail(errno, path);
    if (::access(path.c_str(), F_OK) == 0 && ::access(path.c_str(), W_OK) != 0)
        fail(errno, path);
}

void write_file(const std::string& path, std::string_view content) {
    const std::string target = is_plain(path) ? path + ".new" : path;
    errno = 0;
    std::ofstream file(target, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file)
        fail(errno != 0 ? errno : EIO, path);
    if (target != path && std::rename(target.c_str(), path.c_str()) != 0)
        fail(errno, path);
}

} // namespace bench
