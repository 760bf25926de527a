// SPDX-License-Identifier: BSL-1.0
// Text, data and parts put into a page.
//
// Invariant: whatever comes from outside (a peer's version, a file's name, an error) stays text: it
// can neither begin an element nor end a script.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace bench {

std::string html_text(std::string_view plain); // escapes

std::string script_json(const nlohmann::json&); // to stand in <script type="application/json">

// filled replaces each {{name}} of a page. Throws std::out_of_range for a name without a part.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& parts);

// facts_rows: <tr> for each entry of an object; lists are left out, objects written in one cell.
std::string facts_rows(const nlohmann::json& facts);

} // namespace bench
