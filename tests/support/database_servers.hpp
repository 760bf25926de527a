// SPDX-License-Identifier: BSL-1.0
//
// PostgreSQL, MariaDB and Redis, empty, each in a folder of its own on 127.0.0.1, without passwords
// and without care for what a power cut would do to their data. They need Debian's packages
// postgresql, mariadb-server and redis-server; std::runtime_error names what does not start.
#pragma once

#include "tests/support/server_process.hpp"

#include <string>

namespace weft::test {

class postgresql_server {
  public:
    postgresql_server();
    // For PQconnectdb.
    std::string connection_info() const;
    int port() const noexcept { return port_; }

  private:
    server_process process_;
    int port_ = 0;
};

// Knows one user, and everybody is it; there is a database "test". Without InnoDB.
class mariadb_server {
  public:
    mariadb_server();
    int port() const noexcept { return port_; }

  private:
    server_process process_;
    int port_ = 0;
};

class redis_server {
  public:
    redis_server();
    int port() const noexcept { return port_; }

  private:
    server_process process_;
    int port_ = 0;
};

} // namespace weft::test
