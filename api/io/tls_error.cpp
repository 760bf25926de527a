// SPDX-License-Identifier: BSL-1.0
#include <weft/tls.hpp>

namespace weft {

namespace {

class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "weft.tls"; }
    std::string message(int value) const override {
        switch (static_cast<tls_errc>(value)) {
        case tls_errc::not_tls:
            return "not TLS";
        case tls_errc::certificate_rejected:
            return "certificate rejected";
        case tls_errc::refused_by_peer:
            return "refused by the peer";
        case tls_errc::truncated:
            return "truncated";
        case tls_errc::protocol_error:
            return "TLS protocol error";
        case tls_errc::bad_configuration:
            return "bad TLS configuration";
        }
        return "unknown TLS error";
    }
};

} // namespace

const std::error_category& tls_category() noexcept {
    static const category the_one;
    return the_one;
}

tls_error::tls_error(tls_errc why, const std::string& text) : std::system_error(why, text) {}

tls_error::~tls_error() = default;

} // namespace weft
