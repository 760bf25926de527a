// SPDX-License-Identifier: BSL-1.0
// quantity: see the header.
#include "benchmarks/tool/quantity.hpp"

#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <span>

namespace bench {

namespace {

struct step {
    std::string_view unit;
    double length;   // in the family's least unit
    double from = 0; // values from here on are told in it
};

constexpr step times[]{{"ns", 1}, {"us", 1e3, 1e3}, {"ms", 1e6, 1e6}, {"s", 1e9, 1e9}};
constexpr double kibi = 1024;
constexpr step sizes[]{{"B", 1},
                       {"KiB", kibi, 10 * kibi},
                       {"MiB", kibi* kibi, kibi* kibi},
                       {"GiB", kibi* kibi* kibi, kibi* kibi* kibi}};
constexpr step byte_ticks[]{{"B", 1}, {"kB", 1e3, 1e3}, {"MB", 1e6, 1e6}, {"GB", 1e9, 1e9}};

struct told {
    double value;
    std::string_view unit;
};

told in_best_of(std::span<const step> family, double value, double length) {
    const double all = value * length;
    const step* best = family.data();
    for (const step& each : family)
        if (std::abs(all) >= each.from * .9995) // what would be printed as 1,000 of the one below
            best = &each;
    return {all / best->length, best->unit};
}

struct known_unit {
    std::span<const step> family;
    double length;
};

std::optional<known_unit> find_unit(std::string_view unit) {
    for (const std::span<const step> family : {std::span<const step>(times), {sizes}})
        for (const step& each : family)
            if (each.unit == unit)
                return known_unit{family, each.length};
    return std::nullopt;
}

told scaled(double value, std::string_view unit) {
    const auto known = find_unit(unit);
    return known ? in_best_of(known->family, value, known->length) : told{value, unit};
}

std::string with_unit(const std::string& text, std::string_view unit) {
    if (unit.empty())
        return text;
    return unit == "1/s" ? text + "/s" : fmt::format("{} {}", text, unit);
}

} // namespace

std::string quantity(double value, std::string_view unit) {
    if (unit == "1/s" && std::abs(value) >= 999'500)
        return number(value / 1e6) + "M/s";
    const told best = scaled(value, unit);
    return with_unit(number(best.value), best.unit);
}

std::string tick_text(double value, std::string_view unit) {
    // Ticks are powers of ten: bytes are told in thousands there.
    const told best = unit == "B" ? in_best_of(byte_ticks, value, 1) : scaled(value, unit);
    std::string text = fmt::format("{:g}", best.value);
    if (std::abs(best.value) >= 1e6)
        text = fmt::format("{:g}M", best.value / 1e6);
    else if (std::abs(best.value) >= 1e4)
        text = fmt::format("{:g}k", best.value / 1e3);
    else if (std::abs(best.value) >= 1e3)
        text = number(best.value);
    return with_unit(text, best.unit);
}

double in_least_unit(double value, std::string_view unit) {
    const auto known = find_unit(unit);
    return known ? value * known->length : value;
}

std::string html_units(std::string text) {
    for (std::size_t at = 0; (at = text.find(" us", at)) != std::string::npos; at += 3)
        if (at + 3 == text.size() || !std::isalnum(static_cast<unsigned char>(text[at + 3])))
            text.replace(at + 1, 1, "\u00b5");
    return text;
}

} // namespace bench
