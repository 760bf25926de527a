// SPDX-License-Identifier: BSL-1.0
//
// A random program of descriptor operations, made from a seed while it runs: what it does next
// depends on the seed and on what it has seen so far, so two executions do the same as long as the
// system answers the same. Each step is one call, or two that run beside each other, of which the
// first waits for what the second does; their results do not depend on which begins.
//
// Whether a call would wait is asked of the kernel by raw system calls, which no library sees.
#pragma once

#include "tests/ported/raw_probe.hpp"

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

// Runs two bodies beside each other and returns when both have returned.
using beside = std::function<void(std::function<void()> first, std::function<void()> second)>;

class descriptor_program {
  public:
    descriptor_program(unsigned seed, beside run_both)
        : random_(seed), beside_(std::move(run_both)) {}
    ~descriptor_program();
    descriptor_program(const descriptor_program&) = delete;
    descriptor_program& operator=(const descriptor_program&) = delete;

    // What was seen at each step: calls, results, errors, bytes, and the flags that the kernel has.
    std::vector<std::string> run(int steps);

  private:
    enum class kind { unix_stream, unix_datagram, unix_packet, tcp, pipe_in, pipe_out, counter };
    // An open file description that the program has made; several descriptors may refer to it.
    struct description {
        kind what;
        int peer; // index of the description at the other end; its own for a counter
    };
    struct descriptor {
        int number;
        int refers_to;
    };
    enum class use { read, write };

    // --- descriptor_program.cpp ---
    int pick(int limit) { return int(random_() % unsigned(limit)); }
    bool chance(int percent) { return pick(100) < percent; }
    descriptor& pick_descriptor() { return descriptors_[std::size_t(pick(int(size())))]; }
    std::size_t size() const { return descriptors_.size(); }
    kind kind_of(const descriptor& d) const { return all_[std::size_t(d.refers_to)].what; }
    bool is_socket(const descriptor& d) const;
    bool is_stream(const descriptor& d) const;
    bool can(const descriptor& d, use how) const;
    // An open descriptor of the other end; null when there is none.
    const descriptor* peer_of(const descriptor& d) const;
    std::string name_of(const descriptor& d) const;
    void add(int number, int refers_to);
    void add_pair(const int (&ends)[2], kind first, kind second);
    void step();
    void say(const std::string& what) { said_ += (said_.empty() ? "" : "; ") + what; }
    // "call = result", with the error if there was one.
    std::string result(const std::string& call, long value) const;
    // Both bodies return what is to be said of them.
    void together(const std::function<std::string()>& first,
                  const std::function<std::string()>& second);
    void arrive(const descriptor& from, int queued_before, long sent) const;
    std::string flags() const;

    // --- descriptor_making.cpp ---
    void make();
    void make_tcp();
    void connect_to_full_backlog();
    void refuse_connection();
    void duplicate();
    void pass_over();
    void set_flags();
    void set_limit();
    void shut_down();
    void close_one();
    void fork_off();
    void sleep_a_little();
    void call_wrongly();

    // --- descriptor_transfer.cpp ---
    void read_some();
    void read_all_of();
    void write_some();
    void write_much();
    void count();
    std::string read_from(int fd, int form, std::size_t size, int flags) const;
    std::string write_to(int fd, int form, std::size_t size, int flags);
    std::string feed(const descriptor& waiting, std::size_t size, int ending);
    std::string drain(const descriptor& from, std::size_t wanted) const;

    // --- descriptor_waits.cpp ---
    void wait_with_poll();
    void wait_with_select();
    void wait_with_epoll();
    std::vector<descriptor> some_descriptors();
    const descriptor* one_to_feed(const std::vector<descriptor>& listening,
                                  const std::vector<descriptor>& all) const;

    std::mt19937 random_;
    beside beside_;
    std::vector<description> all_;
    std::vector<descriptor> descriptors_;
    std::string said_;
    int written_ = 0; // so that every byte tells where it comes from
};

} // namespace weft::test
