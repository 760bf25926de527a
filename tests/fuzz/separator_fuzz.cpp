// SPDX-License-Identifier: BSL-1.0
//
// A libFuzzer target: bytes, pieces, separator and limit of its choice, for read_until() and
// read_line(), compared with the plain model. `tools/check fuzz` runs it for a minute.
#include "tests/support/separator_model.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

// Takes the input apart: first what is of a fixed size, then cuts, and the bytes are what is left.
weft::test::separated_input input_of(std::string_view data) {
    const auto next = [&data] {
        const auto first = data.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(data.front());
        data.remove_prefix(data.empty() ? 0 : 1);
        return first;
    };
    weft::test::separated_input in;
    in.limit = next();
    const std::size_t separator_size = next() % 9;
    const std::size_t cut_count = next() % 16;
    in.separator = data.substr(0, separator_size);
    data.remove_prefix(in.separator.size());
    for (std::size_t i = 0; i < cut_count; ++i) {
        in.cuts.push_back(next());
    }
    in.bytes = data;
    for (std::size_t& cut : in.cuts) {
        cut = in.bytes.empty() ? 0 : cut % (in.bytes.size() + 1);
    }
    std::sort(in.cuts.begin(), in.cuts.end());
    return in;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto in = input_of({reinterpret_cast<const char*>(data), size});
    static weft::runner kept; // a loop anew for each input would be most of the work
    const auto answers = kept.run([&in] { return weft::test::answers_to_pieces(in); });
    if (answers != weft::test::expected_answers(in)) {
        for (const std::string& a : answers) {
            std::fprintf(stderr, "answered: %s\n", a.c_str());
        }
        for (const std::string& a : weft::test::expected_answers(in)) {
            std::fprintf(stderr, "expected: %s\n", a.c_str());
        }
        std::abort();
    }
    return 0;
}
