// SPDX-License-Identifier: BSL-1.0
// run_compare: the comparison as a table and in sentences.
#include "benchmarks/tool/paragraph.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_compare.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

constexpr int narrowest = 78;
constexpr int widest = 140;
constexpr int value_width = 11;
constexpr int change_width = 25;
constexpr int words_width = 17;
constexpr int peers_width = 8;
constexpr int wide = 110; // from here on, with the base's value and the peers' change

struct layout {
    int columns;
    bool colour;
    bool is_wide() const { return columns >= wide; }
    int label() const {
        return columns - value_width - change_width - words_width -
               (is_wide() ? value_width + peers_width : 0);
    }
};

std::string coloured(const layout& as, standing found, const std::string& text) {
    if (!as.colour || found == standing::level)
        return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", found == standing::better ? 32 : 31, text);
}

std::string words_of(const change& self) {
    return standing_of(self.what, self.ratio) == standing::level
               ? "no change shown"
               : verdict_text(self.what, self.ratio, self.judged);
}

std::string row(const layout& as, const change& self) {
    std::string text = fmt::format("{:<{}}", cut(self.label, as.label()), as.label());
    if (as.is_wide())
        text += fmt::format("{:>{}}", quantity(self.base, self.what.unit), value_width);
    text += fmt::format("{:>{}}{:>{}}", quantity(self.now, self.what.unit), value_width,
                        ratio_text(self.ratio), change_width);
    text += coloured(as, standing_of(self.what, self.ratio),
                     fmt::format("  {:<{}}", words_of(self), words_width - 2));
    if (as.is_wide())
        text += fmt::format("{:>{}}", self.peers ? ratio_number(*self.peers) : "-", peers_width);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

std::string heading(const layout& as) {
    std::string text = fmt::format("{:<{}}", "scenario", as.label());
    if (as.is_wide())
        text += fmt::format("{:>{}}", "base", value_width);
    text += fmt::format("{:>{}}{:>{}}", "now", value_width, "now / base", change_width);
    if (as.is_wide())
        text += fmt::format("{:>{}}", "peers", words_width + peers_width);
    return text + "\n";
}

std::string sum_of(const comparison& self) {
    int counts[3]{};
    for (const change& each : self.changes)
        ++counts[static_cast<int>(standing_of(each.what, each.ratio))];
    const auto all = self.changes.size();
    return fmt::format("{} compared: worse in {}, better in {}, no change shown in {}. Of as many "
                       "intervals of {:.0f} %, about {:.0f} miss the truth by chance alone; a "
                       "change that matters shows again in a second run.",
                       all, counts[static_cast<int>(standing::worse)],
                       counts[static_cast<int>(standing::better)],
                       counts[static_cast<int>(standing::level)], 100 * confidence,
                       std::max(1.0, (1 - confidence) * static_cast<double>(all)));
}

} // namespace

std::string compare_text(const comparison& self, int columns, bool colour) {
    const layout as{std::clamp(columns, narrowest, widest), colour};
    const auto width = static_cast<std::size_t>(as.columns);
    std::string text = wrapped("Against " + self.base_words, width);
    for (const std::string& each : self.warnings)
        text += wrapped(each, width, "Warning: ", "  ");
    if (self.changes.empty())
        return text + "Nothing of this run is in the base.\n";
    text += "\n" + heading(as);
    for (const change& each : self.changes)
        text += row(as, each);
    text += "\n" + wrapped(sum_of(self), width);
    if (const change* worst = self.worst())
        text += wrapped(fmt::format("Worst: {}: {} {}.", worst->label, words_of(*worst),
                                    ratio_text(worst->ratio)),
                        width);
    if (!self.not_in_base.empty())
        text += wrapped("Not in the base: " + joined(self.not_in_base) + ".", width);
    if (!self.not_now.empty())
        text += wrapped("In the base only: " + joined(self.not_now) + ".", width);
    return text;
}

std::string above_text(const comparison& self, double limit) {
    std::string text;
    for (const change* each : self.above(limit))
        text += fmt::format("above {:g}: {}: {} times as bad as the base\n", limit, each->label,
                            ratio_text(each->worsening()));
    return text;
}

} // namespace bench
