// SPDX-License-Identifier: BSL-1.0
#include "tests/support/database_servers.hpp"

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace weft::test {

namespace {

// Debian keeps each version's programs in a folder of its own.
std::string postgresql_program(const std::string& name) {
    const std::filesystem::path versions = "/usr/lib/postgresql";
    if (std::filesystem::exists(versions)) {
        for (const auto& version : std::filesystem::directory_iterator(versions)) {
            const auto program = version.path() / "bin" / name;
            if (std::filesystem::exists(program)) {
                return program.string();
            }
        }
    }
    throw std::runtime_error("PostgreSQL's " + name + " is not there: install postgresql");
}

// Programs of servers stand where a user's PATH need not lead.
std::string server_program(const std::string& name, const std::string& package) {
    for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
        if (std::filesystem::exists(folder + name)) {
            return folder + name;
        }
    }
    throw std::runtime_error(name + " is not there: install " + package);
}

} // namespace

// SIGQUIT ends all its processes at once; SIGKILL would leave shared memory behind.
postgresql_server::postgresql_server()
    : process_("postgresql", {"postgres", "QUIT", "system is ready to accept connections"}) {
    const std::string data = process_.folder() / "data";
    process_.prepare({postgresql_program("initdb"), "-D", data, "-U", "weft", "-A", "trust",
                      "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C"});
    port_ = process_.start([&](int port) -> std::vector<std::string> {
        return {postgresql_program("postgres"),
                "-D",
                data,
                "-p",
                std::to_string(port),
                "-k",
                process_.folder(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "autovacuum=off",
                "-c",
                "max_connections=120",
                "-c",
                "client_connection_check_interval=100ms"};
    });
}

std::string postgresql_server::connection_info() const {
    return "host=127.0.0.1 port=" + std::to_string(port_) +
           " user=weft dbname=postgres sslmode=disable gssencmode=disable";
}

mariadb_server::mariadb_server() : process_("mariadb", {"mysql", "KILL", "ready for connections"}) {
    const std::string data = process_.folder();
    process_.prepare({"mkdir", data + "/mysql", data + "/test"});
    port_ = process_.start([&](int port) -> std::vector<std::string> {
        return {server_program("mariadbd", "mariadb-server"),
                "--no-defaults",
                "--datadir=" + data,
                "--socket=" + data + "/socket",
                "--pid-file=" + data + "/pid",
                "--tmpdir=" + data,
                "--port=" + std::to_string(port),
                "--bind-address=127.0.0.1",
                "--skip-grant-tables",
                "--skip-innodb",
                "--default-storage-engine=Aria",
                "--skip-name-resolve",
                "--max-connections=200",
                "--max-allowed-packet=64M"};
    });
}

redis_server::redis_server() : process_("redis", {"", "KILL", "Ready to accept connections"}) {
    port_ = process_.start([&](int port) -> std::vector<std::string> {
        return {server_program("redis-server", "redis-server"),
                "--port",
                std::to_string(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                process_.folder()};
    });
}

} // namespace weft::test
