// SPDX-License-Identifier: BSL-1.0
//
// A server's inside: the task that accepts, and a record of each task that handles a connection.
//
// Invariant: a record is in connections_ exactly from its task's spawning to its end, even if the
// task was cancelled before its first step, because it observes the task. The handler belongs to
// the tasks and not to this: so what the program captured in it is destroyed by a task.
#pragma once

#include "api/completion.hpp"
#include "api/io/listener_core.hpp"

#include <weft/detail/wait_queue.hpp>
#include <weft/server.hpp>

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <memory>

namespace weft::detail {

class server_core : public std::enable_shared_from_this<server_core> {
  public:
    using handler_pointer = std::shared_ptr<connection_handler>;

    // Takes over one reference to the listener.
    server_core(listener_core& l, const listen_options& options, source_location where);
    ~server_core();
    server_core(const server_core&) = delete;
    server_core& operator=(const server_core&) = delete;

    static server start(listener_core* l, handler_pointer handler, const listen_options& options,
                        source_location where);

    // Ends the listening. Aborts on another thread than the loop's.
    void stop() noexcept;
    bool stopped() const noexcept { return stopped_; }
    // Cancels the handlers, but not the running task if it is one.
    void cancel_connections() noexcept;
    // Blocks until nothing is left but the running task; a cancel is kept.
    void join() noexcept;
    // Blocks until it is stopped and nothing is left.
    void wait_until_over(const char* call);

    std::size_t connections() const noexcept { return connections_.size(); }
    const listener_core& listening() const noexcept { return listener_; }

  private:
    struct acceptor final : observer {
        explicit acceptor(server_core& s) noexcept : observer(&acceptor::ended), server(s) {}
        static void ended(observer& o, completion& task) noexcept;
        server_core& server;
        std::shared_ptr<server_core> alive; // while it accepts
    };
    struct connection final : observer,
                              boost::intrusive::list_base_hook<
                                  boost::intrusive::tag<connection>,
                                  boost::intrusive::link_mode<boost::intrusive::normal_link>> {
        explicit connection(std::shared_ptr<server_core> s) noexcept
            : observer(&connection::ended), server(std::move(s)) {}
        static void ended(observer& o, completion& task) noexcept;
        std::shared_ptr<server_core> server;
        task_core* task = nullptr;
    };
    using connection_list =
        boost::intrusive::list<connection,
                               boost::intrusive::base_hook<boost::intrusive::list_base_hook<
                                   boost::intrusive::tag<connection>,
                                   boost::intrusive::link_mode<boost::intrusive::normal_link>>>>;

    void accept_connections(const handler_pointer& handler);
    bool accept_one(const handler_pointer& handler);
    void wait_for_room();
    void begin(stream accepted, const handler_pointer& handler);
    void handle(stream accepted, connection_handler& handler) const;
    bool shake_hands(stream& accepted) const;

    bool is_over() const noexcept { return stopped_ && !acceptor_.alive && connections_.empty(); }
    // Whether the running task is one of the handlers.
    bool is_inside() const noexcept;
    void one_less() noexcept;
    void require_own_thread() const noexcept;

    const void* const thread_ = this_thread();
    listener_core& listener_;
    const std::size_t most_connections_; // 0: any number
    const bool encrypted_;
    const clock::duration handshake_timeout_;
    const source_location where_;
    acceptor acceptor_{*this};
    connection_list connections_;
    wait_queue room_;  // the acceptor, at most_connections_
    wait_queue fewer_; // who waits for the end
    bool stopped_ = false;
};

} // namespace weft::detail
