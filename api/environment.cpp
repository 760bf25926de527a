// SPDX-License-Identifier: BSL-1.0
#include "api/environment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace weft::detail {

namespace {

std::uint64_t seed_in(std::string_view text) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw std::invalid_argument(
            fmt::format("weft::run: WEFT_SHUFFLE_SEED is \"{}\"; give a number from 0 to 2^64-1, "
                        "or unset it",
                        text));
    }
    return seed;
}

} // namespace

run_options with_environment(run_options options) {
    const char* debug = std::getenv("WEFT_DEBUG");
    options.debug = options.debug || (debug != nullptr && std::string_view(debug) == "1");
    const char* seed = std::getenv("WEFT_SHUFFLE_SEED");
    if (!options.shuffle_seed && seed != nullptr && *seed != '\0') {
        options.shuffle_seed = seed_in(seed);
    }
    return options;
}

} // namespace weft::detail
