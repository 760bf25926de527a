// SPDX-License-Identifier: BSL-1.0
//
// weft-run PROGRAM ARGUMENTS...: becomes the program, with libweft-interpose.so preloaded. The rest
// happens in the program (start.cpp). What the loader would not preload into anyway, a static
// program or one with rights of its own, is started as it is.
#include "interpose/run_environment.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

// As env, nice and nohup have it.
constexpr int failed_itself = 125;
constexpr int cannot_be_run = 126;
constexpr int not_found = 127;

// The path that execvp() would take; empty when there is none.
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return name;
    }
    const char* path = std::getenv("PATH");
    std::string_view folders = path != nullptr ? path : "/bin:/usr/bin";
    for (;;) {
        const std::size_t colon = folders.find(':');
        const std::string_view folder = folders.substr(0, colon);
        std::string candidate = folder.empty() ? name : std::string(folder) + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) {
            return candidate;
        }
        if (colon == std::string_view::npos) {
            return {};
        }
        folders.remove_prefix(colon + 1);
    }
}

// What an ELF program says of itself; no ELF: nothing.
struct program_kind {
    bool is_elf = false;
    unsigned char width = 0;
    std::string loader; // empty: a static one

    friend bool operator==(const program_kind&, const program_kind&) = default;
};

program_kind kind_of(const std::string& path) {
    std::ifstream program(path, std::ios::binary);
    Elf64_Ehdr header{};
    program_kind kind;
    program.read(reinterpret_cast<char*>(&header), sizeof(header));
    if (!program || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return kind;
    }
    kind.is_elf = true;
    kind.width = header.e_ident[EI_CLASS];
    for (int i = 0; kind.width == ELFCLASS64 && i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        program.seekg(static_cast<std::streamoff>(header.e_phoff) + i * header.e_phentsize);
        program.read(reinterpret_cast<char*>(&segment), sizeof(segment));
        if (program && segment.p_type == PT_INTERP) {
            kind.loader.resize(segment.p_filesz);
            program.seekg(static_cast<std::streamoff>(segment.p_offset));
            program.read(kind.loader.data(), static_cast<std::streamsize>(kind.loader.size()));
        }
    }
    return kind;
}

// Whether the loader would preload our library. A script is as its interpreter is: yes.
bool can_be_preloaded(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return true; // exec says what is wrong
    }
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != ::getuid()) {
        return false;
    }
    if ((status.st_mode & S_ISGID) != 0 && status.st_gid != ::getgid()) {
        return false;
    }
    if (::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
        return false;
    }
    const program_kind kind = kind_of(path);
    return !kind.is_elf || kind == kind_of("/proc/self/exe");
}

// Beside this program, as it was built, or where it was installed to.
std::string library() {
    std::error_code failed;
    const fs::path folder = fs::read_symlink("/proc/self/exe", failed).parent_path();
    for (const fs::path& candidate :
         {folder / WEFT_INTERPOSE_NAME, folder / WEFT_INTERPOSE_FROM_BIN / WEFT_INTERPOSE_NAME,
          fs::path(WEFT_INTERPOSE_INSTALLED) / WEFT_INTERPOSE_NAME}) {
        if (fs::exists(candidate, failed)) {
            return fs::weakly_canonical(candidate, failed).string();
        }
    }
    return {};
}

bool set_up_environment(const std::string& preloaded) {
    const char* before = std::getenv("LD_PRELOAD");
    const std::string value = before != nullptr ? preloaded + ":" + before : preloaded;
    const std::string process = std::to_string(::getpid()) + (before != nullptr ? "+" : "");
    return ::setenv("LD_PRELOAD", value.c_str(), 1) == 0 &&
           ::setenv(weft::interpose::run_variable, process.c_str(), 1) == 0;
}

int usage(int status) {
    std::fputs("usage: weft-run PROGRAM [ARGUMENT...]\n"
               "Runs a program that was written to block on weft's loop: its main is a task, and\n"
               "what blocks in libc suspends that task. See docs/porting.md.\n",
               status == 0 ? stdout : stderr);
    return status;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        return usage(failed_itself);
    }
    if (std::strcmp(argv[1], "--help") == 0) {
        return usage(0);
    }
    if (std::strcmp(argv[1], "--") == 0) {
        ++argv;
        if (--argc < 2) {
            return usage(failed_itself);
        }
    }
    const std::string program = find_program(argv[1]);
    if (program.empty()) {
        std::fprintf(stderr, "weft-run: %s: %s\n", argv[1], std::strerror(ENOENT));
        return not_found;
    }
    if (can_be_preloaded(program)) {
        const std::string preloaded = library();
        if (preloaded.empty() || preloaded.find_first_of(": ") != std::string::npos) {
            std::fprintf(stderr, "weft-run: no %s beside it or in %s%s\n", WEFT_INTERPOSE_NAME,
                         WEFT_INTERPOSE_INSTALLED,
                         preloaded.empty() ? "" : " whose path has neither ':' nor ' '");
            return failed_itself;
        }
        if (!set_up_environment(preloaded)) {
            std::perror("weft-run");
            return failed_itself;
        }
    }
    ::execvp(argv[1], argv + 1);
    std::fprintf(stderr, "weft-run: %s: %s\n", argv[1], std::strerror(errno));
    return errno == ENOENT ? not_found : cannot_be_run;
}
