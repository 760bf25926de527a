// SPDX-License-Identifier: BSL-1.0
// A PostgreSQL of the measurement's own, as Debian's package postgresql has it: in a temporary
// folder, on a UNIX socket there, without care for what a power cut would do to its data.
//
// Invariant: the server ends with the object, or with this process however that ends; with the
// object goes the folder.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace bench {

class postgresql {
  public:
    // Makes a database, runs `setup` (SQL, a command a line) in it and starts the server on the
    // cores of this process. Takes a second or two. Throws std::runtime_error, with what to install
    // or with the server's own words; `interrupted` after a signal.
    postgresql(const std::string& setup, int most_connections);
    ~postgresql();
    postgresql(const postgresql&) = delete;
    postgresql& operator=(const postgresql&) = delete;

    std::string connection_info() const; // for PQconnectdb

    // missing: what to install where the server's programs are not there; else empty.
    static std::string missing();

  private:
    pid_t start(const std::vector<std::string>& words, const std::string& input) const;
    void run(const std::vector<std::string>& words, const std::string& input) const;
    void wait_until_ready();
    std::string log() const;
    void end();

    std::string folder_;
    pid_t pid_ = -1;
};

} // namespace bench
