// SPDX-License-Identifier: BSL-1.0
//
// libcurl's easy interface in tasks, against an nginx of the test's own. Debian's libcurl resolves
// names in a thread of its own for each transfer, and joins it.
#include "tests/support/nginx_server.hpp"
#include "tests/support/ported_fixture.hpp"

#include <curl/curl.h>
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>
#include <sys/syscall.h>
#include <unistd.h>

// libcurl's threads ask this one for names: one of them is slow to be found unknown.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    if (std::string_view(host) == "slow.test") {
        const timespec length = {0, 300'000'000};
        ::syscall(SYS_nanosleep, &length, nullptr);
        return EAI_NONAME;
    }
    using function = int(const char*, const char*, const addrinfo*, addrinfo**);
    return reinterpret_cast<function*>(::dlsym(RTLD_NEXT, "getaddrinfo"))(host, service, hints,
                                                                          found);
}

namespace weft::test {
namespace {

using namespace std::chrono_literals;

struct easy_end {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
using easy = std::unique_ptr<CURL, easy_end>;

struct answer {
    CURLcode end = CURLE_OK;
    long status = 0;
    std::string body;
};

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* where) {
    static_cast<std::string*>(where)->append(bytes, size * count);
    return size * count;
}

easy request_for(const std::string& url, std::string& body) {
    easy made(curl_easy_init());
    curl_easy_setopt(made.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(made.get(), CURLOPT_WRITEFUNCTION, &keep);
    curl_easy_setopt(made.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(made.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(made.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(made.get(), CURLOPT_CAINFO, test_certificates().authority().c_str());
    return made;
}

answer fetch(const std::string& url, std::chrono::milliseconds limit = 60s) {
    answer a;
    const easy request = request_for(url, a.body);
    curl_easy_setopt(request.get(), CURLOPT_TIMEOUT_MS, long(limit.count()));
    a.end = curl_easy_perform(request.get());
    curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &a.status);
    return a;
}

void expect_small(const answer& a) {
    EXPECT_EQ(a.end, CURLE_OK) << curl_easy_strerror(a.end);
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.body, "warp and weft\n");
}

class curl : public with_server<nginx_server> {
  protected:
    static void SetUpTestSuite() {
        curl_global_init(CURL_GLOBAL_ALL); // before there are threads
        with_server::SetUpTestSuite();
    }
};

TEST_F(curl, a_thousand_transfers_over_http_and_https_in_a_hundred_tasks) {
    weft::run([] {
        constexpr int each = sanitized ? 2 : 10;
        int timed_out = 0;
        in_tasks(100, [&](int i) {
            for (int n = 0; n < each; ++n) {
                if ((i + n) % 10 == 0) { // nothing but the time limit ends this one
                    EXPECT_EQ(fetch(server().url() + "/slow", 100ms).end, CURLE_OPERATION_TIMEDOUT);
                    ++timed_out;
                } else {
                    expect_small(
                        fetch((n % 2 == 0 ? server().url() : server().secure_url()) + "/small"));
                }
            }
        });
        EXPECT_EQ(timed_out, 10 * each);
    });
}

TEST_F(curl, a_thousand_transfers_at_once) {
    weft::run([] {
        constexpr int transfers = sanitized ? 100 : 1'000;
        in_tasks(transfers, [](int) { expect_small(fetch(server().url() + "/small")); });
    });
}

TEST_F(curl, names_are_resolved_beside_each_other) {
    weft::run([] {
        const std::string by_name = "http://localhost:" + std::to_string(server().port());
        in_tasks(50, [&](int) { expect_small(fetch(by_name + "/small")); });
    });
}

TEST_F(curl, giving_up_on_a_slow_name_waits_for_its_thread_and_holds_nobody_else) {
    weft::run([] {
        const heartbeat others;
        const auto took = time_of([] {
            in_tasks(5, [](int) {
                EXPECT_EQ(fetch("http://slow.test/", 50ms).end, CURLE_OPERATION_TIMEDOUT);
            });
        });
        EXPECT_GE(took, 300ms) << "nobody has joined the thread that resolves";
        EXPECT_LT(took, a_second);
        EXPECT_GT(others.beats(), 50);
        EXPECT_EQ(fetch("http://slow.test/").end, CURLE_COULDNT_RESOLVE_HOST);
    });
}

TEST_F(curl, large_files_arrive_whole_over_both) {
    weft::run([] {
        const std::string expected = pattern(1 << 20);
        in_tasks(10, [&](int i) {
            const answer a =
                fetch((i % 2 == 0 ? server().url() : server().secure_url()) + "/large");
            EXPECT_EQ(a.end, CURLE_OK);
            EXPECT_TRUE(a.body == expected);
        });
    });
}

TEST_F(curl, a_connection_is_used_again_and_redirects_are_followed) {
    weft::run([] {
        in_tasks(10, [](int) {
            std::string body;
            const easy request = request_for(server().url() + "/moved", body);
            curl_easy_setopt(request.get(), CURLOPT_FOLLOWLOCATION, 1L);
            for (int n = 0; n < 5; ++n) {
                body.clear();
                EXPECT_EQ(curl_easy_perform(request.get()), CURLE_OK);
                EXPECT_EQ(body, "warp and weft\n");
            }
            long connections = 0;
            curl_easy_getinfo(request.get(), CURLINFO_NUM_CONNECTS, &connections);
            EXPECT_EQ(connections, 0);
        });
    });
}

TEST_F(curl, a_certificate_of_nobody_known_is_refused_in_its_task_alone) {
    weft::run([] {
        in_tasks(20, [](int i) {
            answer a;
            const easy request = request_for(server().secure_url() + "/small", a.body);
            if (i % 2 == 0) {
                curl_easy_setopt(request.get(), CURLOPT_CAINFO,
                                 test_certificates().stranger().c_str());
            }
            EXPECT_EQ(curl_easy_perform(request.get()),
                      i % 2 == 0 ? CURLE_PEER_FAILED_VERIFICATION : CURLE_OK);
        });
    });
}

TEST_F(curl, the_time_limit_of_a_slow_transfer_holds_to_the_millisecond_scale) {
    weft::run([] {
        const heartbeat others;
        const auto took = time_of([] {
            in_tasks(50, [](int) {
                EXPECT_EQ(fetch(server().url() + "/slow", 200ms).end, CURLE_OPERATION_TIMEDOUT);
            });
        });
        EXPECT_GE(took, 199ms);
        EXPECT_LT(took, a_second);
        EXPECT_GT(others.beats(), 5);
    });
}

TEST_F(curl, a_server_that_never_answers_is_given_up) {
    weft::run([] {
        const silent_listener nobody;
        const std::string url = "http://127.0.0.1:" + std::to_string(nobody.port());
        EXPECT_EQ(fetch(url, 100ms).end, CURLE_OPERATION_TIMEDOUT);
    });
}

TEST_F(curl, a_cancelled_transfer_fails_and_its_task_ends_as_cancelled) {
    weft::run([] {
        const silent_listener nobody;
        const std::string url = "http://127.0.0.1:" + std::to_string(nobody.port());
        cancel_while_it_waits([&] { EXPECT_NE(fetch(url).end, CURLE_OK); });
        cancel_while_it_waits([] { EXPECT_NE(fetch(server().url() + "/slow").end, CURLE_OK); });
        expect_small(fetch(server().url() + "/small"));
    });
}

} // namespace
} // namespace weft::test
