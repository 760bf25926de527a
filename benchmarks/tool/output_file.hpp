// SPDX-License-Identifier: BSL-1.0
// The files that a run leaves behind.
//
// Invariant: whether a file can be written is found out before two minutes are spent on what goes
// into it; a file is replaced as a whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// Both throw std::system_error, whose text names the file.
void require_writable(const std::string& path);
void write_file(const std::string& path, std::string_view content);

} // namespace bench
