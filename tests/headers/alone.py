#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles one public header alone, included twice, and looks at what it brought in.

usage: alone.py INCLUDE_DIR HEADER COMPILER...
       alone.py --list INCLUDE_DIR

Fails when the header does not compile by itself without a warning, or brings in a library that users of weft need not
have. The opt-in bridges to such a library may, and are skipped (exit status 77) where the library is not installed.
"""

import re
import subprocess
import sys
from pathlib import Path

FOREIGN = re.compile(r"(^|/)(boost/|fmt/|ev\.h$|ev\+\+\.h$)")
BRIDGES = {"weft/asio.hpp": "boost/asio.hpp", "weft/boost_fiber.hpp": "boost/fiber/fiber.hpp"}
SKIPPED = 77


def list_headers(include_dir: Path) -> None:
    for header in sorted(include_dir.rglob("*.hpp")):
        print(header.relative_to(include_dir).as_posix())


def compiles(command: list[str], source: str, show: bool = True) -> subprocess.CompletedProcess:
    return subprocess.run(command, input=source, text=True, stdout=subprocess.PIPE, stderr=None if show else subprocess.DEVNULL)


def main() -> int:
    if sys.argv[1] == "--list":
        list_headers(Path(sys.argv[2]))
        return 0
    include_dir, header, *compiler = sys.argv[1:]
    base = [*compiler, "-x", "c++", "-pthread", f"-I{include_dir}"]

    library = BRIDGES.get(header)
    if library and compiles([*base, "-E", "-"], f"#include <{library}>\n", show=False).returncode:
        print(f"<{library}> is not installed")
        return SKIPPED

    twice = f"#include <{header}>\n#include <{header}>\n"
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only", "-"]
    if compiles([*base, *strict], twice).returncode:
        print(f"<{header}> does not compile alone: include in it what it uses")
        return 1

    rule = compiles([*base, "-M", "-"], twice).stdout
    foreign = [] if library else sorted({f for f in re.split(r"[\s\\]+", rule) if FOREIGN.search(f)})
    for file in foreign:
        print(f"<{header}> brings in {file}: users of weft need not have that library")
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
