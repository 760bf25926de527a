// SPDX-License-Identifier: BSL-1.0
//
// The loop's readers and writers: callbacks that are called in every iteration in which their
// descriptor is ready. One for each descriptor and direction; a descriptor that is closed loses
// them.
#pragma once

#include "api/loop_callback.hpp"
#include "reactor/readiness.hpp"

#include <map>
#include <memory>
#include <utility>

namespace weft::detail {

class descriptor_callbacks {
  public:
    explicit descriptor_callbacks(loop_core& loop) noexcept : loop_(loop) {}
    descriptor_callbacks(const descriptor_callbacks&) = delete;
    descriptor_callbacks& operator=(const descriptor_callbacks&) = delete;

    // Takes the place of the one that is there. Throws std::system_error, naming the call.
    void add(int fd, reactor::direction d, unique_function f, source_location where,
             const char* call);
    // False when there is none.
    bool remove(int fd, reactor::direction d) noexcept;

  private:
    class entry;
    using key = std::pair<int, reactor::direction>;

    loop_core& loop_;
    std::map<key, std::shared_ptr<entry>> entries_;
};

} // namespace weft::detail
