// SPDX-License-Identifier: BSL-1.0
#include "api/context_values.hpp"
#include "api/loop_core.hpp"
#include "api/report.hpp"

#include <weft/context_var.hpp>

#include <algorithm>
#include <atomic>
#include <new>

namespace weft::detail {

namespace {

thread_local context_pointer context_of_thread;

} // namespace

const std::shared_ptr<const void>* context_values::find(std::uint64_t key) const noexcept {
    const auto found = std::find_if(values_.begin(), values_.end(),
                                    [key](const auto& v) { return v.first == key; });
    return found != values_.end() ? &found->second : nullptr;
}

context_pointer context_values::with(const context_pointer& old, std::uint64_t key,
                                     std::shared_ptr<const void> value) {
    boost::intrusive_ptr<context_values> changed(new context_values);
    if (old) {
        changed->values_.reserve(old->values_.size() + 1);
        std::copy_if(old->values_.begin(), old->values_.end(), std::back_inserter(changed->values_),
                     [key](const auto& v) { return v.first != key; });
    }
    if (value) {
        changed->values_.emplace_back(key, std::move(value));
    }
    return changed->values_.empty() ? nullptr : changed;
}

context_pointer& current_context() noexcept {
    const loop_core* loop = loop_core::running();
    task_core* t = loop != nullptr ? loop->current_task() : nullptr;
    return t != nullptr ? t->context() : context_of_thread;
}

context_scope::context_scope(context_pointer values) noexcept : before_(std::move(values)) {
    context_of_thread.swap(before_);
}

context_scope::~context_scope() {
    context_of_thread.swap(before_);
}

// --- for the template ---

std::uint64_t new_context_key() noexcept {
    static std::atomic<std::uint64_t> next = 1;
    return next.fetch_add(1, std::memory_order_relaxed);
}

const std::shared_ptr<const void>* find_context_value(std::uint64_t key) noexcept {
    const context_pointer& context = current_context();
    return context ? context->find(key) : nullptr;
}

void set_context_value(std::uint64_t key, std::shared_ptr<const void> value) {
    context_pointer& context = current_context();
    // The old values go last: their destructors may look at the context.
    const context_pointer old =
        std::exchange(context, context_values::with(context, key, std::move(value)));
}

void restore_context_value(std::uint64_t key, std::shared_ptr<const void> value) noexcept {
    try {
        set_context_value(key, std::move(value));
    } catch (const std::bad_alloc&) {
        report("weft::context_var: no memory to take a value back");
    }
}

} // namespace weft::detail
