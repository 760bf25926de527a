// SPDX-License-Identifier: BSL-1.0
//
// Locks and messages between processes, as tasks of one thread use them among themselves.
#include "tests/support/api_settle.hpp"
#include "tests/support/posix_sides.hpp"

#include <atomic>
#include <string>

#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

namespace {

using namespace weft::test;
namespace posix = weft::posix;

template <class Side>
class posix_locks : public posix_sides<Side> {};
TYPED_TEST_SUITE(posix_locks, both_sides, side_names);

TYPED_TEST(posix_locks, of_a_whole_file_are_waited_for) {
    TypeParam::run([] {
        temporary_file_name name;
        const int one = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        const int two = TypeParam::open(name.c_str(), O_RDWR | O_CLOEXEC);
        EXPECT_EQ(TypeParam::flock(one, LOCK_EX), 0);
        EXPECT_EQ(told(TypeParam::flock(two, LOCK_EX | LOCK_NB)), failed(EWOULDBLOCK));
        std::atomic<bool> unlocked = false; // the lock orders it, which tools do not know
        TypeParam::together({[&] {
                                 EXPECT_EQ(TypeParam::flock(two, LOCK_EX), 0);
                                 EXPECT_TRUE(unlocked);
                             },
                             [&] {
                                 TypeParam::usleep(500);
                                 unlocked = true;
                                 EXPECT_EQ(TypeParam::flock(one, LOCK_UN), 0);
                             }});
        EXPECT_EQ(told(TypeParam::flock(two, 0)), failed(EINVAL));
        TypeParam::close(one);
        TypeParam::close(two);
    });
}

TYPED_TEST(posix_locks, of_a_part_of_a_file_are_waited_for) {
    TypeParam::run([] {
        temporary_file_name name;
        const int one = TypeParam::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        const int two = TypeParam::open(name.c_str(), O_RDWR | O_CLOEXEC);
        struct flock part {};
        part.l_type = F_WRLCK;
        part.l_whence = SEEK_SET;
        part.l_len = 10;
        EXPECT_EQ(TypeParam::fcntl(one, F_OFD_SETLKW, &part), 0);
        TypeParam::together({[&] {
                                 struct flock mine = part;
                                 EXPECT_EQ(TypeParam::fcntl(two, F_OFD_SETLKW, &mine), 0);
                             },
                             [&] {
                                 TypeParam::usleep(300);
                                 struct flock none = part;
                                 none.l_type = F_UNLCK;
                                 EXPECT_EQ(TypeParam::fcntl(one, F_OFD_SETLK, &none), 0);
                             }});
        EXPECT_EQ(TypeParam::lockf(one, F_TLOCK, 0), -1); // the other one has it
        TypeParam::close(two);
        EXPECT_EQ(TypeParam::lockf(one, F_LOCK, 0), 0);
        TypeParam::close(one);
    });
}

class posix_messages : public api_test {};

TEST_F(posix_messages, are_waited_for_and_not_lost_by_a_cancel) {
    const int queue = ::msgget(IPC_PRIVATE, 0600);
    ASSERT_GE(queue, 0);
    in_virtual_time([&] {
        struct {
            long type = 1;
            char text[8] = "abc";
        } message, received;
        auto receiver = weft::spawn([&] {
            EXPECT_EQ(told(posix::msgrcv(queue, &received, 8, 0, 0)), failed(ECANCELED));
            EXPECT_THROW(weft::yield(), weft::cancelled);
            EXPECT_EQ(posix::msgrcv(queue, &received, 8, 0, 0), 4);
        });
        settle();
        receiver.cancel();
        settle();
        EXPECT_EQ(posix::msgsnd(queue, &message, 4, 0), 0);
        receiver.get();
        EXPECT_STREQ(received.text, "abc");
        EXPECT_EQ(told(posix::msgrcv(queue, &received, 8, 0, IPC_NOWAIT)), failed(ENOMSG));
    });
    ::msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(posix_messages, semaphores_are_waited_for) {
    const int set = ::semget(IPC_PRIVATE, 1, 0600);
    ASSERT_GE(set, 0);
    in_virtual_time([&] {
        sembuf take{0, -1, 0};
        sembuf give{0, 1, 0};
        auto taker = weft::spawn([&] { return posix::semop(set, &take, 1); });
        settle();
        EXPECT_FALSE(taker.done());
        EXPECT_EQ(posix::semop(set, &give, 1), 0);
        EXPECT_EQ(taker.get(), 0);
        const timespec limit{5, 0};
        const auto start = loop_time();
        EXPECT_EQ(told(posix::semtimedop(set, &take, 1, &limit)), failed(EAGAIN));
        EXPECT_EQ(loop_time() - start, std::chrono::seconds(5));
        sembuf now{0, -1, IPC_NOWAIT};
        EXPECT_EQ(told(posix::semop(set, &now, 1)), failed(EAGAIN));
    });
    ::semctl(set, 0, IPC_RMID);
}

TEST_F(posix_messages, of_a_named_queue_are_waited_for) {
    const std::string name = "/weft-posix-" + std::to_string(::getpid());
    mq_attr shape{};
    shape.mq_maxmsg = 1;
    shape.mq_msgsize = 8;
    const mqd_t queue = ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600, &shape);
    if (queue == -1 && errno == ENOSYS) {
        GTEST_SKIP() << "this kernel has no message queues";
    }
    ASSERT_GE(queue, 0);
    ::mq_unlink(name.c_str());
    in_virtual_time([&] {
        char in[8];
        unsigned priority = 0;
        auto receiver = weft::spawn([&] {
            EXPECT_EQ(posix::mq_receive(queue, in, sizeof(in), &priority), 3);
            EXPECT_EQ(posix::mq_receive(queue, in, sizeof(in), &priority), 2);
        });
        settle();
        EXPECT_EQ(posix::mq_send(queue, "abc", 3, 5), 0);
        EXPECT_EQ(posix::mq_send(queue, "de", 2, 6), 0); // waits for room
        receiver.get();
        EXPECT_EQ(priority, 6U);
        const timespec past{};
        EXPECT_EQ(told(posix::mq_timedreceive(queue, in, sizeof(in), nullptr, &past)),
                  failed(ETIMEDOUT));
    });
    ::mq_close(queue);
}

} // namespace
