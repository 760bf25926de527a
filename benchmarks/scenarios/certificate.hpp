// SPDX-License-Identifier: BSL-1.0
// What a TLS server shows.
#pragma once

#include <string>

namespace bench {

// A certificate and its key, made by the openssl program, in a folder that goes at the end.
class certificate {
  public:
    certificate();
    ~certificate();
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string chain() const { return folder_ + "/chain.pem"; }
    std::string key() const { return folder_ + "/key.pem"; }

  private:
    std::string folder_;
};

} // namespace bench
