// SPDX-License-Identifier: BSL-1.0
// run_record: see the header. Here: the words of the file, and what is said of a damaged one.
#include "benchmarks/tool/run_record.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bench {

namespace {

using nlohmann::json;

constexpr int format = 1; // of the file; grows when an older weft-bench could not read it
constexpr std::string_view kind = "run";

// A place in the file, for messages: "scenarios/3/points/0".
struct place {
    const json& at;
    std::string path;

    [[noreturn]] void refuse(const std::string& what) const {
        throw std::runtime_error("not a run of weft-bench, or damaged: " + what +
                                 (path.empty() ? "" : " at " + path));
    }

    place operator[](const char* key) const {
        if (!at.is_object())
            refuse("no object");
        const auto found = at.find(key);
        if (found == at.end())
            refuse(std::string("no \"") + key + "\"");
        return {*found, path.empty() ? key : path + "/" + key};
    }

    template <class Value>
    Value as() const {
        try {
            return at.get<Value>();
        } catch (const json::exception&) {
            refuse("a wrong kind of value");
        }
    }
    operator std::string() const { return as<std::string>(); }
    operator std::int64_t() const {
        if (!at.is_number_integer())
            refuse("no whole number");
        return as<std::int64_t>();
    }
    operator double() const {
        if (!at.is_number())
            refuse("no number");
        return as<double>();
    }
    operator bool() const {
        if (!at.is_boolean())
            refuse("neither true nor false");
        return as<bool>();
    }

    template <class Read>
    auto each(Read read) const {
        if (!at.is_array())
            refuse("no list");
        std::vector<decltype(read(*this))> all;
        for (std::size_t i = 0; i < at.size(); ++i)
            all.push_back(read(place{at[i], path + "/" + std::to_string(i)}));
        return all;
    }
    std::vector<std::string> words() const {
        return each([](const place& self) -> std::string { return self; });
    }
};

json to_json(const figure&);
json to_json(const round_figures&);
json to_json(const side_record&);
json to_json(const point_record&);
json to_json(const scenario_record&);
json to_json(const peer_record&);

template <class Record>
json list_of(const std::vector<Record>& records) {
    json list = json::array();
    for (const Record& each : records)
        list.push_back(to_json(each));
    return list;
}

json to_json(const figure& self) {
    return {{"id", self.id},
            {"label", self.label},
            {"unit", self.unit},
            {"less_is_better", self.less_is_better},
            {"compared", self.compared}};
}

json to_json(const round_figures& self) {
    if (!self)
        return nullptr;
    json values = json::object();
    for (const auto& [id, value] : *self)
        if (std::isfinite(value))
            values[id] = value;
    return values;
}

json to_json(const side_record& self) {
    return {{"peer", self.peer},
            {"version", self.version},
            {"rounds", list_of(self.rounds)},
            {"shortfall", self.shortfall}};
}

json to_json(const point_record& self) {
    return {{"size", self.size},
            {"rounds", self.rounds},
            {"time_was_up", self.time_was_up},
            {"sides", list_of(self.sides)}};
}

json to_json(const scenario_record& self) {
    return {{"name", self.name},
            {"title", self.title},
            {"about", self.about},
            {"not_shown", self.not_shown},
            {"size_label", self.size_label},
            {"figures", list_of(self.figures)},
            {"points", list_of(self.points)},
            {"absent", self.absent}};
}

json to_json(const peer_record& self) {
    return {
        {"id", self.id}, {"name", self.name}, {"version", self.version}, {"missing", self.missing}};
}

figure read_figure(const place& from) {
    return {from["id"], from["label"], from["unit"], from["less_is_better"], from["compared"]};
}

round_figures read_round(const place& from) {
    if (from.at.is_null())
        return std::nullopt;
    if (!from.at.is_object())
        from.refuse("no figures");
    std::map<std::string, double> values;
    for (const auto& [id, value] : from.at.items())
        values[id] = place{value, from.path + "/" + id};
    return values;
}

side_record read_side(const place& from) {
    return {from["peer"], from["version"], from["rounds"].each(read_round), from["shortfall"]};
}

point_record read_point(const place& from) {
    const std::int64_t rounds = from["rounds"];
    return {from["size"], from["sides"].each(read_side), static_cast<int>(rounds),
            from["time_was_up"]};
}

scenario_record read_scenario(const place& from) {
    scenario_record self{from["name"],
                         from["title"],
                         from["about"],
                         from["not_shown"],
                         from["size_label"],
                         from["figures"].each(read_figure),
                         from["points"].each(read_point),
                         from["absent"].words()};
    if (self.figures.empty())
        from["figures"].refuse("no figure");
    return self;
}

peer_record read_peer(const place& from) {
    return {from["id"], from["name"], from["version"], from["missing"]};
}

template <class Record, class Matches>
const Record* find_in(const std::vector<Record>& all, Matches matches) {
    const auto found = std::find_if(all.begin(), all.end(), matches);
    return found == all.end() ? nullptr : &*found;
}

} // namespace

const scenario_record* scenario_named(const run_record& self, std::string_view name) {
    return find_in(self.scenarios, [&](const scenario_record& each) { return each.name == name; });
}

const point_record* point_of(const scenario_record& self, std::int64_t size) {
    return find_in(self.points, [&](const point_record& each) { return each.size == size; });
}

const side_record* side_of(const point_record& self, std::string_view peer) {
    return find_in(self.sides, [&](const side_record& each) { return each.peer == peer; });
}

const peer_record* recorded_peer(const run_record& self, std::string_view id) {
    return find_in(self.peers, [&](const peer_record& each) { return each.id == id; });
}

json to_json(const run_record& self) {
    return {{"tool", "weft-bench"},
            {"kind", kind},
            {"format", format},
            {"machine", self.machine},
            {"mode", self.mode},
            {"seconds", self.seconds},
            {"complete", self.complete},
            {"remarks", self.remarks},
            {"peers", list_of(self.peers)},
            {"scenarios", list_of(self.scenarios)}};
}

run_record run_from_json(const json& from) {
    const place root{from, ""};
    if (std::string(root["tool"]) != "weft-bench" || std::string(root["kind"]) != kind)
        root.refuse("it is something else");
    if (std::int64_t{root["format"]} > format)
        throw std::runtime_error("made by a newer weft-bench: format " +
                                 std::to_string(std::int64_t{root["format"]}) +
                                 ", this one reads " + std::to_string(format));
    if (!root["machine"].at.is_object())
        root["machine"].refuse("no object");
    return {root["machine"].at,
            root["mode"],
            root["seconds"],
            root["complete"],
            root["remarks"].words(),
            root["peers"].each(read_peer),
            root["scenarios"].each(read_scenario)};
}

std::string json_text(const run_record& self) {
    return to_json(self).dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

run_record read_run(std::string_view content, const std::string& name) {
    try {
        return run_from_json(json::parse(content));
    } catch (const json::parse_error& error) {
        throw std::runtime_error(name + ": no JSON, or cut off, at byte " +
                                 std::to_string(error.byte));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(name + ": " + error.what());
    }
}

} // namespace bench
