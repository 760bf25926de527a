#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""tools/tour_check.py must find what is there, and notice each kind of name that is not."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import tour_check  # noqa: E402

HEADER = """#pragma once
namespace weft {
// retired() was here.
class WEFT_API stream {
public:
    stream(stream&&) noexcept;
    ~stream();
    std::size_t read_some(std::span<std::byte> into);
    [[nodiscard]] bool at_end() const noexcept { return ended_; }
    int fd_ = -1;
};
template <class T> struct box { T value; };
using clock = std::chrono::steady_clock;
}
"""

SOURCE = """#include "api/stream.hpp"
namespace weft {
stream::stream(stream&& other) noexcept : fd_(other.fd_) {}
std::size_t stream::read_some(std::span<std::byte> into)
{
    for (;;) {
        if (auto n = ::recv(fd_, into.data(), into.size(), 0); n >= 0)
            return n;
        wait_readable(fd_);
        log("called_in_a_string()");
    }
}
namespace { auto helper() -> int { return compute(1); } }
}
"""


class TourCheck(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "api").mkdir()
        (self.root / "docs").mkdir()
        (self.root / "api" / "stream.hpp").write_text(HEADER)
        (self.root / "api" / "stream.cpp").write_text(SOURCE)

    def check(self, text: str) -> list[str]:
        document = self.root / "docs" / "tour.md"
        document.write_text(text)
        return tour_check.check(self.root, document)

    def test_what_is_there_is_found(self) -> None:
        for span in ("api/stream.cpp", "api/stream.cpp: stream::read_some", "api/stream.cpp: weft::stream::read_some()",
                     "api/stream.cpp: stream::stream", "api/stream.hpp: stream", "api/stream.hpp: stream::read_some",
                     "api/stream.hpp: stream::at_end", "api/stream.hpp: stream::~stream", "api/stream.hpp: stream::fd_",
                     "api/stream.hpp: box", "api/stream.hpp: clock", "api/stream.cpp: helper", "stream::read_some()",
                     "helper()", "::recv()"):
            self.assertEqual(self.check(f"First `{span}`, then more.\n"), [], span)

    def test_prose_is_left_alone(self) -> None:
        self.assertEqual(self.check("`epoll_wait`, `EAGAIN`, `a b`, `x::y`\n```\n`gone()`\n```\n"), [])

    def test_what_is_missing_is_named(self) -> None:
        for span, words in (("api/gone.cpp", "no file"), ("api/gone.cpp: f", "no file"),
                            ("api/stream.cpp: stream::write", "does not declare"),
                            ("api/stream.cpp: wait_readable", "does not declare"),     # a call only
                            ("api/stream.cpp: compute", "does not declare"),           # a call only
                            ("api/stream.cpp: listener::read_some", "does not declare"),
                            ("api/stream.hpp: helper", "it is in api/stream.cpp"),
                            ("retired()", "no source file declares"),                  # in a comment
                            ("called_in_a_string()", "no source file declares"),
                            ("::send()", "no source file calls")):
            found = self.check(f"\nThen `{span}`.\n")
            self.assertEqual(len(found), 1, span)
            self.assertIn("docs/tour.md:2: ", found[0])
            self.assertIn(words, found[0])


if __name__ == "__main__":
    unittest.main()
