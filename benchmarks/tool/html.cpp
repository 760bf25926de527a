// SPDX-License-Identifier: BSL-1.0
// html: see the header.
#include "benchmarks/tool/html.hpp"

#include <fmt/format.h>

namespace bench {

using nlohmann::json;

namespace {

std::string plain_text(const json& value) {
    if (value.is_string())
        return value.get<std::string>();
    if (!value.is_object())
        return value.dump();
    std::string text;
    for (const auto& [name, inner] : value.items())
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, plain_text(inner));
    return text;
}

} // namespace

std::string html_text(std::string_view plain) {
    std::string text;
    for (const char letter : plain) {
        switch (letter) {
        case '&':
            text += "&amp;";
            break;
        case '<':
            text += "&lt;";
            break;
        case '>':
            text += "&gt;";
            break;
        case '"':
            text += "&quot;";
            break;
        case '\'':
            text += "&#39;";
            break;
        default:
            text += letter;
        }
    }
    return text;
}

std::string script_json(const json& data) {
    std::string text = data.dump(-1, ' ', false, json::error_handler_t::replace);
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;)
        text.replace(at, 1, "\\u003c"); // inside a string, where alone it can stand: the same
    return text;
}

std::string filled(std::string_view page, const std::map<std::string_view, std::string>& parts) {
    std::string out;
    for (std::size_t open = 0; (open = page.find("{{")) != std::string_view::npos;) {
        const std::size_t close = page.find("}}", open);
        out += page.substr(0, open);
        out += parts.at(page.substr(open + 2, close - open - 2));
        page.remove_prefix(close + 2);
    }
    return out + std::string(page);
}

std::string facts_rows(const json& facts) {
    std::string rows;
    for (const auto& [name, value] : facts.items())
        if (!value.is_array())
            rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", html_text(name),
                                html_text(plain_text(value)));
    return rows;
}

} // namespace bench
