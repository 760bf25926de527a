// SPDX-License-Identifier: BSL-1.0
//
// What <stop_token> has is std's own: it works between tasks as between threads.
#pragma once

#include <stop_token>

namespace weft::green {

using std::nostopstate;
using std::nostopstate_t;
using std::stop_callback;
using std::stop_source;
using std::stop_token;

} // namespace weft::green
