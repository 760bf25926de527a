# SPDX-License-Identifier: BSL-1.0
"""What libweft-interpose.so exports is what docs/porting.md says it does, and libc has all of it. The differences between
the examples that the document shows are those between their files.

usage: names_test.py LIBRARY DOCUMENT EXAMPLES
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
from tap import equal, find, run_tests  # noqa: E402

LIBRARY, DOCUMENT, EXAMPLES = sys.argv[1:4]
BEGIN, END = "<!-- names: begin -->", "<!-- names: end -->"


def exported(library: str) -> set[str]:
    listing = subprocess.run([find("nm", "binutils"), "-D", "--defined-only", library], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in listing.splitlines() if " A " not in line}  # A: of a version
    return {name for name in names if not name.startswith("_Z")}  # what the compiler makes of templates


def documented() -> set[str]:
    text = Path(DOCUMENT).read_text(encoding="utf-8")
    rows = [line.split("|") for line in text[text.index(BEGIN):text.index(END)].splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row[2])}


def test_every_exported_name_is_documented() -> None:
    equal(sorted(exported(LIBRARY) - documented()), [])


def test_every_documented_name_is_exported() -> None:
    equal(sorted(documented() - exported(LIBRARY)), [])


def test_every_name_is_one_of_libc() -> None:
    libc = subprocess.run(["ldd", LIBRARY], check=True, stdout=subprocess.PIPE, text=True).stdout
    path = re.search(r"(/\S*libc\.so\.6)", libc)[1]
    equal(sorted(exported(LIBRARY) - exported(path)), [])


def test_the_differences_are_those_of_the_files() -> None:
    blocks = re.findall(r"^```diff (\S+) (\S+)\n(.*?)^```", Path(DOCUMENT).read_text(encoding="utf-8"),
                        re.MULTILINE | re.DOTALL)
    equal(len(blocks), 2)
    for before, after, shown in blocks:
        difference = subprocess.run(["diff", "-U0", f"{EXAMPLES}/{before}", f"{EXAMPLES}/{after}"], check=False,
                                    stdout=subprocess.PIPE, text=True).stdout.splitlines()[2:]
        code = [line for line in difference if not re.match(r"@@|[-+]//", line)]
        equal(shown.splitlines(), code)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
