#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks the names in the documentation.

usage: names_check.py ROOT

Every public name of asyncio (asyncio_names.txt) must stand between backticks in docs/coming-from-asyncio.md, every name
of std's thread headers (thread_names.txt) in docs/coming-from-threads.md, and every `weft::name` that a document of ours puts between backticks must be in a public header, except in a line that says
*later*. Each one that is missing is printed; exit status 1 if there is one.
"""

import re
import sys
from pathlib import Path

DOCUMENTS = ["README.md", "docs/coming-from-asyncio.md", "docs/coming-from-threads.md", "docs/cancellation.md",
             "docs/scheduling.md", "docs/porting.md"]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")


def prose(document: Path) -> str:
    """The text without fenced blocks, its lines where they were."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), document.read_text(encoding="utf-8"))


def names_missing(root: Path, whose: str, page: str, listed: str) -> list[str]:
    spans = set(SPAN.findall(prose(root / page)))
    names = (root / "tests/docs" / listed).read_text().splitlines()
    return [f"{page}: {whose}'s `{name}` is not in the table"
            for name in names if name and not name.startswith("#") and name not in spans]


def weft_names_missing(root: Path) -> list[str]:
    headers = "".join(header.read_text() for header in (root / "api/include/weft").rglob("*.hpp"))
    declared = set(re.findall(r"\w+", re.sub(r"//[^\n]*", "", headers)))
    problems = []
    for name in DOCUMENTS:
        for number, line in enumerate(prose(root / name).splitlines(), 1):
            if "*later*" in line:
                continue
            for used in re.findall(r"weft::([\w:]+)", " ".join(SPAN.findall(line))):
                unknown = [part for part in used.split("::") if part and part not in declared]
                problems += [f"{name}:{number}: weft::{used}: no public header has `{part}`" for part in unknown]
    return problems


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    problems = (names_missing(root, "asyncio", "docs/coming-from-asyncio.md", "asyncio_names.txt")
                + names_missing(root, "std", "docs/coming-from-threads.md", "thread_names.txt")
                + weft_names_missing(root))
    print("\n".join(problems) or "names_check: every name is there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
