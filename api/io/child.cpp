// SPDX-License-Identifier: BSL-1.0
#include "api/io/child.hpp"

#include "api/io/stream_core.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/cancel_blocker.hpp>
#include <weft/errors.hpp>
#include <weft/task.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include <signal.h>

namespace weft::detail {

process child::take_over(loop_core& loop, new_child started, std::array<stream, 3> pipes,
                         std::array<bool, 3> has_pipe, const process_options& options,
                         std::string program) {
    auto* const c = new (std::nothrow) child(loop, started);
    if (c == nullptr) {
        throw std::bad_alloc();
    }
    started.release();
    c->kill_on_destroy_ = options.kill_on_destroy;
    c->program_ = std::move(program);
    c->pipes_ = std::move(pipes);
    c->has_pipe_ = has_pipe;
    return process(c);
}

std::optional<int> child::look() noexcept {
    int status = 0;
    if (!status_ && fd() >= 0) {
        switch (reap(fd(), status)) {
        case child_end::running:
            break;
        case child_end::ended:
            status_ = status;
            break;
        case child_end::reaped_elsewhere:
            constexpr int unknown = 255;
            status_ = unknown;
            report(fmt::format("weft::process: somebody else has reaped {} (process {}), so its "
                               "exit status is lost and counts as 255",
                               program_, pid_));
        }
    }
    return status_;
}

int child::wait_for_end(const char* call) {
    const use_of_descriptor use(*this);
    while (!look()) {
        try {
            wait(reactor::direction::read, call);
        } catch (const std::system_error&) {
            if (!status_) { // it is not that the destructor has seen the end first
                throw;
            }
        }
    }
    return *status_;
}

void child::send_signal(int signal_number, const char* call) {
    const bool ended = look().has_value();
    if (ended || detail::send_signal(fd(), signal_number) != 0) {
        throw std::system_error(ended ? ESRCH : errno, std::system_category(),
                                fmt::format("{}: {} (process {})", call, program_, pid_));
    }
}

stream& child::pipe(std::size_t i, const char* call) {
    if (!has_pipe_.at(i)) {
        throw invalid_state(fmt::format("{}: {} was started without a pipe there; use "
                                        "stdio::pipe in its process_options",
                                        call, program_));
    }
    return pipes_.at(i);
}

// --- communicate() ---

void child::feed(std::string_view& input, const char* call) {
    stream& in = pipe(0, call);
    try {
        while (!input.empty()) {
            input.remove_prefix(in.write_some(std::as_bytes(std::span(input))));
        }
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::broken_pipe) {
            throw;
        }
        input = {}; // it does not want the rest
    }
    in.close();
}

void child::drain(std::size_t i, const char* call) {
    stream& from = pipe(i, call);
    if (from.native_handle() >= 0) {
        stream_core& core = stream_core::of(from, call);
        const stream_core::use use(core, &stream_core::reading, call);
        while (core.fill(1, call)) {
        }
    }
}

std::string child::take(std::size_t i, const char* call) {
    if (!has_pipe_.at(i) || pipes_.at(i).native_handle() < 0) {
        return {};
    }
    read_buffer& buffer = stream_core::of(pipes_.at(i), call).buffer;
    return buffer.take(buffer.size());
}

// --- the end ---

void child::abandon() noexcept {
    if (!look() && kill_on_destroy_) {
        kill_and_join();
    }
    for (stream& s : pipes_) {
        s.close();
    }
    if (status_ || !leave_to_a_task()) {
        close();
    }
    release();
}

void child::kill_and_join() noexcept {
    detail::send_signal(fd(), SIGKILL);
    try {
        constexpr auto call = "weft::process::~process";
        require_usable(call);
        const cancel_blocker kept;
        wait_for_end(call);
    } catch (...) { // there is no task to wait in; what follows holds the thread for a moment
    }
    if (int status = 0; !look() && reap(fd(), status, true) == child_end::ended) {
        status_ = status;
    }
}

bool child::leave_to_a_task() noexcept {
    struct reference {
        void operator()(child* c) const noexcept { c->release(); }
    };
    try {
        constexpr auto call = "weft::process::~process";
        require_open(call);
        retain();
        std::unique_ptr<child, reference> self(this);
        spawn({.name = fmt::format("reaper of process {}", pid_)}, [self = std::move(self)] {
            self->wait_for_end(call);
        }).detach();
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace weft::detail
