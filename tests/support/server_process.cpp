// SPDX-License-Identifier: BSL-1.0
#include "tests/support/server_process.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::test {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s; // on a loaded machine, under a sanitizer, everything takes longer

// Arguments: folder, signal, command. Its standard input is the lifeline. The second process reads
// it, because a shell that waits for a child does nothing else; the server may not have its session
// yet when it must go already.
constexpr auto keeper_script = R"(
folder=$1 signal=$2; shift 2
exec 3<&0 </dev/null 2>/dev/null
setsid "$@" 3<&- >>"$folder/log" 2>&1 &
server=$!
{
    read -r _ <&3
    until [ -e "$folder/ended" ] || kill -s "$signal" -- -$server; do sleep 0.02; done
} &
wait $server
echo $? >"$folder/ended"
wait
[ -e "$folder/keep" ] || rm -rf "$folder"
)";

pid_t spawn(const std::vector<std::string>& words, const posix_spawn_file_actions_t& actions,
            const posix_spawnattr_t* attributes = nullptr) {
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    pid_t child = -1;
    const int error =
        ::posix_spawnp(&child, arguments[0], &actions, attributes, arguments.data(), environ);
    if (error != 0) {
        throw std::system_error(error, std::system_category(), words[0]);
    }
    return child;
}

// A connection attempt by a port that is nobody's ends at once; the socket is closed in any case.
bool accepts_connections(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(static_cast<in_port_t>(port));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0;
    ::close(fd);
    return connected;
}

} // namespace

int server_process::free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(here);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
        throw std::system_error(errno, std::system_category(), "a free port");
    }
    ::close(fd);
    return ntohs(here.sin_port);
}

server_process::server_process(const std::string& name, options how) : options_(std::move(how)) {
    std::string folder = "/tmp/weft-" + name + "-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        throw std::system_error(errno, std::system_category(), folder);
    }
    folder_ = folder;
    if (::geteuid() == 0 && !options_.user.empty()) {
        const passwd* who = ::getpwnam(options_.user.c_str());
        if (who == nullptr || ::chown(folder.c_str(), who->pw_uid, who->pw_gid) != 0) {
            throw std::runtime_error(name + " refuses to be run by root, and its user " +
                                     options_.user + " is not there: is the package installed?");
        }
    }
}

server_process::~server_process() {
    end();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> server_process::as_its_user(std::vector<std::string> words) const {
    if (::geteuid() == 0 && !options_.user.empty()) {
        const std::vector<std::string> prefix = {"setpriv", "--reuid=" + options_.user,
                                                 "--regid=" + options_.user, "--init-groups"};
        words.insert(words.begin(), prefix.begin(), prefix.end());
    }
    return words;
}

void server_process::prepare(const std::vector<std::string>& words) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, (folder_ / "log").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    const pid_t child = spawn(as_its_user(words), actions);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        throw std::runtime_error(words[0] + " failed: " + log());
    }
}

void server_process::launch(const std::vector<std::string>& words) {
    std::vector<std::string> all = {
        "/bin/sh", "-c", keeper_script, "weft-test-server", folder_.string(), options_.end_signal};
    const auto command = as_its_user(words);
    all.insert(all.end(), command.begin(), command.end());

    std::array<int, 2> lifeline{};
    if (::pipe2(lifeline.data(), O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::system_category(), "a pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, lifeline[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    // Signals for this program's group, such as the terminal's, are not for the keeper.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    keeper_ = spawn(all, actions, &attributes);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(lifeline[0]);
    lifeline_ = lifeline[1];
}

// False: it ended first.
bool server_process::comes_up_at(int port) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!std::filesystem::exists(folder_ / "ended")) {
        if (options_.ready.empty() ? accepts_connections(port)
                                   : log().find(options_.ready) != std::string::npos) {
            return true;
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("the server does not come up: " + log());
        }
        std::this_thread::sleep_for(2ms);
    }
    return false;
}

int server_process::start(const command_line& words_for) {
    for (int attempts = 5; attempts > 0; --attempts) {
        const int port = free_port();
        launch(words_for(port));
        if (comes_up_at(port)) {
            return port;
        }
        std::ofstream(folder_ / "keep").close(); // the folder, for the next attempt
        end();
        std::filesystem::remove(folder_ / "keep");
        std::filesystem::remove(folder_ / "ended");
    }
    throw std::runtime_error("the server does not start: " + log());
}

std::string server_process::log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
}

void server_process::end() {
    if (keeper_ > 0) {
        ::close(std::exchange(lifeline_, -1));
        while (::waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
        }
        keeper_ = -1;
    }
}

} // namespace weft::test
