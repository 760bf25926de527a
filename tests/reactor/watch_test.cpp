// SPDX-License-Identifier: BSL-1.0
//
// Watches: told again and again while the descriptor is ready, beside the fibers that wait for it,
// and once when it goes.
#include "tests/support/net_reactor.hpp"

#include <utility>
#include <vector>

#include <fcntl.h>

namespace weft::reactor {
namespace {

using test::make_pipe;
using test::make_socket_pair;
using test::put_byte;
using test::take_byte;
using watch_test = test::reactor_fixture;
using events = std::vector<watch_event>;

class recording final : public watch {
  public:
    recording() noexcept
        : watch([](watch& w, watch_event e) noexcept {
              static_cast<recording&>(w).seen_.push_back(e);
          }) {}
    events take() { return std::exchange(seen_, {}); }

  private:
    events seen_;
};

TEST_F(watch_test, is_told_at_every_look_while_the_descriptor_is_ready) {
    const auto pipe = make_pipe();
    recording w;
    auto& descriptors = loop().descriptors();
    ASSERT_EQ(descriptors.start_watch(pipe.near.get(), direction::read, w),
              watchability::watchable);
    EXPECT_TRUE(loop().watching());
    EXPECT_FALSE(loop().poll());
    EXPECT_EQ(w.take(), events{});
    put_byte(pipe.far.get());
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(loop().poll());
        EXPECT_EQ(w.take(), events{watch_event::ready});
    }
    EXPECT_TRUE(take_byte(pipe.near.get()));
    EXPECT_FALSE(loop().poll());
    put_byte(pipe.far.get());
    descriptors.end_watch(pipe.near.get(), direction::read, w);
    EXPECT_FALSE(loop().watching());
    EXPECT_FALSE(loop().poll());
    EXPECT_EQ(w.take(), events{});
    descriptors.forget(pipe.near.get());
}

TEST_F(watch_test, stands_beside_a_fiber_that_waits) {
    const auto pair = make_socket_pair();
    const int fd = pair.near.get();
    recording w;
    auto result = wait_result::cancelled;
    start([&, this] {
        fibers::wait_site site{"test"};
        result = loop().descriptors().wait(fd, direction::read, site);
        loop().descriptors().end_watch(fd, direction::read, w);
    });
    ASSERT_EQ(loop().descriptors().start_watch(fd, direction::read, w), watchability::watchable);
    put_byte(pair.far.get());
    run();
    EXPECT_EQ(result, wait_result::ready);
    EXPECT_FALSE(w.take().empty());
    loop().descriptors().forget(fd);
}

TEST_F(watch_test, is_told_that_the_descriptor_was_forgotten) {
    const auto pair = make_socket_pair();
    recording reader;
    recording writer;
    auto& descriptors = loop().descriptors();
    descriptors.start_watch(pair.near.get(), direction::read, reader);
    descriptors.start_watch(pair.near.get(), direction::write, writer);
    descriptors.forget(pair.near.get());
    EXPECT_EQ(reader.take(), events{watch_event::closed});
    EXPECT_EQ(writer.take(), events{watch_event::closed});
    EXPECT_FALSE(loop().watching());
    descriptors.end_watch(pair.near.get(), direction::read, reader); // late, and harmless
    EXPECT_FALSE(loop().watching());
}

TEST_F(watch_test, does_not_begin_on_what_cannot_be_watched) {
    recording w;
    auto& descriptors = loop().descriptors();
    EXPECT_EQ(descriptors.start_watch(-1, direction::read, w), watchability::not_open);
    const reactor::unique_fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(descriptors.start_watch(file.get(), direction::read, w), watchability::always_ready);
    EXPECT_FALSE(loop().watching());
}

} // namespace
} // namespace weft::reactor
