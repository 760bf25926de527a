// SPDX-License-Identifier: BSL-1.0
//
// A server of the system that a test starts on loopback, in a folder, a session and a process group
// of its own. All of it goes with this program, however that ends: a shell stands between, which
// kills the server and removes the folder when the pipe that this program holds is closed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace weft::test {

class server_process {
  public:
    // The arguments that make the server listen on 127.0.0.1 at this port.
    using command_line = std::function<std::vector<std::string>(int port)>;
    struct options {
        std::string user = {};           // who runs it where root runs the test
        std::string end_signal = "KILL"; // what ends it at once, leaving nothing behind
        std::string ready = {};          // what it says when it is; empty: it accepts connections
    };

    // Makes the folder /tmp/weft-NAME-XXXXXX; nothing runs yet.
    explicit server_process(const std::string& name) : server_process(name, options{}) {}
    server_process(const std::string& name, options how);
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    const std::filesystem::path& folder() const noexcept { return folder_; }

    // Runs a command to its end as the server's user; std::runtime_error with what it said when it
    // fails.
    void prepare(const std::vector<std::string>& words);

    // Starts the server on a free port, and returns when it is ready. Another port is
    // tried when somebody took the one found. std::runtime_error with the server's last words.
    int start(const command_line& words_for);

    // For a server that listens on a second one; somebody else may take it before.
    static int free_port();

    // What it has said so far.
    std::string log() const;

  private:
    std::vector<std::string> as_its_user(std::vector<std::string> words) const;
    void launch(const std::vector<std::string>& words);
    bool comes_up_at(int port) const;
    void end();

    options options_;
    std::filesystem::path folder_;
    pid_t keeper_ = -1;
    int lifeline_ = -1;
};

} // namespace weft::test
