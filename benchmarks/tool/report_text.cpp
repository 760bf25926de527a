// SPDX-License-Identifier: BSL-1.0
// report_text: see the header.
#include "benchmarks/tool/report_text.hpp"

#include "benchmarks/tool/paragraph.hpp"
#include "benchmarks/tool/terminal.hpp"
#include "benchmarks/tool/text.hpp"
#include "benchmarks/tool/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace bench {

namespace {

constexpr int label_width = 35;
constexpr int value_width = 12;
constexpr int ratio_width = 19;
constexpr int spread_width = 20;
constexpr int narrow = label_width + 2 * value_width + ratio_width;

class text_writer {
  public:
    text_writer(int width, bool colour)
        : width_(std::clamp(width, narrow + 2, 120)), colour_(colour) {}

    void title(std::string_view text) { line(in("1", text)); }
    void line(std::string_view text = "") {
        fmt::format_to(std::back_inserter(out_), "{}\n", text);
    }
    void paragraph(std::string_view text, std::string_view indent = "");
    void table(const block&);
    std::string take() { return std::move(out_); }

  private:
    void heading(const block&);
    void row(std::string_view label, const measured_case&, const metric&);
    void shortfalls(const block&);
    bool wide() const { return width_ >= narrow + spread_width + 2; }

    std::string in(std::string_view code, std::string_view text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
    }

    int width_;
    bool colour_;
    std::string out_;
};

void text_writer::paragraph(std::string_view text, std::string_view indent) {
    out_ += wrapped(text, static_cast<std::size_t>(width_), indent, indent);
}

void text_writer::heading(const block& self) {
    const std::string what =
        self.case_label.empty() || self.cases.size() == 1 ? "" : "  " + self.case_label;
    std::string text =
        fmt::format("{:<{}}{:>{}}{:>{}}{:>{}}", what, label_width, "fibers", value_width, "threads",
                    value_width, "fibers vs threads", ratio_width);
    if (wide())
        text += fmt::format("{:>{}}", "over the rounds", spread_width);
    line(in("1", text));
}

void text_writer::table(const block& self) {
    heading(self);
    for (const metric& each : self.metrics) {
        if (!each.shown)
            continue;
        const std::string label =
            each.unit.empty() ? each.label : fmt::format("{}, {}", each.label, each.unit);
        if (self.cases.size() == 1) {
            row("  " + label, self.cases.front(), each);
            continue;
        }
        line("  " + label);
        for (const measured_case& one : self.cases)
            row(fmt::format("{:>12}", one.label), one, each);
    }
    shortfalls(self);
}

void text_writer::row(std::string_view label, const measured_case& self, const metric& which) {
    std::string text = fmt::format("{:<{}}", label, label_width);
    for (const side each : compared_sides) {
        const std::optional<spread> value = value_of(self, which.id, each);
        const std::string mark = self.reached(each) ? "" : "*";
        text +=
            fmt::format("{:>{}}", value ? number(value->median) + mark : "-" + mark, value_width);
    }
    const std::optional<spread> advantage = advantage_of(self, which);
    const std::string ratio = fmt::format("{:>{}}", comparison_of(self, which), ratio_width);
    const outcome verdict = advantage ? judge(*advantage) : outcome::no_difference;
    text += verdict == outcome::fibers_better    ? in("32", ratio)
            : verdict == outcome::threads_better ? in("31", ratio)
                                                 : ratio;
    if (wide() && advantage && advantage->low != advantage->high) {
        const auto [low, high] = advantage_in_words(*advantage);
        text +=
            fmt::format("{:>{}}", fmt::format("{} to {}", factor(low), factor(high)), spread_width);
    }
    line(text);
}

void text_writer::shortfalls(const block& self) {
    for (const measured_case& each : self.cases)
        for (const side which : compared_sides)
            for (const std::string& text : each.shortfalls[index_of(which)]) {
                const std::string place =
                    self.cases.size() > 1 ? fmt::format(" at {} {}", each.label, self.case_label)
                                          : "";
                paragraph(fmt::format("* {}{}: {}", name_of(which), place, text), "  ");
            }
}

void write_head(text_writer& out, const results& self) {
    const auto& machine = self.machine;
    const auto word = [&](const char* key) { return machine.at(key).get<std::string>(); };
    out.title("weft-bench demo: one fiber per connection against one OS thread per connection");
    out.paragraph(fmt::format("{}, {} cores, {}; {}; {}; weft {}, {} {}; {}", word("processor"),
                              machine.at("cores").get<int>(), word("memory"), word("system"),
                              word("kernel"), machine.at("versions").at("weft").get<std::string>(),
                              word("compiler"), word("build"), word("date")));
    out.paragraph(fmt::format(
        "The same handler code on both sides, over TCP on loopback. All fibers of a "
        "server share one thread; each server is a process of its own on core {}, the "
        "load generator another on core {}. Median of {} {}, sides in turns.",
        self.method.at("server core").get<int>(), self.method.at("generator core").get<int>(),
        self.rounds, self.rounds == 1 ? "round" : "rounds"));
}

} // namespace

std::string text_report(const results& self, int width, bool colour) {
    text_writer out(width, colour);
    write_head(out, self);
    int count = 0;
    for (const block& each : self.blocks) {
        out.line();
        out.title(fmt::format("{}. {}", ++count, each.title));
        if (!each.measured()) {
            out.line("Not measured.");
            continue;
        }
        out.paragraph(each.about);
        out.table(each);
        out.paragraph("=> " + each.verdict);
    }
    if (!self.remarks.empty())
        out.line();
    for (const std::string& each : self.remarks)
        out.paragraph("Note: " + each);
    return out.take();
}

void print_report(const results& self) {
    fmt::print("{}", text_report(self, terminal_width(STDOUT_FILENO), wants_colour(STDOUT_FILENO)));
    std::fflush(stdout);
}

void print_files(const std::string& html, const std::string& json) {
    const auto absolute = [](const std::string& path) {
        return std::filesystem::absolute(path).lexically_normal().string();
    };
    if (!html.empty())
        fmt::print("\nPage with charts: {}\n", absolute(html));
    if (!json.empty())
        fmt::print("{}Figures as JSON:  {}\n", html.empty() ? "\n" : "", absolute(json));
}

} // namespace bench
