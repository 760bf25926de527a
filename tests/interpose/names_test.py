# SPDX-License-Identifier: BSL-1.0
"""What libweft-interpose.so exports is what docs/porting.md says it does, and libc has all of it.

usage: names_test.py LIBRARY DOCUMENT
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
from tap import equal, find, run_tests  # noqa: E402

LIBRARY, DOCUMENT = sys.argv[1:3]
BEGIN, END = "<!-- names: begin -->", "<!-- names: end -->"


def exported(library: str) -> set[str]:
    listing = subprocess.run([find("nm", "binutils"), "-D", "--defined-only", library], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines()}


def documented() -> set[str]:
    text = Path(DOCUMENT).read_text(encoding="utf-8")
    table = text[text.index(BEGIN):text.index(END)]
    return set(re.findall(r"`(\w+)`", table))


def test_every_exported_name_is_documented() -> None:
    equal(sorted(exported(LIBRARY) - documented()), [])


def test_every_documented_name_is_exported() -> None:
    equal(sorted(documented() - exported(LIBRARY)), [])


def test_every_name_is_one_of_libc() -> None:
    libc = subprocess.run(["ldd", LIBRARY], check=True, stdout=subprocess.PIPE, text=True).stdout
    path = re.search(r"(/\S*libc\.so\.6)", libc)[1]
    equal(sorted(exported(LIBRARY) - exported(path)), [])


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
