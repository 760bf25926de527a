// SPDX-License-Identifier: BSL-1.0
//
// Tasks that are inside of one OpenSSL connection, or of one thread's queue of errors, in turns.
#include "tests/support/net_tls.hpp"

#include <openssl/err.h>
#include <string>
#include <vector>

namespace weft {
namespace {

using test::connect_tcp;
using test::connect_unix;
using test::connected;
using test::encrypt;
using test::end_of;
using test::forged_record;
using test::pattern;
using test::stream_pair;
using test::test_client;
using test::test_server;
using test::tls_error_of;
using tls_tasks = test::net_test;

TEST_F(tls_tasks, one_reads_while_another_writes_more_than_fits) {
    for (const auto& over : {connect_unix, connect_tcp}) {
        weft::run([&] {
            stream_pair pair = encrypt(over(), test_client(), test_server());
            const std::string much = pattern(3'000'000);
            const auto exchange = [&much](stream& s) {
                task<void> writer = spawn([&] { s.write(much); });
                EXPECT_EQ(s.read_exactly(much.size()), much);
                writer.get();
            };
            gather([&] { exchange(pair.near); }, [&] { exchange(pair.far); });
        });
    }
}

TEST_F(tls_tasks, a_write_that_was_cancelled_half_way_does_no_harm_to_the_next) {
    weft::run([] {
        stream_pair pair = connected();
        const std::string first(4'000'000, 'a');
        task<std::string> writer = spawn([&] { return end_of([&] { pair.near.write(first); }); });
        pair.far.read_exactly(100'000);
        writer.cancel();
        EXPECT_EQ(writer.get(), "cancelled");
        task<void> next = spawn([&] {
            pair.near.write("second");
            pair.near.close();
        });
        const std::string rest = pair.far.read_all();
        ASSERT_GT(rest.size(), 6U);
        EXPECT_EQ(rest.find_first_not_of('a'), rest.size() - 6) << "nothing lost or mixed up";
        EXPECT_EQ(rest.substr(rest.size() - 6), "second");
        next.get();
    });
}

TEST_F(tls_tasks, reader_and_writer_share_the_handshake) {
    weft::run([] {
        listen_options options;
        options.tls = &test_server();
        listener l("127.0.0.1", 0, options);
        stream plain = open_connection("127.0.0.1", l.local_endpoint().port());
        stream far = l.accept();
        task<std::string> reader = spawn([&] { return far.read_line(); });
        task<void> writer = spawn([&] { far.write("greeting\n"); });
        test::yield_times(3);
        stream near = start_tls(std::move(plain), test_client(), "localhost");
        near.write("question\n"); // it may be inside of OpenSSL already when the writer is done
        EXPECT_EQ(near.read_line(), "greeting\n");
        EXPECT_EQ(reader.get(), "question\n");
        writer.get();
    });
}

TEST_F(tls_tasks, a_failed_handshake_is_told_to_both) {
    weft::run([] {
        listen_options options;
        options.tls = &test_server();
        listener l("127.0.0.1", 0, options);
        stream near = open_connection("127.0.0.1", l.local_endpoint().port());
        stream far = l.accept();
        const auto error = [&](auto f) { return spawn([f] { return tls_error_of(f); }); };
        auto reader = error([&] { far.read_line(); });
        auto writer = error([&] { far.write("greeting\n"); });
        test::yield_times(3);
        near.write("hello, hello, hello?\n");
        EXPECT_EQ(reader.get(), tls_errc::not_tls);
        EXPECT_EQ(writer.get(), tls_errc::not_tls);
    });
}

// The queue of errors belongs to the thread.
TEST_F(tls_tasks, see_nothing_of_each_others_errors) {
    weft::run([] {
        stream_pair good = connected();
        stream_pair bad = connected();
        task<std::string> reader = spawn([&] { return good.near.read_line(); });
        test::yield_times(3);
        const std::string forged = forged_record();
        EXPECT_EQ(::send(bad.near.native_handle(), forged.data(), forged.size(), 0), 25);
        EXPECT_EQ(tls_error_of([&] { bad.far.read(1); }), tls_errc::protocol_error);
        EXPECT_EQ(ERR_peek_error(), 0U) << "it has left nothing behind";
        ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR); // and what others leave is nothing to it
        good.far.write("li");
        test::yield_times(5);
        ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
        good.far.write("ne\n");
        EXPECT_EQ(reader.get(), "line\n");
        ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
        good.far.close();
        EXPECT_EQ(good.near.read_all(), "");
    });
}

TEST_F(tls_tasks, of_fifty_connections_each_get_their_own) {
    weft::run([] {
        constexpr int count = 50;
        std::vector<stream_pair> pairs;
        for (int i = 0; i < count; ++i) {
            pairs.push_back(connected());
        }
        std::vector<task<void>> echoes;
        for (stream_pair& p : pairs) {
            echoes.push_back(spawn([&s = p.far] {
                for (std::string line; !(line = s.read_line()).empty();) {
                    s.write(line);
                }
            }));
        }
        for (int round = 0; round < 10; ++round) {
            for (int i = 0; i < count; ++i) {
                pairs[i].near.write(std::to_string(i * round) + "\n");
            }
            for (int i = 0; i < count; ++i) {
                EXPECT_EQ(pairs[i].near.read_line(), std::to_string(i * round) + "\n");
            }
        }
        for (stream_pair& p : pairs) {
            p.near.close();
        }
        for (task<void>& t : echoes) {
            t.get();
        }
    });
}

// --- a server's ---

TEST_F(tls_tasks, of_a_server_end_quietly_where_the_peer_is_no_good) {
    weft::run([] {
        int reported = 0;
        running_loop().set_exception_handler([&](const exception_context&) { ++reported; });
        listen_options options;
        options.tls = &test_server();
        server echo = start_server(
            [](stream s) {
                for (std::string line; !(line = s.read_line()).empty();) {
                    s.write(line);
                }
            },
            "127.0.0.1", 0, options);
        const auto port = echo.local_endpoint().port();
        connect_options secure;
        secure.tls = &test_client();
        secure.server_name = "localhost";
        const auto echoes = [&] {
            stream s = open_connection("127.0.0.1", port, secure);
            s.write("line\n");
            EXPECT_EQ(s.read_line(), "line\n");
            return s;
        };

        stream plain = open_connection("127.0.0.1", port);
        plain.write("GET / HTTP/1.1\r\n\r\n");
        plain.read_all();
        stream cut_off = echoes();
        EXPECT_EQ(::shutdown(cut_off.native_handle(), SHUT_WR), 0);
        EXPECT_THROW(cut_off.read_all(), tls_error);
        secure.server_name = "wrong.test";
        EXPECT_THROW(open_connection("127.0.0.1", port, secure), tls_error);
        secure.server_name = "localhost";
        const stream silent = open_connection("127.0.0.1", port);
        echoes().close();
        EXPECT_EQ(reported, 0);
    });
}

} // namespace
} // namespace weft
