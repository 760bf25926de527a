// SPDX-License-Identifier: BSL-1.0
//
// Bytes that were received and not read yet. Grows at its end, shrinks at its front, and gives its
// memory back when it is empty and has become large, so that ten thousand quiet connections cost
// nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weft::detail {

class read_buffer {
  public:
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    std::string_view view() const noexcept { return {bytes_.get() + begin_, size()}; }

    // Room for at least `least` more bytes at the end; strong exception guarantee.
    std::span<char> prepare(std::size_t least) {
        if (capacity_ - end_ < least) {
            make_room(least);
        }
        return {bytes_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t n) noexcept { end_ += n; }

    void consume(std::size_t n) noexcept {
        begin_ += n;
        if (begin_ == end_) {
            begin_ = end_ = 0;
            if (capacity_ > kept) {
                bytes_.reset();
                capacity_ = 0;
            }
        }
    }

    void append(std::span<const char> bytes) {
        if (!bytes.empty()) {
            std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
            commit(bytes.size());
        }
    }

    // Takes the first n bytes out.
    std::string take(std::size_t n) {
        std::string out(bytes_.get() + begin_, n);
        consume(n);
        return out;
    }

    static constexpr std::size_t smallest = 128;
    static constexpr std::size_t kept = 512;

  private:
    void make_room(std::size_t least) {
        const std::size_t used = size();
        std::size_t capacity = capacity_ < smallest ? smallest : capacity_;
        while (capacity - used < least) {
            capacity *= 2;
        }
        if (capacity == capacity_) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        } else {
            std::unique_ptr<char[]> larger(new char[capacity]);
            if (used > 0) {
                std::memcpy(larger.get(), bytes_.get() + begin_, used);
            }
            bytes_ = std::move(larger);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace weft::detail
