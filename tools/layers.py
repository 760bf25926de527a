#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that the folders depend on each other in one direction only.

usage: layers.py [ROOT]

Dependencies point down: api -> reactor -> fibers. A library has its folder, a public header includes nothing but the
standard library and other public headers, and no source file grows past 400 lines. Every breach is printed as
file:line: what is wrong, and what to do. Exit status 1 if there is one.
"""

import posixpath
import re
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

# Which folders' private headers a folder may include, besides its own. Nothing may include a folder that stands above it.
MAY_INCLUDE = {
    "fibers": set(),
    "reactor": {"fibers"},
    "api": {"reactor", "fibers"},
    "interpose": set(),
    "examples": set(),
    "benchmarks": {"api", "reactor", "fibers"},
    "tests": {"api", "reactor", "fibers", "interpose", "benchmarks"},
}

# Folders below the installed headers: <weft/...> would point up from here.
BELOW_API = {"fibers", "reactor"}

PUBLIC = "api/include/"

# Public headers that may include a foreign library: whoever includes one has chosen that library.
BRIDGES = {"weft/asio.hpp": ("boost/",), "weft/boost_fiber.hpp": ("boost/",)}

# Public headers that have libc's own signatures, and what of libc they need for those.
LIBC_FACES = {"weft/posix.hpp": ("sys/", "time.h")}

# A library that only some files may include (path prefixes), and why.
HOMES = [
    (re.compile(r"(libev/)?ev(\+\+)?\.h"), ("reactor/", "tests/reactor/", "benchmarks/"),
     "libev lives in reactor/; use reactor/loop.hpp or reactor/readiness.hpp"),
    (re.compile(r"boost/context/"), ("fibers/context.", "benchmarks/"),
     "Boost.Context lives in fibers/context.*; use fibers/context.hpp"),
]

MAX_LINES = 400
CODE = {".hpp", ".cpp", ".h", ".c", ".S"}
LENGTH_CHECKED = CODE | {".py", ".sh", ".go", ".js", ""}   # "": scripts without an ending
SKIPPED_FOLDERS = re.compile(r"^(\..*|build.*|subprojects|docs|__pycache__|node_modules)$")

STANDARD_HEADERS = set("""
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
    clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
    cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem flat_map flat_set
    format forward_list fstream functional future generator initializer_list iomanip ios iosfwd iostream istream
    iterator latch limits list locale map mdspan memory memory_resource mutex new numbers numeric optional ostream
    print queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span spanstream
    sstream stack stacktrace stdexcept stdfloat stop_token streambuf string string_view strstream syncstream
    system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant
    vector version
