// SPDX-License-Identifier: BSL-1.0
//
// nginx on 127.0.0.1, over http and https, with a few files: /small ("warp and weft\n"), /large (1
// MiB of pattern()), /slow (1 KiB a second). Needs Debian's package nginx-light, and openssl for
// the certificate; std::runtime_error names what does not start.
#pragma once

#include "tests/support/server_process.hpp"

#include <string>

namespace weft::test {

class nginx_server {
  public:
    nginx_server();
    // "http://127.0.0.1:PORT" and "https://localhost:PORT", whose certificate the authority in
    // certificates::authority() has signed.
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string secure_url() const { return "https://localhost:" + std::to_string(secure_port_); }
    int port() const noexcept { return port_; }

  private:
    server_process process_;
    int port_ = 0;
    int secure_port_ = 0;
};

} // namespace weft::test
