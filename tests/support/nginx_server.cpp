// SPDX-License-Identifier: BSL-1.0
#include "tests/support/nginx_server.hpp"

#include "tests/support/net_certificates.hpp"
#include "tests/support/net_streams.hpp"

#include <fstream>
#include <stdexcept>
#include <vector>

#include <unistd.h>

namespace weft::test {

namespace {

std::string configuration(const std::string& folder, int port, int secure_port) {
    const auto& certificate = test_certificates();
    std::string text = ::geteuid() == 0 ? "user root;\n" : "";
    text += "daemon off; master_process off; pid " + folder + "/pid;\n";
    text += "events { worker_connections 4096; }\n";
    text += "http {\n access_log off; sendfile on;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        text += std::string(" ") + kind + "_temp_path " + folder + "/temporary;\n";
    }
    text += " server {\n";
    text += "  listen 127.0.0.1:" + std::to_string(port) + " backlog=2048;\n";
    text += "  listen 127.0.0.1:" + std::to_string(secure_port) + " ssl backlog=2048;\n";
    text += "  ssl_certificate " + certificate.server() + ";\n";
    text += "  ssl_certificate_key " + certificate.server_key() + ";\n";
    text += "  root " + folder + "/www;\n";
    text += "  location /slow { limit_rate 1k; }\n";
    text += "  location /moved { return 301 /small; }\n";
    text += " }\n}\n";
    return text;
}

} // namespace

nginx_server::nginx_server() : process_("nginx") {
    const std::string folder = process_.folder();
    std::filesystem::create_directory(folder + "/www");
    std::ofstream(folder + "/www/small") << "warp and weft\n";
    std::ofstream(folder + "/www/large") << pattern(1 << 20);
    std::ofstream(folder + "/www/slow") << std::string(100'000, 's');
    const std::string program = "/usr/sbin/nginx";
    if (!std::filesystem::exists(program)) {
        throw std::runtime_error("nginx is not there: install nginx-light");
    }
    port_ = process_.start([&](int port) -> std::vector<std::string> {
        secure_port_ = server_process::free_port();
        std::ofstream(folder + "/nginx.conf") << configuration(folder, port, secure_port_);
        return {program, "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"};
    });
}

} // namespace weft::test
