// SPDX-License-Identifier: BSL-1.0
//
// read_until() and read_line() against a plain model: all short inputs, cut in all ways. The same
// comparison is made at random by tests/fuzz/separator_fuzz.cpp.
#include "tests/support/net_streams.hpp"
#include "tests/support/separator_model.hpp"

namespace weft::test {
namespace {

using stream_separator = net_test;

// The bits of a number say where to cut, or which letter is the other one.
std::vector<std::size_t> cuts_of(unsigned bits, std::size_t size) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 1; at < size; ++at) {
        if ((bits >> (at - 1) & 1U) != 0) {
            cuts.push_back(at);
        }
    }
    return cuts;
}

std::string text_of_bits(unsigned bits, std::size_t size, char other) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = (bits >> i & 1U) != 0 ? other : 'a';
    }
    return text;
}

void compare_all(const std::vector<std::string>& separators, char other, std::size_t longest) {
    weft::run([&] {
        for (std::size_t size = 0; size <= longest; ++size) {
            for (unsigned letters = 0; letters < 1U << size; ++letters) {
                for (unsigned cuts = 0; cuts < 1U << (size > 0 ? size - 1 : 0); ++cuts) {
                    for (const std::string& separator : separators) {
                        for (const std::size_t limit : {std::size_t{1}, size / 2 + 1, size + 1}) {
                            const separated_input in{text_of_bits(letters, size, other),
                                                     cuts_of(cuts, size), separator, limit};
                            ASSERT_EQ(answers_to_pieces(in), expected_answers(in))
                                << "\"" << in.bytes << "\" cut by the bits of " << cuts
                                << ", separator \"" << separator << "\", limit " << limit;
                        }
                    }
                }
            }
        }
    });
}

TEST_F(stream_separator, of_any_kind_is_found_however_the_bytes_come) {
    compare_all({"a", "ab", "aab", "abab"}, 'b', 5);
}

TEST_F(stream_separator, of_lines_is_found_however_the_bytes_come) {
    compare_all({""}, '\n', 6);
}

TEST_F(stream_separator, a_limit_of_nothing_lets_nothing_pass) {
    compare_all({"ab"}, 'b', 0);
    weft::run([] {
        const separated_input in{"aba", {1, 2}, "ab", 0};
        EXPECT_EQ(answers_to_pieces(in), expected_answers(in));
    });
}

} // namespace
} // namespace weft::test
