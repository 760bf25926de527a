// SPDX-License-Identifier: BSL-1.0
//
// endpoint, a value: from text and from the kernel, to text, compared.
#include <weft/endpoint.hpp>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>

namespace weft {
namespace {

using namespace std::string_literals;

endpoint of_unix_name(std::string_view name, std::size_t size_of_name) {
    sockaddr_storage address{}; // has room for what the kernel may count behind the longest path
    address.ss_family = AF_UNIX;
    std::memcpy(reinterpret_cast<char*>(&address) + offsetof(sockaddr_un, sun_path), name.data(),
                name.size());
    return endpoint::from(reinterpret_cast<const sockaddr*>(&address),
                          offsetof(sockaddr_un, sun_path) +
                              static_cast<std::uint32_t>(size_of_name));
}

endpoint of_unix_name(std::string_view name) {
    return of_unix_name(name, name.size());
}

TEST(endpoint, of_an_ipv4_address) {
    const endpoint e("192.0.2.17", 8080);
    EXPECT_EQ(e.address(), "192.0.2.17");
    EXPECT_EQ(e.port(), 8080);
    EXPECT_EQ(e.path(), "");
    EXPECT_EQ(e.to_string(), "192.0.2.17:8080");
    ASSERT_EQ(e.size(), sizeof(sockaddr_in));
    const auto* raw = reinterpret_cast<const sockaddr_in*>(e.data());
    EXPECT_EQ(raw->sin_family, AF_INET);
    EXPECT_EQ(ntohs(raw->sin_port), 8080);
    EXPECT_EQ(ntohl(raw->sin_addr.s_addr), 0xC0000211U);
}

TEST(endpoint, of_an_ipv6_address_on_one_interface) {
    const endpoint e("fe80::1%lo", 80);
    EXPECT_EQ(e.address(), "fe80::1%lo");
    EXPECT_EQ(e.to_string(), "[fe80::1%lo]:80");
    EXPECT_EQ(endpoint(e.address(), e.port()), e);
    EXPECT_NE(e, endpoint("fe80::1", 80));
    EXPECT_EQ(endpoint("fe80::1%4711", 80).address(), "fe80::1%4711");
    for (const char* text :
         {"fe80::1%", "fe80::1%no-such-if", "fe80::1%0", "127.0.0.1%lo", "%lo"}) {
        EXPECT_THROW(endpoint(text, 80), std::invalid_argument) << text;
    }
}

TEST(endpoint, of_a_unix_sockets_path) {
    const endpoint e = endpoint::unix_socket("/run/some.socket");
    EXPECT_EQ(e.path(), "/run/some.socket");
    EXPECT_EQ(e.to_string(), "/run/some.socket");
    EXPECT_EQ(e.address(), "");
    EXPECT_EQ(e.port(), 0);
    EXPECT_EQ(endpoint::unix_socket("\0name"s).path(), "@name");
    EXPECT_NE(endpoint::unix_socket("\0name"s), endpoint::unix_socket("\0name\0"s));
    EXPECT_EQ(endpoint::unix_socket(std::string(107, 'x')).path(), std::string(107, 'x'));
    EXPECT_EQ(endpoint::unix_socket('\0' + std::string(107, 'x')).path(),
              '@' + std::string(107, 'x'));
}

TEST(endpoint, of_a_unix_sockets_path_that_is_none) {
    EXPECT_THROW(endpoint::unix_socket(""), std::invalid_argument);
    EXPECT_THROW(endpoint::unix_socket("a\0b"s), std::invalid_argument);
    for (const std::string& path : {std::string(108, 'x'), '\0' + std::string(108, 'x')}) {
        try {
            endpoint::unix_socket(path);
            ADD_FAILURE();
        } catch (const std::system_error& error) {
            EXPECT_EQ(error.code(), std::errc::filename_too_long);
        }
    }
}

TEST(endpoint, of_an_ipv6_address) {
    const endpoint e("2001:DB8:0:0:0:0:0:1", 65535);
    EXPECT_EQ(e.address(), "2001:db8::1");
    EXPECT_EQ(e.port(), 65535);
    EXPECT_EQ(e.to_string(), "[2001:db8::1]:65535");
    ASSERT_EQ(e.size(), sizeof(sockaddr_in6));
    EXPECT_EQ(e.data()->sa_family, AF_INET6);
}

TEST(endpoint, of_special_addresses) {
    EXPECT_EQ(endpoint("0.0.0.0", 0).to_string(), "0.0.0.0:0");
    EXPECT_EQ(endpoint("255.255.255.255", 1).address(), "255.255.255.255");
    EXPECT_EQ(endpoint("::", 0).to_string(), "[::]:0");
    EXPECT_EQ(endpoint("::1", 1).address(), "::1");
    EXPECT_EQ(endpoint("::ffff:127.0.0.1", 1).address(), "::ffff:127.0.0.1");
    EXPECT_EQ(endpoint("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 1).address(),
              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(endpoint, of_anything_else_is_an_invalid_argument) {
    const std::string texts[] = {
        "",
        " ",
        "localhost",
        "127.0.0",
        "127.0.0.1.1",
        "256.0.0.1",
        "127.0.0.1 ",
        " 127.0.0.1",
        "127.0.0.1:80",
        "[::1]",
        "::1]",
        ":::1",
        "1::2::3",
        "::g",
        "::1/64",
        "127.0.0.1\n",
        "127.0.0.1\0"s,
        "127.0.0.1\0evil"s,
        "::1\0"s,
        "/tmp/socket",
        "\xff\xfe",
        std::string(1'000'000, '1'),
    };
    for (const auto& text : texts) {
        try {
            endpoint(text, 80);
            ADD_FAILURE() << "accepted: " << text;
        } catch (const std::invalid_argument& e) {
            const std::string beginning = "weft::endpoint: '"s + text.c_str(); // what() is C text
            EXPECT_EQ(std::string(e.what()).substr(0, beginning.size()), beginning);
        }
    }
}

TEST(endpoint, takes_a_view_that_is_not_terminated) {
    EXPECT_EQ(endpoint(std::string_view("127.0.0.123").substr(0, 9), 1).address(), "127.0.0.1");
}

TEST(endpoint, that_is_empty_says_nothing) {
    const endpoint none;
    EXPECT_EQ(none.address(), "");
    EXPECT_EQ(none.port(), 0);
    EXPECT_EQ(none.path(), "");
    EXPECT_EQ(none.to_string(), "");
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none, endpoint());
}

TEST(endpoint, compares_by_address_port_and_kind) {
    const endpoint e("127.0.0.1", 80);
    EXPECT_EQ(e, endpoint("127.0.0.1", 80));
    EXPECT_NE(e, endpoint("127.0.0.1", 81));
    EXPECT_NE(e, endpoint("127.0.0.2", 80));
    EXPECT_NE(e, endpoint("::ffff:127.0.0.1", 80));
    EXPECT_NE(e, endpoint());
    EXPECT_EQ(endpoint("::1", 1), endpoint("0:0:0:0:0:0:0:1", 1));
    const endpoint copy = e; // NOLINT: that a copy is equal is the point
    EXPECT_EQ(copy, e);
}

TEST(endpoint, goes_through_the_c_view_and_back) {
    for (const endpoint& e :
         {endpoint("192.0.2.17", 8080), endpoint("2001:db8::1", 1), of_unix_name("/tmp/socket")}) {
        EXPECT_EQ(endpoint::from(e.data(), e.size()), e);
    }
}

TEST(endpoint, of_a_unix_socket) {
    const endpoint with_zero = of_unix_name("/run/some.socket", 17);
    EXPECT_EQ(with_zero.path(), "/run/some.socket");
    EXPECT_EQ(with_zero.to_string(), "/run/some.socket");
    EXPECT_EQ(with_zero.address(), "");
    EXPECT_EQ(with_zero.port(), 0);
    EXPECT_EQ(of_unix_name("/run/some.socket").path(), "/run/some.socket");
}

TEST(endpoint, of_a_unix_socket_of_any_length) {
    for (std::size_t length = 1; length <= sizeof(sockaddr_un::sun_path); ++length) {
        const std::string path(length, 'p');
        EXPECT_EQ(of_unix_name(path).path(), path);
        // The kernel counts a zero behind the path, even where there is no room for one.
        EXPECT_EQ(of_unix_name(path, length + 1).path(), path);
        std::string abstract = path;
        abstract.front() = '\0';
        std::string shown = path;
        shown.front() = '@';
        EXPECT_EQ(of_unix_name(abstract).path(), shown);
    }
}

TEST(endpoint, of_a_unix_socket_without_a_name) {
    const endpoint unnamed = of_unix_name("", 0);
    EXPECT_EQ(unnamed.path(), "");
    EXPECT_EQ(unnamed.to_string(), "");
}

TEST(endpoint, of_an_abstract_unix_socket_keeps_its_zeros) {
    EXPECT_EQ(of_unix_name("\0a\0b"s).path(), "@a\0b"s);
}

TEST(endpoint, of_a_longer_address_than_there_is_is_cut_off) {
    sockaddr_storage large{};
    large.ss_family = AF_UNIX;
    std::memset(reinterpret_cast<char*>(&large) + offsetof(sockaddr_un, sun_path), 'x',
                sizeof(large) - offsetof(sockaddr_un, sun_path));
    const auto e = endpoint::from(reinterpret_cast<const sockaddr*>(&large), sizeof(large));
    EXPECT_EQ(e.path(), std::string(sizeof(sockaddr_un::sun_path), 'x'));
}

TEST(endpoint, of_an_unknown_kind_says_nothing_wrong) {
    sockaddr unknown{};
    unknown.sa_family = AF_APPLETALK;
    const auto e = endpoint::from(&unknown, sizeof(unknown));
    EXPECT_EQ(e.address(), "");
    EXPECT_EQ(e.port(), 0);
    EXPECT_EQ(e.path(), "");
}

TEST(endpoint, may_be_used_by_any_thread) {
    const endpoint e("127.0.0.1", 80);
    std::string text;
    std::thread([&] { text = endpoint(e).to_string(); }).join();
    EXPECT_EQ(text, "127.0.0.1:80");
}

} // namespace
} // namespace weft
