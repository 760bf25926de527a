// SPDX-License-Identifier: BSL-1.0
//
// Connecting to the first of several addresses that answers, as RFC 8305 (Happy Eyeballs) has it:
// they are tried in order, the next one when the last has failed or has taken too long, and those
// that have begun go on beside it.
//
// Invariant: one task parks for all attempts, which the reactor watches, so that neither a task nor
// a stack is needed for each; an attempt owns its descriptor and its watch, so that whichever way
// the race is left, nothing of it stays behind.
#pragma once

#include "api/loop_core.hpp"
#include "reactor/readiness.hpp"
#include "reactor/unique_fd.hpp"

#include <weft/connect.hpp>
#include <weft/endpoint.hpp>

#include <list>
#include <span>
#include <string>
#include <string_view>

namespace weft::detail {

class connection_race {
  public:
    // `from`: local addresses, the first one of an attempt's family is its own; none at all: the
    // system's choice. All of it outlives the race.
    connection_race(task_core& self, std::span<const endpoint> from,
                    const connect_options& options) noexcept
        : self_(self), from_(from), options_(options) {}

    // Blocks until a connection to one of them stands. Throws `cancelled`, or std::system_error
    // with the text that explain() makes, `whom` in it where they are a name's addresses.
    reactor::unique_fd run(std::span<const endpoint> to, std::string_view whom);

  private:
    class attempt final : public reactor::watch {
      public:
        attempt(connection_race& race, const endpoint& to) noexcept
            : watch(&attempt::told), race_(race), to_(to) {}
        ~attempt() { give_up(); }

        void begin();
        // Looks how it has come out, if there is news.
        void look();

        bool going_on() const noexcept { return fd_ && !connected_; }
        bool connected() const noexcept { return connected_; }
        reactor::unique_fd take() noexcept;
        // Why it has failed, and what to blame.
        int error() const noexcept { return error_; }
        const endpoint& blamed() const noexcept { return *blamed_; }

      private:
        static void told(reactor::watch& w, reactor::watch_event e) noexcept;
        bool set_up();
        bool bind_to_local_address();
        void proceed();
        void watch_it();
        void fail(int error_number) noexcept;
        void give_up() noexcept;

        connection_race& race_;
        const endpoint& to_;
        const endpoint* blamed_ = &to_;
        reactor::unique_fd fd_;
        int error_ = 0;
        bool watched_ = false;
        bool news_ = false;
        bool connected_ = false;
    };

    bool any_going_on() const noexcept;
    // Lets them say what is new; the one that is connected, or null. Sets any_failed if one has.
    attempt* look_at_all(bool& any_failed);
    [[noreturn]] void explain(std::string_view whom) const;

    task_core& self_;
    std::span<const endpoint> from_;
    const connect_options& options_;
    std::list<attempt> attempts_;
};

// The families take turns, beginning with that of the first address; each keeps its order.
void interleave_families(std::span<endpoint> addresses);

} // namespace weft::detail
