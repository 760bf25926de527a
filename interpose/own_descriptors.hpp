// SPDX-License-Identifier: BSL-1.0
//
// The descriptors of the loop that weft-run puts under a program. The program must not meet them:
// it counts on its first open() being 3, closes all that it has not opened, and gives numbers of
// its choice to dup2(). So they are moved beyond the limit of what it may open, and calls that
// close or replace descriptors find them closed.
#pragma once

namespace weft::interpose {

// While it lives, what this thread makes is taken away from the program's numbers.
class own_descriptors_begin {
  public:
    own_descriptors_begin() noexcept;
    ~own_descriptors_begin();
    own_descriptors_begin(const own_descriptors_begin&) = delete;
    own_descriptors_begin& operator=(const own_descriptors_begin&) = delete;
};

// A descriptor that has just been made: the number that it has from now on.
int moved_away_if_own(int fd) noexcept;

bool is_own_descriptor(int fd) noexcept;
// The lowest one in [first, last], -1 when there is none.
int own_descriptor_within(unsigned first, unsigned last) noexcept;

// They are ordinary descriptors again.
void give_up_own_descriptors() noexcept;

} // namespace weft::interpose
