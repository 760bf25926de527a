// SPDX-License-Identifier: BSL-1.0
// postgresql: see the header.
#include "benchmarks/scenarios/postgresql.hpp"

#include "benchmarks/scenarios/interrupt.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

namespace files = std::filesystem;
using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr const char* own_user = "postgres"; // whom the package makes; the server refuses root

// Debian keeps each version's programs in a folder of its own.
std::optional<std::string> program(const std::string& name) {
    std::error_code none;
    for (const auto& version : files::directory_iterator("/usr/lib/postgresql", none))
        if (files::exists(version.path() / "bin" / name))
            return version.path() / "bin" / name;
    for (const char* folder : {"/usr/local/bin/", "/usr/bin/"})
        if (files::exists(folder + name))
            return folder + name;
    return std::nullopt;
}

const passwd* user_instead_of_root() {
    return ::geteuid() == 0 ? ::getpwnam(own_user) : nullptr;
}

// Runs in the child between fork and exec. The rights go first: a change of them would make the
// kernel forget whom to tell of the parent's end.
[[noreturn]] void become(char** words, const passwd* user, pid_t parent, int in, int log) {
    ::setpgid(0, 0); // Ctrl-C is ours to pass on
    if (user != nullptr && (::initgroups(user->pw_name, user->pw_gid) != 0 ||
                            ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::getppid() != parent)
        ::_exit(1);
    ::dup2(in, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(words[0], words);
    ::_exit(127);
}

} // namespace

postgresql::postgresql(const std::string& setup, int most_connections) {
    if (const std::string why = missing(); !why.empty())
        throw std::runtime_error("PostgreSQL: " + why);
    const std::string initdb = *program("initdb");
    const std::string postgres = *program("postgres");
    folder_ = files::temp_directory_path() / "weft-bench-postgresql-XXXXXX";
    if (::mkdtemp(folder_.data()) == nullptr)
        throw std::system_error(errno, std::system_category(), folder_);
    try {
        const passwd* const user = user_instead_of_root();
        if (::geteuid() == 0 &&
            (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0))
            throw std::runtime_error("PostgreSQL refuses to be run by root, and its user "
                                     "\"postgres\" is missing; install postgresql");
        const std::string data = folder_ + "/data";
        run({initdb, "-D", data, "-U", "weft", "-A", "trust", "--no-sync", "--no-instructions",
             "--encoding=UTF8", "--locale=C"},
            "");
        run({postgres, "--single", "-D", data, "-c", "fsync=off", "postgres"}, setup);
        pid_ = start({postgres, "-D", data, "-k", folder_, "-c", "listen_addresses=", "-c",
                      "fsync=off", "-c", "autovacuum=off", "-c",
                      "max_connections=" + std::to_string(most_connections)},
                     "");
        wait_until_ready();
    } catch (...) {
        end();
        throw;
    }
}

std::string postgresql::missing() {
    return program("initdb") && program("postgres") ? "" : "missing; install postgresql";
}

postgresql::~postgresql() {
    end();
}

std::string postgresql::connection_info() const {
    return "host=" + folder_ + " user=weft dbname=postgres";
}

std::string postgresql::log() const {
    std::ifstream file(folder_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
}

pid_t postgresql::start(const std::vector<std::string>& words, const std::string& input) const {
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string input_file = folder_ + "/input";
    std::ofstream(input_file) << input;
    const int in = ::open(input_file.c_str(), O_RDONLY | O_CLOEXEC);
    const int log =
        ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const passwd* const user = user_instead_of_root();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0)
        become(arguments.data(), user, parent, in, log);
    ::close(in);
    ::close(log);
    if (child < 0)
        throw std::system_error(errno, std::system_category(), words[0] + ": fork");
    return child;
}

void postgresql::run(const std::vector<std::string>& words, const std::string& input) const {
    const pid_t child = start(words, input);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (interrupt_came())
        throw interrupted{};
    if (status != 0 || log().find("ERROR:") != std::string::npos)
        throw std::runtime_error(words[0] + " failed: " + log());
}

void postgresql::wait_until_ready() {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (log().find("system is ready to accept connections") == std::string::npos) {
        if (interrupt_came())
            throw interrupted{};
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
            throw std::runtime_error("PostgreSQL does not start: " + log());
        }
        if (std::chrono::steady_clock::now() > give_up)
            throw std::runtime_error("PostgreSQL is not ready after a minute: " + log());
        std::this_thread::sleep_for(5ms);
    }
}

// SIGQUIT ends all its processes at once; SIGKILL would leave shared memory behind.
void postgresql::end() {
    if (pid_ > 0) {
        ::kill(pid_, SIGQUIT);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    std::error_code ignored;
    files::remove_all(folder_, ignored);
}

} // namespace bench
