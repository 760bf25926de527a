// SPDX-License-Identifier: BSL-1.0
//
// What tests of child processes check besides: that no child is left, running or as a zombie.
#pragma once

#include "tests/support/api_stderr.hpp"
#include "tests/support/net_streams.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/wait.h>

namespace weft::test {

class process_test : public net_test {
  protected:
    void TearDown() override {
        siginfo_t about{};
        EXPECT_EQ(::waitid(P_ALL, 0, &about, WEXITED | WNOHANG | WNOWAIT), -1)
            << "the test left a child";
        net_test::TearDown();
    }

    // Also as a zombie.
    static bool exists(int pid) { return ::kill(pid, 0) == 0; }

    // Whether it is a zombie.
    static bool has_ended(int pid) {
        siginfo_t about{};
        return ::waitid(P_PID, static_cast<id_t>(pid), &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               about.si_pid == pid;
    }
};

} // namespace weft::test
