// SPDX-License-Identifier: BSL-1.0
// run_text: see the header.
#include "benchmarks/tool/run_text.hpp"

#include "benchmarks/tool/paragraph.hpp"
#include "benchmarks/tool/quantity.hpp"
#include "benchmarks/tool/run_words.hpp"
#include "benchmarks/tool/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bench {

namespace {

constexpr int narrowest = 72;
constexpr int widest = 140;
constexpr int name_width = 18;
constexpr int value_width = 10;
constexpr int ratio_width = 24;
constexpr int verdict_width = 20;
constexpr int further_width = 12;
constexpr int judged_width = name_width + value_width + ratio_width + verdict_width;

class table_writer {
  public:
    table_writer(const run_record& run, int columns, bool colour)
        : run_(run), columns_(std::clamp(columns, narrowest, widest)), colour_(colour) {}

    std::string take() { return std::move(out_); }
    void head();
    void scenario(const scenario_record&);
    void foot();

  private:
    void heading(const scenario_record&);
    void point(const scenario_record&, const point_record&);
    void row(const scenario_record&, const point_record&, const side_record&);
    std::vector<figure> further(const scenario_record&) const;

    void line(std::string_view text = "") {
        const std::size_t end = text.find_last_not_of(' ');
        out_ += text.substr(0, end == std::string_view::npos ? 0 : end + 1);
        out_ += '\n';
    }
    void paragraph(std::string_view text, std::string_view first = "",
                   std::string_view indent = "") {
        out_ += wrapped(text, static_cast<std::size_t>(columns_), first, indent);
    }
    std::string in(std::string_view code, std::string_view text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
    }

    const run_record& run_;
    int columns_;
    bool colour_;
    std::string out_;
};

std::vector<figure> table_writer::further(const scenario_record& self) const {
    const auto room = static_cast<std::size_t>((columns_ - judged_width) / further_width);
    std::vector<figure> figures(self.figures.begin() + 1, self.figures.end());
    std::stable_partition(figures.begin(), figures.end(),
                          [](const figure& each) { return each.compared; });
    figures.resize(std::min(figures.size(), room));
    return figures;
}

void table_writer::head() {
    paragraph(machine_text(run_));
    paragraph(fmt::format("{} run, {}. Medians; ratios (weft's figure to the peer's) are taken "
                          "within each round and stand with their interval of {:.0f} %.",
                          capitalized(run_.mode), length_text(run_.seconds), 100 * confidence));
}

void table_writer::heading(const scenario_record& self) {
    std::string text = fmt::format("{:<{}}{:>{}}{:>{}} {:<{}}", "", name_width,
                                   cut(short_label(self.figures.front()), value_width), value_width,
                                   self.figures.front().compared ? ratio_heading(run_, self) : "",
                                   ratio_width, "", verdict_width - 1);
    for (const figure& each : further(self))
        text += fmt::format("{:>{}}", cut(short_label(each), further_width), further_width);
    line(text);
}

void table_writer::scenario(const scenario_record& self) {
    line();
    line(in("1", fmt::format("{} ({})", self.title, self.name)));
    if (was_measured(self)) {
        const figure& first = self.figures.front();
        paragraph(fmt::format("{}: {}{}", short_label(first), first.label,
                              first.less_is_better ? "" : " (more is better)"),
                  "  ", "  ");
        heading(self);
        for (const point_record& each : self.points)
            point(self, each);
    } else
        line("  Not measured.");
    for (const std::string& each : notes_of(run_, self))
        paragraph(each, "  * ", "    ");
}

void table_writer::point(const scenario_record& self, const point_record& at) {
    const std::string size = size_text(self, at.size);
    if (!size.empty())
        line(" " + size);
    for (const side_record& each : at.sides)
        row(self, at, each);
}

void table_writer::row(const scenario_record& self, const point_record& at,
                       const side_record& side) {
    const figure& first = self.figures.front();
    const auto told = [&](const figure& which) {
        const auto value = value_of(at, side.peer, which.id);
        return value ? quantity(value->median, which.unit) : "-";
    };
    const std::string star = side.shortfall.empty() ? "" : "*";
    std::string text =
        fmt::format("  {:<{}}{:>{}}", cut(peer_name(run_, side.peer) + star, name_width - 2),
                    name_width - 2, told(first), value_width);
    std::string ratio_words;
    std::string verdict;
    standing found = standing::level;
    const std::string judged = judged_in(self);
    if (side.peer != judged && first.compared)
        if (const auto ratio = ratio_of(at, judged, side.peer, first.id)) {
            ratio_words = ratio_text(*ratio);
            verdict = verdict_text(first, *ratio, judged);
            found = standing_of(first, *ratio);
        }
    text += fmt::format("{:>{}} ", ratio_words, ratio_width);
    const std::string padded = fmt::format("{:<{}}", verdict, verdict_width - 1);
    text += found == standing::better  ? in("32", padded)
            : found == standing::worse ? in("31", padded)
                                       : padded;
    for (const figure& each : further(self))
        text += fmt::format("{:>{}}", told(each), further_width);
    line(text);
}

void table_writer::foot() {
    line();
    paragraph(tally(run_));
    for (const std::string& each : missing_of(run_))
        paragraph("Missing: " + each, "", "  ");
    for (const std::string& each : remarks_of(run_))
        paragraph("Note: " + each, "", "  ");
}

} // namespace

std::string run_table(const run_record& self, int columns, bool colour) {
    table_writer out(self, columns, colour);
    out.head();
    for (const scenario_record& each : self.scenarios)
        out.scenario(each);
    out.foot();
    return out.take();
}

} // namespace bench
