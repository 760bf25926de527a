// SPDX-License-Identifier: BSL-1.0
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <arpa/inet.h>
#include <string>
#include <vector>

namespace {

using namespace weft::test;

template <class Side>
class posix_names : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_names, both_sides, side_names);

TYPED_TEST(posix_names, of_hosts_become_addresses) {
    TypeParam::run([] {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_family = AF_INET;
        addrinfo* list = nullptr;
        ASSERT_EQ(TypeParam::getaddrinfo("localhost", "80", &hints, &list), 0);
        const auto* const a = reinterpret_cast<const sockaddr_in*>(list->ai_addr);
        EXPECT_EQ(a->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
        EXPECT_EQ(ntohs(a->sin_port), 80);
        char host[64];
        char service[64];
        EXPECT_EQ(TypeParam::getnameinfo(list->ai_addr, list->ai_addrlen, host, sizeof(host),
                                         service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV),
                  0);
        EXPECT_STREQ(host, "127.0.0.1");
        EXPECT_STREQ(service, "80");
        EXPECT_EQ(TypeParam::getnameinfo(list->ai_addr, list->ai_addrlen, host, 3, nullptr, 0,
                                         NI_NUMERICHOST),
                  EAI_OVERFLOW);
        ::freeaddrinfo(list);
        EXPECT_EQ(TypeParam::getaddrinfo(nullptr, nullptr, &hints, &list), EAI_NONAME);
        hints.ai_flags = AI_NUMERICHOST;
        EXPECT_EQ(TypeParam::getaddrinfo("localhost", "80", &hints, &list), EAI_NONAME);
    });
}

TYPED_TEST(posix_names, of_hosts_become_addresses_as_of_old) {
    TypeParam::run([] {
        const hostent* const h = TypeParam::gethostbyname("127.0.0.1");
        ASSERT_NE(h, nullptr);
        EXPECT_EQ(h->h_addrtype, AF_INET);
        in_addr first{};
        std::copy_n(h->h_addr_list[0], sizeof(first), reinterpret_cast<char*>(&first));
        EXPECT_EQ(first.s_addr, htonl(INADDR_LOOPBACK));
        EXPECT_EQ(h->h_addr_list[1], nullptr);
        hostent record{};
        hostent* found = nullptr;
        int error = 0;
        char room[2048];
        EXPECT_EQ(
            TypeParam::gethostbyname_r("127.0.0.1", &record, room, sizeof(room), &found, &error),
            0);
        EXPECT_EQ(found, &record);
        EXPECT_STREQ(record.h_name, "127.0.0.1");
        EXPECT_EQ(TypeParam::gethostbyname_r("127.0.0.1", &record, room, 4, &found, &error),
                  ERANGE);
        EXPECT_EQ(found, nullptr);
    });
}

TYPED_TEST(posix_names, of_users_and_groups_are_found) {
    TypeParam::run([] {
        const passwd* const root = TypeParam::getpwuid(0);
        ASSERT_NE(root, nullptr);
        EXPECT_STREQ(root->pw_name, "root");
        passwd record{};
        passwd* found = nullptr;
        char room[2048];
        EXPECT_EQ(TypeParam::getpwnam_r("root", &record, room, sizeof(room), &found), 0);
        EXPECT_EQ(found, &record);
        EXPECT_EQ(record.pw_uid, 0U);
        EXPECT_GE(record.pw_dir, room);
        EXPECT_LT(record.pw_dir, room + sizeof(room));
        EXPECT_EQ(TypeParam::getpwnam_r("nobody-at-all", &record, room, sizeof(room), &found), 0);
        EXPECT_EQ(found, nullptr);
        EXPECT_EQ(TypeParam::getpwuid_r(0, &record, room, 2, &found), ERANGE);
        const group* const wheel = TypeParam::getgrgid(0);
        ASSERT_NE(wheel, nullptr);
        EXPECT_STREQ(wheel->gr_name, "root");
        group g{};
        group* found_group = nullptr;
        EXPECT_EQ(TypeParam::getgrgid_r(0, &g, room, sizeof(room), &found_group), 0);
        EXPECT_EQ(found_group, &g);
        EXPECT_NE(g.gr_mem, nullptr);
    });
}

class posix_names_tasks : public api_test {};

TEST_F(posix_names_tasks, many_tasks_ask_at_once) {
    weft::run([] {
        weft::with_task_group([](weft::task_group& group) {
            for (int i = 0; i < 50; ++i) {
                group.spawn([i] {
                    const std::string address = "127.0.0." + std::to_string(i + 1);
                    const hostent* const h = weft::posix::gethostbyname(address.c_str());
                    ASSERT_NE(h, nullptr);
                    EXPECT_EQ(h->h_name, address); // its own answer, until the next call here
                });
            }
        });
    });
}

} // namespace
