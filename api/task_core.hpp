// SPDX-License-Identifier: BSL-1.0
//
// The part of a task that does not depend on its types: a fiber and the completion that its end is.
// Lies inside its task_state.
//
// Invariant: the loop holds one reference until the task has ended.
#pragma once

#include "api/completion.hpp"
#include "api/context_values.hpp"
#include "fibers/fiber.hpp"

#include <weft/detail/task_state.hpp>
#include <weft/task.hpp>

#include <boost/intrusive/list.hpp>

#include <exception>
#include <memory>
#include <string>

namespace weft::detail {

class loop_core;

class task_core final : public fibers::fiber,
                        public boost::intrusive::list_base_hook<
                            boost::intrusive::link_mode<boost::intrusive::normal_link>>,
                        public completion {
  public:
    explicit task_core(task_state& owner) noexcept
        : fiber(&task_core::body), completion(type::task), owner_(owner) {}
    ~task_core() = default;

    // Gives the task to a loop and makes it ready, or runs it at once. Throws spawn_error.
    void start(loop_core& loop, task_options* options, source_location where);

    // For a fiber that another library has begun and will end: it counts as a task meanwhile,
    // without being listed. Only let_go() may be called in the end.
    void adopt(loop_core& loop) noexcept;
    void let_go() noexcept;

    task_state& owner() noexcept { return owner_; }
    std::uint64_t id() const noexcept { return id_; }
    std::string name() const;
    void set_name(std::string name) { name_ = std::make_unique<std::string>(std::move(name)); }
    // Without allocation; for the stack overflow message. Returns the length.
    std::size_t write_name(char* out, std::size_t size) const noexcept;

    context_pointer& context() noexcept { return context_; }

    int cancelling() const noexcept { return cancels_; }
    int uncancel() noexcept;

  private:
    friend class completion;

    void cancel_running(const std::string& message, task_core* joining) noexcept;
    static void body(fibers::fiber& f, bool can_run) noexcept;
    outcome run_callable() noexcept;
    void end(outcome o) noexcept;
    [[noreturn]] void end_child(outcome o) noexcept;
    void destroy() noexcept;

    int cancels_ = 0; // fits behind the base's last member
    task_state& owner_;
    std::uint64_t id_ = 0;
    std::unique_ptr<std::string> name_; // null: "task-N"
    context_pointer context_;
    std::uint32_t cancel_round_ = 0; // the last cancel() that came by here, to notice a circle
};

using task_list = boost::intrusive::list<task_core, boost::intrusive::constant_time_size<false>>;

} // namespace weft::detail
