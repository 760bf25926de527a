// SPDX-License-Identifier: BSL-1.0
#include "fibers/shuffle.hpp"

#include "fibers/fiber.hpp"

#include <new>
#include <utility>

namespace weft::fibers {

namespace {

constexpr std::size_t usual_turn = 1024;

bool keeps_its_order(const runnable& r) noexcept {
    return !r.is_fiber() || static_cast<const fiber&>(r).woken_by_deadline();
}

} // namespace

shuffle::shuffle(std::uint64_t seed) : generator_(seed) {
    turn_.reserve(usual_turn);
    ordered_.reserve(usual_turn);
}

// Not std::shuffle and its distributions: those differ between libraries, seeds should not.
std::size_t shuffle::below(std::size_t limit) noexcept {
    return generator_() % limit;
}

void shuffle::reorder(ready_queue& turn) noexcept {
    turn_.clear();
    ordered_.clear();
    try {
        for (runnable& r : turn) {
            turn_.push_back(&r);
            if (keeps_its_order(r)) {
                ordered_.push_back(&r);
            }
        }
    } catch (const std::bad_alloc&) {
        return; // as it came is a legal order, too
    }
    for (std::size_t i = turn_.size(); i > 1; --i) {
        std::swap(turn_[i - 1], turn_[below(i)]);
    }
    turn.clear();
    for (auto next = ordered_.begin(); runnable * r : turn_) {
        turn.push_back(keeps_its_order(*r) ? **next++ : *r);
    }
}

} // namespace weft::fibers
