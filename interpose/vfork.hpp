// SPDX-License-Identifier: BSL-1.0
//
// Whether this is the child of a vfork(), whose memory is its parent's.
#pragma once

namespace weft::interpose {

bool in_vfork_child() noexcept;

} // namespace weft::interpose
