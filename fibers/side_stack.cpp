// SPDX-License-Identifier: BSL-1.0
//
// The scheduler's switches onto side stacks and back.
#include "fibers/side_stack.hpp"

#include "fibers/scheduler.hpp"

#include <utility>

namespace weft::fibers {

bool scheduler::begin(side_stack& side, side_stack::body_function body, void* argument) noexcept {
    worker_pool& pool = *pools_.front();
    if (!pool.reserve()) {
        return false;
    }
    side.own_ = pool.acquire();
    if (side.own_ == nullptr) {
        pool.unreserve();
        return false;
    }
    side.body_ = body;
    side.argument_ = argument;
    side.own_->assign(side);
    return true;
}

void scheduler::enter(side_stack& side) noexcept {
    fiber& self = *current_;
    side.user_ = &self;
    side.outer_ = std::exchange(self.worker_, side.own_);
    side.outer_->flow().switch_to(side.own_->flow(), cells_);
}

void scheduler::leave(side_stack& side) noexcept {
    worker& here = *current_->worker_;
    current_->worker_ = std::exchange(side.outer_, nullptr);
    here.flow().switch_to(current_->worker_->flow(), cells_);
}

void scheduler::run_side(worker& w, side_stack& side) noexcept {
    side.body_(side.argument_);
    w.pool().unreserve();
    w.pool().put_idle(w);
    side.own_ = nullptr;
    leave(side);
}

} // namespace weft::fibers
