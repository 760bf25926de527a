// SPDX-License-Identifier: BSL-1.0
// certificate: see the header.
#include "benchmarks/scenarios/certificate.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <stdlib.h>

namespace bench {

certificate::certificate() {
    folder_ = std::filesystem::temp_directory_path() / "weft-bench-tls-XXXXXX";
    if (::mkdtemp(folder_.data()) == nullptr)
        throw std::runtime_error("no temporary folder for a certificate");
    const std::string command =
        "openssl req -x509 -days 30 -subj /CN=localhost -newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256 -nodes -keyout '" +
        key() + "' -out '" + chain() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) {
        std::filesystem::remove_all(folder_);
        throw std::runtime_error("the openssl program makes no certificate; install openssl");
    }
}

certificate::~certificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

} // namespace bench