""".split())

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Include(NamedTuple):
    file: str        # path from the root, with /
    line: int
    quoted: bool
    target: str

    def __str__(self) -> str:
        return f'"{self.target}"' if self.quoted else f"<{self.target}>"


def top_folder(path: str) -> str:
    return path.split("/", 1)[0]


def source_files(root: Path) -> Iterator[Path]:
    """Every file of a folder that may hold code; build folders, documents and fetched subprojects are left out."""
    for entry in sorted(root.iterdir()):
        if entry.is_dir() and not SKIPPED_FOLDERS.match(entry.name) and not (entry / "meson-private").exists():
            yield from (f for f in sorted(entry.rglob("*"))
                        if f.is_file() and f.suffix in LENGTH_CHECKED
                        and not any(SKIPPED_FOLDERS.match(p) for p in f.relative_to(root).parts[1:]))


def includes_of(file: str, text: str) -> Iterator[Include]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := INCLUDE.match(line):
            yield Include(file, number, match[1] == '"', match[2])


def check_public(inc: Include) -> Iterator[str]:
    """What a public header may not include."""
    header = inc.file.removeprefix(PUBLIC)
    if inc.quoted:
        yield (f"{inc} is a private header in a public one; include an installed header as <weft/...>, "
               "or keep the type behind a pointer and move the code to a .cpp file")
    elif inc.target in BRIDGES and header not in BRIDGES:
        yield f"{inc} is opt-in: it brings in a foreign library, so no other public header may include it"
    elif (not inc.target.startswith("weft/") and inc.target not in STANDARD_HEADERS
          and not inc.target.startswith(BRIDGES.get(header, LIBC_FACES.get(header, ("\0",))))):
        yield (f"{inc} in a public header, which may include the C++ standard library and <weft/...> only; "
               "declare what is needed, or move the code to a .cpp file")


def check_private(inc: Include) -> Iterator[str]:
    """What any other file may not include."""
    folder, target = top_folder(inc.file), top_folder(inc.target)
    if not inc.quoted:
        if inc.target.startswith("weft/") and folder in BELOW_API:
            yield f"{inc} points up from {folder}/ to api/; move what is needed down into {folder}/"
        elif target in MAY_INCLUDE:
            yield f'{inc} is not installed; spell it "{inc.target}"'
    elif target not in MAY_INCLUDE:
        spelled = posixpath.normpath(posixpath.join(posixpath.dirname(inc.file), inc.target))
        yield f'{inc} is not spelled from the root; write "{spelled}"'
    elif inc.target.startswith(PUBLIC):
        yield f"{inc} is an installed header; spell it <{inc.target.removeprefix(PUBLIC)}>"
    elif target != folder and target not in MAY_INCLUDE[folder]:
        allowed = ", ".join(f"{f}/" for f in sorted(MAY_INCLUDE[folder] | {folder}))
        yield (f"{inc} points up or out: {folder}/ may include {allowed} only; move what is needed down, "
               f"or have {target}/ call {folder}/ through an interface")


def check_homes(inc: Include) -> Iterator[str]:
    for library, homes, advice in HOMES:
        if library.match(inc.target) and not inc.file.startswith(homes):
            yield f"{inc} outside its home: {advice}"


def folder_cycle(includes: list[Include]) -> list[Include]:
    """One include for each edge of a cycle between top-level folders, or nothing."""
    edges: dict[str, dict[str, Include]] = {}
    for inc in includes:
        target = "api" if inc.target.startswith("weft/") and not inc.quoted else top_folder(inc.target)
        folder = top_folder(inc.file)
        if folder != target and target in MAY_INCLUDE:
            edges.setdefault(folder, {}).setdefault(target, inc)

    def search(folder: str, trail: list[Include], done: set[str]) -> list[Include]:
        for target, inc in edges.get(folder, {}).items():
            for start, step in enumerate(trail):
                if top_folder(step.file) == target:
                    return [*trail[start:], inc]
            if target not in done and (found := search(target, [*trail, inc], done)):
                return found
        done.add(folder)
        return []

    done: set[str] = set()
    return next((cycle for f in sorted(edges) if f not in done and (cycle := search(f, [], done))), [])


def check(root: Path) -> list[str]:
    """All breaches under root, as "file:line: message"."""
    problems: list[str] = []
    includes: list[Include] = []
    unknown: set[str] = set()
    for path in source_files(root):
        file = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        length = len(text.splitlines())
        if length > MAX_LINES:
            problems.append(f"{file}:{MAX_LINES + 1}: {length} lines, more than {MAX_LINES}: it is probably two "
                            "things in one; give the second one a file of its own")
        if path.suffix not in CODE:
            continue
        folder = top_folder(file)
        if folder not in MAY_INCLUDE:
            if folder not in unknown:
                problems.append(f"{file}:1: {folder}/ has no place among the layers; "
                                "add it to MAY_INCLUDE in tools/layers.py")
            unknown.add(folder)
            continue
        for inc in includes_of(file, text):
            includes.append(inc)
            found = check_public(inc) if file.startswith(PUBLIC) else check_private(inc)
            problems += [f"{file}:{inc.line}: {message}" for message in [*found, *check_homes(inc)]]
    if cycle := folder_cycle(includes):
        trail = " -> ".join([top_folder(cycle[0].file), *(top_folder(i.file) for i in cycle[1:]),
                             top_folder(cycle[0].file)])
        edges = "; ".join(f"{i.file}:{i.line} includes {i}" for i in cycle)
        problems.append(f"{cycle[0].file}:{cycle[0].line}: folders depend on each other, {trail} ({edges}); "
                        "cut the one that points up")
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    if not (root / "meson.build").exists():
        sys.exit(f"layers.py: no source tree in {root}")
    problems = check(root)
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problem(s)" if problems else "layers: every include points down")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
