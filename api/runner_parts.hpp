// SPDX-License-Identifier: BSL-1.0
//
// What a runner consists of: a loop until it is closed.
#pragma once

#include "api/loop_core.hpp"

#include <weft/runner.hpp>

#include <memory>
#include <optional>

namespace weft {

struct runner::parts {
    explicit parts(const run_options& options)
        : loop(std::in_place, options), face(loop->face().shared_from_this()) {}

    const void* thread = detail::this_thread();
    std::optional<detail::loop_core> loop; // empty: closed
    std::shared_ptr<weft::loop> face;      // what get_loop() has given away
    bool closing = false;
};

} // namespace weft
