// SPDX-License-Identifier: BSL-1.0
//
// What the library keeps in a generator: its stack, and its place among the loop's open generators,
// which the end of run() unwinds.
#pragma once

#include "fibers/side_stack.hpp"

#include <weft/detail/generator_core.hpp>

#include <boost/intrusive/list.hpp>

namespace weft::detail {

class generator_core::inside : public boost::intrusive::list_base_hook<
                                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    explicit inside(generator_core& owner) noexcept : owner_(owner) {}
    generator_core& owner() const noexcept { return owner_; }
    fibers::side_stack stack;

  private:
    generator_core& owner_;
};

using generator_list =
    boost::intrusive::list<generator_core::inside, boost::intrusive::constant_time_size<false>>;

// At the end of run(): a task that unwinds the bodies of all generators that have begun.
void unwind_open_generators();

} // namespace weft::detail
