// SPDX-License-Identifier: BSL-1.0
//
// libc's records with pointers into a buffer (hostent, passwd, group), copied whole from the buffer
// of the thread that asked into the one that the asker has given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <grp.h>
#include <netdb.h>
#include <pwd.h>

namespace weft::detail {

// Memory that is given away piece by piece, until there is none left.
class record_buffer {
  public:
    record_buffer(char* begin, std::size_t size) noexcept : next_(begin), left_(size) {}

    bool fits() const noexcept { return fits_; }

    char* copy(const void* from, std::size_t size, std::size_t alignment = 1) noexcept {
        const std::size_t gap = (0 - reinterpret_cast<std::uintptr_t>(next_)) % alignment;
        if (!fits_ || size > left_ || gap > left_ - size) {
            fits_ = false;
            return nullptr;
        }
        char* const to = next_ + gap;
        if (size > 0 && from != nullptr) {
            std::memcpy(to, from, size);
        }
        next_ = to + size;
        left_ -= gap + size;
        return to;
    }

    char* copy(const char* text) noexcept {
        return text != nullptr ? copy(text, std::strlen(text) + 1) : nullptr;
    }

    // A list that ends with a null; each element of that size, or a text where that is zero.
    char** copy(char** list, std::size_t size = 0) noexcept {
        std::size_t count = 0;
        while (list != nullptr && list[count] != nullptr) {
            ++count;
        }
        auto** const to =
            reinterpret_cast<char**>(copy(nullptr, (count + 1) * sizeof(char*), alignof(char*)));
        if (to == nullptr) {
            return nullptr;
        }
        for (std::size_t i = 0; i < count; ++i) {
            to[i] = size > 0 ? copy(list[i], size, alignof(std::uint32_t)) : copy(list[i]);
        }
        to[count] = nullptr;
        return to;
    }

  private:
    char* next_;
    std::size_t left_;
    bool fits_ = true;
};

inline hostent copied(const hostent& from, record_buffer& to) noexcept {
    hostent copy = from;
    copy.h_name = to.copy(from.h_name);
    copy.h_addr_list = to.copy(from.h_addr_list, static_cast<std::size_t>(from.h_length));
    copy.h_aliases = to.copy(from.h_aliases);
    return copy;
}

inline passwd copied(const passwd& from, record_buffer& to) noexcept {
    passwd copy = from;
    copy.pw_name = to.copy(from.pw_name);
    copy.pw_passwd = to.copy(from.pw_passwd);
    copy.pw_gecos = to.copy(from.pw_gecos);
    copy.pw_dir = to.copy(from.pw_dir);
    copy.pw_shell = to.copy(from.pw_shell);
    return copy;
}

inline group copied(const group& from, record_buffer& to) noexcept {
    group copy = from;
    copy.gr_name = to.copy(from.gr_name);
    copy.gr_passwd = to.copy(from.gr_passwd);
    copy.gr_mem = to.copy(from.gr_mem);
    return copy;
}

} // namespace weft::detail
