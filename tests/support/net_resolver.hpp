// SPDX-License-Identifier: BSL-1.0
//
// A resolver for tests: the program's own getaddrinfo in front of libc's, which answers for the
// names that a test has made up, late or not at all if the test wants that. All other names go to
// libc.
#pragma once

#include <weft/sleep.hpp>

#include <string>
#include <vector>

namespace weft::test {

// One at a time. Any thread.
class made_up_names {
  public:
    made_up_names();
    ~made_up_names(); // opens every gate
    made_up_names(const made_up_names&) = delete;
    made_up_names& operator=(const made_up_names&) = delete;

    // Numeric addresses, in this order.
    void add(const std::string& name, std::vector<std::string> addresses);
    // getaddrinfo returns `result`, and sets errno.
    void add_failure(const std::string& name, int result, int error_number = 0);
    // Questions for that name wait until the gate is opened.
    void close_gate(const std::string& name);
    void open_gate(const std::string& name);

    // How often the system was asked, and how many of those questions are waiting at their gate.
    int asked(const std::string& name) const;
    int waiting(const std::string& name) const;
    // Lets others run until that many wait.
    void await_waiting(const std::string& name, int count) const {
        while (waiting(name) != count) {
            yield();
        }
    }
};

} // namespace weft::test
