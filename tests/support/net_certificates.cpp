// SPDX-License-Identifier: BSL-1.0
#include "tests/support/net_certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <stdlib.h>

namespace weft::test {

namespace {

constexpr auto names = R"(
[server]
subjectAltName = DNS:localhost, DNS:*.example.test, IP:127.0.0.1, IP:::1
basicConstraints = critical, CA:false
[client]
basicConstraints = critical, CA:false
extendedKeyUsage = clientAuth
)";

}

void certificates::run(const std::string& arguments) const {
    const std::string log = file("log");
    const std::string command = "cd " + folder_ + " && openssl " + arguments + " >>log 2>&1";
    if (std::system(command.c_str()) != 0) {
        std::ifstream text(log);
        throw std::runtime_error(command + ": " +
                                 std::string(std::istreambuf_iterator<char>(text), {}));
    }
}

certificates::certificates() {
    char folder[] = "/tmp/weft-certificates-XXXXXX";
    if (::mkdtemp(folder) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    folder_ = folder;
    std::ofstream(file("names")) << names;
    const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    run("req -x509 -days 30 -subj '/CN=weft test authority' -keyout authority.key "
        "-out authority.pem" +
        key);
    const auto signed_by_authority = [&](const std::string& name, const std::string& section,
                                         const std::string& days) {
        run("req -subj /CN=" + section + " -keyout " + name + ".key -out " + name + ".csr" + key);
        run("x509 -req -in " + name +
            ".csr -CA authority.pem -CAkey authority.key "
            "-CAcreateserial -extfile names -extensions " +
            section + " -days " + days + " -out " + name + ".pem");
    };
    signed_by_authority("server", "server", "30");
    signed_by_authority("client", "client", "30");
    signed_by_authority("expired", "server", "-1");
    run("req -x509 -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
        "-keyout stranger.key -out stranger.pem" +
        key);
    run("pkey -in client.key -aes256 -passout pass:secret -out locked.key");
}

certificates::~certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

const certificates& test_certificates() {
    static const certificates made;
    return made;
}

const tls_context& test_server() {
    static const tls_context made =
        tls_context::server(test_certificates().server(), test_certificates().server_key());
    return made;
}

const tls_context& test_client() {
    static const tls_context made = [] {
        tls_client_options options;
        options.ca_file = test_certificates().authority();
        return tls_context::client(options);
    }();
    return made;
}

} // namespace weft::test
