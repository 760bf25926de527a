// SPDX-License-Identifier: BSL-1.0
#include "fibers/timers.hpp"

#include "fibers/shuffle.hpp"

#include <utility>

namespace weft::fibers {

bool timer_heap::earlier(const timer& a, const timer& b) noexcept {
    return a.when_ < b.when_ || (a.when_ == b.when_ && a.sequence_ < b.sequence_);
}

// Makes the later of two roots the first child of the earlier one.
timer* timer_heap::meld(timer* a, timer* b) noexcept {
    if (a == nullptr) {
        return b;
    }
    if (b == nullptr) {
        return a;
    }
    if (earlier(*b, *a)) {
        std::swap(a, b);
    }
    b->before_ = a;
    b->sibling_ = a->child_;
    if (a->child_ != nullptr) {
        a->child_->before_ = b;
    }
    a->child_ = b;
    return a;
}

// The two passes of a pairing heap over a list of roots: left to right in pairs, then the pairs
// right to left. Iterative, since the list may hold a million.
timer* timer_heap::meld_siblings(timer* first) noexcept {
    timer* pairs = nullptr; // linked through sibling_, last pair first
    while (first != nullptr) {
        timer* a = first;
        timer* b = a->sibling_;
        first = b != nullptr ? b->sibling_ : nullptr;
        a->sibling_ = nullptr;
        a->before_ = nullptr;
        if (b != nullptr) {
            b->sibling_ = nullptr;
            b->before_ = nullptr;
        }
        timer* pair = meld(a, b);
        pair->sibling_ = pairs;
        pairs = pair;
    }
    timer* root = nullptr;
    while (pairs != nullptr) {
        timer* next = pairs->sibling_;
        pairs->sibling_ = nullptr;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void timer_heap::add(timer& t, time_point when) noexcept {
    t.when_ = when;
    t.sequence_ = ties_ == nullptr ? next_sequence_++ : ties_->random();
    t.child_ = nullptr;
    t.sibling_ = nullptr;
    t.before_ = nullptr;
    t.armed_ = true;
    root_ = meld(root_, &t);
    ++size_;
}

timer& timer_heap::pop() noexcept {
    timer& t = *root_;
    root_ = meld_siblings(t.child_);
    t.armed_ = false;
    --size_;
    return t;
}

void timer_heap::remove(timer& t) noexcept {
    if (&t == root_) {
        pop();
        return;
    }
    if (t.before_->child_ == &t) {
        t.before_->child_ = t.sibling_;
    } else {
        t.before_->sibling_ = t.sibling_;
    }
    if (t.sibling_ != nullptr) {
        t.sibling_->before_ = t.before_;
    }
    root_ = meld(root_, meld_siblings(t.child_));
    t.armed_ = false;
    --size_;
}

void timer_heap::fire(time_point now) noexcept {
    while (root_ != nullptr && root_->when_ <= now) {
        timer& due = pop();
        due.on_expiry_(due);
    }
}

} // namespace weft::fibers
