// SPDX-License-Identifier: BSL-1.0
#include "api/io/server_core.hpp"

#include "api/loop_core.hpp"
#include "api/report.hpp"
#include "api/waiting.hpp"

#include <weft/detail/duration.hpp>
#include <weft/errors.hpp>
#include <weft/task.hpp>
#include <weft/timeout.hpp>
#include <weft/tls.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

namespace weft::detail {

namespace {

constexpr auto accepting = "weft::server";

// What a handler fails with when its peer has gone away, which is the peer's affair.
bool is_peers_leaving(const std::system_error& e) noexcept {
    return e.code() == std::error_code(ECONNRESET, std::system_category()) ||
           e.code() == std::error_code(EPIPE, std::system_category()) ||
           e.code() == tls_errc::truncated || e.code() == tls_errc::refused_by_peer ||
           e.code() == tls_errc::not_tls;
}

void report_here(const char* message, const source_location& where) noexcept {
    report_error(message, std::current_exception(), loop_core::running()->current_task(), where);
}

} // namespace

server_core::server_core(listener_core& l, const listen_options& options, source_location where)
    : listener_(l),
      most_connections_(options.max_connections),
      encrypted_(options.tls != nullptr),
      handshake_timeout_(to_ticks(options.handshake_timeout, "weft::start_server")),
      where_(where) {}

server_core::~server_core() {
    listener_.stop();
    listener_.release();
}

server server_core::start(listener_core* l, handler_pointer handler, const listen_options& options,
                          source_location where) {
    std::shared_ptr<server_core> core;
    try {
        core = std::make_shared<server_core>(*l, options, where);
    } catch (...) {
        l->stop();
        l->release();
        throw;
    }
    const std::string name =
        fmt::format("server {}", l->local_endpoints("weft::start_server").front().to_string());
    // The task refers to the core by a plain pointer: the acceptor keeps it to the task's end.
    task<void> accepts =
        spawn({.name = name, .where = where}, [self = core.get(), handler = std::move(handler)] {
            self->accept_connections(handler);
        });
    core->acceptor_.alive = core;
    state_of(accepts)->core().observe(core->acceptor_);
    accepts.detach();
    return server(std::move(core));
}

// --- accepting ---

void server_core::accept_connections(const handler_pointer& handler) {
    fibers::scheduler& scheduler = loop_core::running()->scheduler();
    while (accept_one(handler)) {
        take_turn(scheduler); // however many come at once, those that are here go on
    }
}

// False when the listening has ended.
bool server_core::accept_one(const handler_pointer& handler) {
    try {
        wait_for_room();
        begin(listener_.accept(accepting), handler);
    } catch (const spawn_error&) {
        report_here("no memory for a connection", where_);
    } catch (const std::bad_alloc&) {
        report_here("no memory for a connection", where_);
    } catch (const std::system_error&) {
        if (!stopped_) {
            report_here("a server cannot accept connections any more", where_);
        }
        return false;
    }
    return true;
}

void server_core::wait_for_room() {
    while (most_connections_ != 0 && connections_.size() >= most_connections_ && !stopped_) {
        if (room_.wait(accepting, this).end == wait_end::cancelled) {
            throw_cancelled_here();
        }
    }
}

void server_core::begin(stream accepted, const handler_pointer& handler) {
    auto record = std::make_unique<connection>(shared_from_this());
    task<void> work = spawn(
        [this, handler, s = std::move(accepted)]() mutable { handle(std::move(s), *handler); },
        where_);
    record->task = &state_of(work)->core();
    record->task->observe(*record);
    connections_.push_back(*record.release());
    work.detach();
}

// In the connection's own task; its record keeps this alive.
void server_core::handle(stream accepted, connection_handler& handler) const {
    try {
        if (!encrypted_ || shake_hands(accepted)) {
            handler.handle(std::move(accepted));
        }
    } catch (const cancelled&) {
        throw;
    } catch (const std::system_error& e) {
        if (!is_peers_leaving(e)) {
            report_here("a connection's handler has failed", where_);
        }
    } catch (...) {
        report_here("a connection's handler has failed", where_);
    }
}

// False when the client takes too long.
bool server_core::shake_hands(stream& accepted) const {
    try {
        with_timeout(handshake_timeout_, [&] { accepted.handshake(); });
        return true;
    } catch (const timeout_error&) {
        return false;
    }
}

// --- ends ---

void server_core::acceptor::ended(observer& o, completion&) noexcept {
    auto& self = static_cast<acceptor&>(o);
    const std::shared_ptr<server_core> server = std::move(self.alive);
    server->stop(); // it may have been cancelled, as at the end of run()
    server->one_less();
}

void server_core::connection::ended(observer& o, completion&) noexcept {
    const std::unique_ptr<connection> self(&static_cast<connection&>(o));
    self->server->connections_.erase(connection_list::s_iterator_to(*self));
    self->server->one_less();
}

void server_core::one_less() noexcept {
    room_.notify_one();
    fewer_.notify_all();
}

void server_core::stop() noexcept {
    if (std::exchange(stopped_, true)) {
        return;
    }
    require_own_thread();
    listener_.stop();
    room_.notify_one();
    fewer_.notify_all();
}

// The tasks belong to a loop that runs elsewhere; touching them would corrupt it.
void server_core::require_own_thread() const noexcept {
    if (thread_ != this_thread()) {
        report("weft::server: closed or destroyed on another thread than its loop's");
        std::abort();
    }
}

void server_core::cancel_connections() noexcept {
    if (connections_.empty()) {
        return;
    }
    require_own_thread();
    loop_core* here = loop_core::running();
    const task_core* running = here != nullptr ? here->current_task() : nullptr;
    // Cancelling runs no code of theirs, so the list stays as it is meanwhile.
    for (connection& c : connections_) {
        if (c.task != running) {
            c.task->cancel({});
        }
    }
}

bool server_core::is_inside() const noexcept {
    const task_core* running = loop_core::running()->current_task();
    for (const connection& c : connections_) {
        if (c.task == running) {
            return true;
        }
    }
    return false;
}

void server_core::join() noexcept {
    const loop_core* here = loop_core::running();
    if (here == nullptr || here->current_task() == nullptr) {
        return;
    }
    const std::size_t own = is_inside() ? 1 : 0;
    while (acceptor_.alive || connections_.size() > own) {
        fewer_.wait_without_cancel("weft::~server", this);
    }
}

void server_core::wait_until_over(const char* call) {
    require_running_task(call);
    listener_.require_own_loop(call);
    if (is_inside()) {
        throw invalid_state(fmt::format(
            "{}: a handler of this server would wait for its own end; call close() and return",
            call));
    }
    while (!is_over()) {
        if (fewer_.wait(call, this).end == wait_end::cancelled) {
            throw_cancelled_here();
        }
    }
}

} // namespace weft::detail
