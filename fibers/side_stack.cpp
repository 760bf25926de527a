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

// The context of the running fiber's stack, which may be a host's.
context& scheduler::flow_of_current() noexcept {
    return current_->worker_ != nullptr ? current_->worker_->flow() : seated_->flow;
}

void scheduler::enter(side_stack& side) noexcept {
    context& here = flow_of_current();
    side.user_ = current_;
    side.outer_ = std::exchange(current_->worker_, side.own_);
    here.switch_to(side.own_->flow(), cells_);
}

void scheduler::leave(side_stack& side) noexcept {
    context& here = flow_of_current();
    side.user_ = nullptr;
    current_->worker_ = std::exchange(side.outer_, nullptr);
    here.switch_to(flow_of_current(), cells_);
}

void scheduler::run_side(worker& w, side_stack& side) noexcept {
    side.body_(side.argument_);
    w.pool().unreserve();
    w.pool().put_idle(w);
    side.own_ = nullptr;
    leave(side);
}

} // namespace weft::fibers
