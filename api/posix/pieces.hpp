// SPDX-License-Identifier: BSL-1.0
//
// What is left of a scattered buffer after its first bytes have gone.
#pragma once

#include <array>
#include <cstddef>

#include <sys/uio.h>

namespace weft::detail {

inline constexpr int most_pieces = 1024; // UIO_MAXIOV

inline std::size_t total_size(const iovec* pieces, int count) noexcept {
    std::size_t sum = 0;
    for (int i = 0; i < count; ++i) {
        sum += pieces[i].iov_len;
    }
    return sum;
}

// The next few pieces behind the first `done` bytes, cut where those end.
class pieces_left {
  public:
    pieces_left(const iovec* pieces, int count, std::size_t done) noexcept {
        for (; count > 0 && done >= pieces->iov_len; --count, ++pieces) {
            done -= pieces->iov_len;
        }
        for (; count > 0 && count_ < most; --count, ++pieces) {
            auto* const begin = static_cast<char*>(pieces->iov_base);
            few_[static_cast<std::size_t>(count_++)] = {begin + done, pieces->iov_len - done};
            done = 0;
        }
    }
    iovec* data() noexcept { return few_.data(); }
    const iovec& front() const noexcept { return few_.front(); }
    int count() const noexcept { return count_; }

  private:
    static constexpr int most = 16;
    std::array<iovec, most> few_;
    int count_ = 0;
};

} // namespace weft::detail
