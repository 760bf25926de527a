// SPDX-License-Identifier: BSL-1.0
// The section of docs/benchmark-methodology.md that says what each scenario does not show.
//
// Invariant: it is written from the scenarios themselves, between two marks in the document.
#pragma once

#include <string>

namespace bench_test {

std::string scenarios_section(); // as it must stand in the document

// with_section puts it into the document. Throws std::runtime_error where the marks are missing.
std::string with_section(const std::string& document);

} // namespace bench_test
