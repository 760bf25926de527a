// SPDX-License-Identifier: BSL-1.0
// Boost's version, as a peer announces it.
#pragma once

#include <boost/version.hpp>

#include <string>

namespace peers {

inline std::string boost_version() {
    return std::to_string(BOOST_VERSION / 100000) + "." +
           std::to_string(BOOST_VERSION / 100 % 1000);
}

} // namespace peers
