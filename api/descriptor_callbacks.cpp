// SPDX-License-Identifier: BSL-1.0
#include "api/descriptor_callbacks.hpp"

#include "api/io/descriptor.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <new>
#include <system_error>

namespace weft::detail {

class descriptor_callbacks::entry final : public loop_callback, public reactor::watch {
  public:
    entry(descriptor_callbacks& all, key k, unique_function f, source_location where) noexcept
        : loop_callback(calls::repeatedly,
                        k.second == reactor::direction::read ? "exception in a reader callback"
                                                             : "exception in a writer callback",
                        std::move(f), where),
          watch(&entry::told),
          all_(all),
          key_(k),
          where_(where) {}
    ~entry() override = default;

  private:
    void stop() noexcept override {
        all_.loop_.descriptors().end_watch(key_.first, key_.second, *this);
    }

    static void told(reactor::watch& w, reactor::watch_event e) noexcept {
        auto& self = static_cast<entry&>(w);
        if (e == reactor::watch_event::ready) {
            self.queue();
            return;
        }
        if (e == reactor::watch_event::unwatchable) {
            self.report_unwatchable();
        }
        self.all_.remove(self.key_.first, self.key_.second); // may destroy it
    }

    void report_unwatchable() const noexcept {
        try {
            report_error("a reader or writer callback is lost",
                         std::make_exception_ptr(unwatchable("", key_.first)), nullptr, where_);
        } catch (const std::bad_alloc&) {
            report("a reader or writer callback is lost, and no memory to say which");
        }
    }

    descriptor_callbacks& all_;
    key key_;
    source_location where_;
};

void descriptor_callbacks::add(int fd, reactor::direction d, unique_function f,
                               source_location where, const char* call) {
    const key k{fd, d};
    auto added = std::make_shared<entry>(*this, k, std::move(f), where);
    remove(fd, d);
    const auto place = entries_.emplace(k, added).first;
    auto answer = reactor::watchability::refused;
    try {
        answer = loop_.descriptors().start_watch(fd, d, *added);
    } catch (...) {
        entries_.erase(place);
        throw;
    }
    if (answer == reactor::watchability::watchable) {
        added->start(loop_, added);
        return;
    }
    entries_.erase(place);
    switch (answer) {
    case reactor::watchability::not_open:
        throw std::system_error(EBADF, std::system_category(),
                                fmt::format("{}: descriptor {} is not open", call, fd));
    case reactor::watchability::always_ready:
        throw std::system_error(
            EPERM, std::system_category(),
            fmt::format("{}: descriptor {} never blocks (a file), so there is nothing to wait for; "
                        "read or write it directly",
                        call, fd));
    default:
        throw unwatchable(fmt::format("{}: ", call), fd);
    }
}

bool descriptor_callbacks::remove(int fd, reactor::direction d) noexcept {
    const auto found = entries_.find({fd, d});
    if (found == entries_.end()) {
        return false;
    }
    const std::shared_ptr<entry> removed = std::move(found->second);
    entries_.erase(found);
    removed->drop();
    return true;
}

} // namespace weft::detail
