// SPDX-License-Identifier: BSL-1.0
//
// No memory for files and processes: each allocation of a call fails once; nothing is left of it,
// no descriptor and no child.
#include "tests/support/api_each_allocation.hpp"
#include "tests/support/process_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <new>

namespace weft::test {
namespace {

using file_memory = process_test;

TEST_F(file_memory, for_whole_files) {
    const temporary_folder folder;
    weft::run([&] {
        EXPECT_GT(for_each_allocation([&] { write_file(folder / "a", pattern(1000)); }), 1);
        EXPECT_GT(for_each_allocation([&] { read_file(folder / "a"); }), 1);
    });
    EXPECT_EQ(content_of(folder / "a"), pattern(1000));
}

TEST_F(file_memory, for_positions) {
    const temporary_folder folder;
    weft::run([&] {
        EXPECT_GT(for_each_allocation([&] {
                      file f = file::open(folder / "a", {.write = true, .create = true});
                      f.write_at(0, "text");
                      f.append("x");
                      f.read_at(0, 1000);
                      f.size();
                      f.sync();
                      f.close();
                  }),
                  5);
    });
}

TEST_F(file_memory, for_a_process) {
    weft::run([] {
        EXPECT_GT(for_each_allocation([] {
                      process p = start_process({"cat"}, {.env = {{"A", "b"}}});
                      p.communicate("some input");
                  }),
                  10);
    });
}

// A child that cannot be joined by waiting is joined all the same.
TEST_F(file_memory, for_the_end_of_a_process) {
    weft::run([] {
        for (int nth = 1; nth < 10; ++nth) {
            process p = start_process({"sleep", "1000"}, {.in = stdio::null});
            const failing_new once(nth);
            p = process();
        }
        for (int nth = 1; nth < 10; ++nth) {
            process p = start_process({"true"}, {.kill_on_destroy = false});
            const int pid = p.pid();
            {
                const failing_new once(nth);
                p = process();
            }
            while (exists(pid) && ::waitpid(pid, nullptr, WNOHANG) == 0) {
                sleep_for(std::chrono::milliseconds(1)); // ours, if there was no memory for a task
            }
        }
    });
}

} // namespace
} // namespace weft::test
