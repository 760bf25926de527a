// SPDX-License-Identifier: BSL-1.0
#include "api/watch_list.hpp"

#include "api/loop_core.hpp"

#include <weft/detail/task_state.hpp>

#include <memory>
#include <new>

namespace weft::detail {

watch_list::watch_list(std::size_t capacity, observer::function on_end)
    : capacity_(capacity), on_end_(on_end) {
    if (capacity == 0) {
        return;
    }
    first_ = static_cast<entry*>(
        loop_core::running()->blocks().allocate_or_throw(capacity * sizeof(entry)));
}

watch_list::~watch_list() {
    for (entry& e : *this) {
        completion& c = e.watched;
        std::destroy_at(&e);
        c.release();
    }
    if (first_ != nullptr) {
        free_task(first_, capacity_ * sizeof(entry));
    }
}

watch_list::entry* watch_list::add(completion& c, std::size_t index) noexcept {
    const bool here_already = c.is_observed_by([this](const observer& o) {
        return o.tells(on_end_) && &static_cast<const entry&>(o).list == this;
    });
    if (here_already) {
        return nullptr;
    }
    c.retain();
    entry* e = ::new (first_ + size_) entry(on_end_, *this, c, index);
    ++size_;
    if (!c.done()) {
        c.observe(*e);
    }
    return e;
}

} // namespace weft::detail
