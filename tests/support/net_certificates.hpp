// SPDX-License-Identifier: BSL-1.0
//
// Certificates for tests, made when first asked for, by the openssl program, in a folder that goes
// at the end of the program.
#pragma once

#include <weft/tls.hpp>

#include <string>

namespace weft::test {

class certificates {
  public:
    certificates();
    ~certificates();
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;

    // The path of a file in the folder.
    std::string file(const std::string& name) const { return folder_ + "/" + name; }

    std::string authority() const { return file("authority.pem"); }
    // For localhost, 127.0.0.1, ::1 and *.example.test; signed by the authority.
    std::string server() const { return file("server.pem"); }
    std::string server_key() const { return file("server.key"); }
    // Subject "CN=client"; the key is in client.key, and in locked.key with the password "secret".
    std::string client() const { return file("client.pem"); }
    std::string client_key() const { return file("client.key"); }
    // Trusted by nobody.
    std::string stranger() const { return file("stranger.pem"); }
    std::string stranger_key() const { return file("stranger.key"); }
    // Like the server's, but its time has passed.
    std::string expired() const { return file("expired.pem"); }

  private:
    void run(const std::string& arguments) const;
    std::string folder_;
};

// The program's.
const certificates& test_certificates();

// Contexts with them, made once a program.
const tls_context& test_server();
const tls_context& test_client();

} // namespace weft::test
