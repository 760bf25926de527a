// SPDX-License-Identifier: BSL-1.0
#include "api/loop_core.hpp"

#include <weft/cancel_blocker.hpp>

namespace weft {

cancel_blocker::cancel_blocker() {
    detail::task_core& self = detail::require_running_task("weft::cancel_blocker");
    self.retain();
    task_ = detail::task_pointer(&self.owner());
    self.block_cancels();
}

cancel_blocker::~cancel_blocker() {
    task_.get()->core().unblock_cancels();
}

} // namespace weft
