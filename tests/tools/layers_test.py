#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each breach that tools/layers.py must catch, in a small tree of its own; and a tree that it must leave alone."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import layers  # noqa: E402


def problems_of(files: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return layers.check(root)


class Layers(unittest.TestCase):
    def assert_caught(self, files: dict[str, str], place: str, words: str) -> None:
        found = problems_of(files)
        self.assertTrue(any(p.startswith(place + ": ") and words in p for p in found), found)

    def test_a_tree_that_points_down_is_left_alone(self) -> None:
        self.assertEqual(problems_of({
            "fibers/context.cpp": '#include "fibers/context.hpp"\n#include <boost/context/fiber.hpp>\n',
            "fibers/context.hpp": "#include <boost/intrusive/list.hpp>\n#include <vector>\n",
            "reactor/loop.cpp": '#include "fibers/event_port.hpp"\n#include <ev.h>\n#include <sys/epoll.h>\n',
            "api/run.cpp": '#include "reactor/loop.hpp"\n#include "fibers/context.hpp"\n#include <weft/run.hpp>\n',
            "api/include/weft/run.hpp": "#include <functional>\n#include <weft/detail/task.hpp>\n",
            "api/include/weft/asio.hpp": "#include <boost/asio.hpp>\n#include <weft/run.hpp>\n",
            "examples/hello.cpp": "#include <weft/weft.hpp>\n",
            "tests/fibers/stack_test.cpp": '#include "fibers/stack.hpp"\n#include <gtest/gtest.h>\n',
            "build/generated.cpp": '#include "nothing.hpp"\n' * 500,
            "subprojects/other/x.cpp": '#include "x.hpp"\n',
            "docs/long.cpp": "\n" * 500,
        }), [])

    def test_fibers_includes_reactor(self) -> None:
        self.assert_caught({"fibers/a.cpp": '\n#include "reactor/loop.hpp"\n'}, "fibers/a.cpp:2", "points up")

    def test_fibers_includes_a_public_header(self) -> None:
        self.assert_caught({"fibers/a.cpp": "#include <weft/task.hpp>\n"}, "fibers/a.cpp:1", "points up")

    def test_reactor_includes_api(self) -> None:
        self.assert_caught({"reactor/a.cpp": '#include "api/run.hpp"\n'}, "reactor/a.cpp:1", "points up")

    def test_api_includes_what_stands_above(self) -> None:
        for folder in ("tests", "interpose", "examples", "benchmarks"):
            self.assert_caught({"api/a.cpp": f'#include "{folder}/x.hpp"\n'}, "api/a.cpp:1", "points up")

    def test_examples_use_installed_headers_only(self) -> None:
        self.assert_caught({"examples/a.cpp": '#include "fibers/x.hpp"\n'}, "examples/a.cpp:1", "points up or out")

    def test_private_header_in_a_public_one(self) -> None:
        self.assert_caught({"api/include/weft/a.hpp": '#include "fibers/x.hpp"\n'}, "api/include/weft/a.hpp:1",
                           "private header in a public one")

    def test_foreign_library_in_a_public_header(self) -> None:
        for name in ("ev.h", "fmt/format.h", "boost/intrusive/list.hpp", "sys/socket.h", "fibers/x.hpp"):
            self.assert_caught({"api/include/weft/a.hpp": f"#include <{name}>\n"}, "api/include/weft/a.hpp:1",
                               "standard library and <weft/...> only")

    def test_foreign_library_other_than_its_own_in_a_bridge(self) -> None:
        self.assert_caught({"api/include/weft/asio.hpp": "#include <fmt/format.h>\n"}, "api/include/weft/asio.hpp:1",
                           "standard library and <weft/...> only")

    def test_bridge_in_a_public_header(self) -> None:
        self.assert_caught({"api/include/weft/weft.hpp": "#include <weft/asio.hpp>\n"}, "api/include/weft/weft.hpp:1",
                           "opt-in")

    def test_libev_outside_reactor(self) -> None:
        for file in ("fibers/a.cpp", "api/a.cpp", "interpose/a.cpp", "examples/a.cpp"):
            self.assert_caught({file: "#  include <ev.h>\n"}, f"{file}:1", "libev lives in reactor/")

    def test_boost_context_outside_its_file(self) -> None:
        for file in ("fibers/scheduler.cpp", "reactor/a.cpp", "api/a.cpp"):
            self.assert_caught({file: "#include <boost/context/fiber.hpp>\n"}, f"{file}:1", "Boost.Context lives in")

    def test_include_that_is_not_spelled_from_the_root(self) -> None:
        self.assert_caught({"fibers/a.cpp": '#include "a.hpp"\n'}, "fibers/a.cpp:1", '"fibers/a.hpp"')
        self.assert_caught({"api/a.cpp": "#include <fibers/a.hpp>\n"}, "api/a.cpp:1", '"fibers/a.hpp"')
        self.assert_caught({"api/a.cpp": '#include "api/include/weft/a.hpp"\n'}, "api/a.cpp:1", "<weft/a.hpp>")

    def test_cycle_between_folders(self) -> None:
        found = problems_of({"reactor/a.cpp": '#include "fibers/x.hpp"\n', "fibers/b.cpp": '#include "reactor/y.hpp"\n'})
        self.assertTrue(any("fibers -> reactor -> fibers" in p and "reactor/a.cpp:1" in p and "fibers/b.cpp:1" in p
                            for p in found), found)

    def test_long_file(self) -> None:
        self.assertEqual(problems_of({"fibers/a.cpp": "\n" * 400}), [])
        self.assert_caught({"fibers/a.cpp": "\n" * 401}, "fibers/a.cpp:401", "401 lines")
        self.assert_caught({"tools/a.py": "\n" * 401}, "tools/a.py:401", "401 lines")

    def test_folder_without_a_place(self) -> None:
        self.assert_caught({"common/a.cpp": ""}, "common/a.cpp:1", "no place among the layers")


if __name__ == "__main__":
    unittest.main()
