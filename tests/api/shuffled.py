#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs a GoogleTest program once for each of many shuffle seeds, and reports each seed as a TAP test.

usage: shuffled.py PROGRAM [--seeds N] [--first SEED] [--leave-out PATTERNS]

PATTERNS are GoogleTest's: cases that are left out (separated by colons). For each failing case it prints the one
command that repeats it.
"""

import argparse
import os
import re
import subprocess
import sys
from shlex import quote


def run(program: str, seed: int, leave_out: str) -> tuple[list[str], str]:
    """The cases that failed, and what was printed."""
    environment = os.environ | {"WEFT_SHUFFLE_SEED": str(seed), "GTEST_FILTER": f"-{leave_out}"}
    ended = subprocess.run([program, "--gtest_brief=1"], env=environment, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    failed = re.findall(r"^\[  FAILED  \] (\S+\.\S+) \(\d+ ms\)$", ended.stdout, re.MULTILINE)
    if ended.returncode != 0 and not failed:
        failed = ["(the whole program)"]
    return failed, ended.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--leave-out", default="")
    arguments = parser.parse_args()

    print(f"1..{arguments.seeds}", flush=True)
    all_well = True
    for number, seed in enumerate(range(arguments.first, arguments.first + arguments.seeds), start=1):
        failed, output = run(arguments.program, seed, arguments.leave_out)
        print(f"{'not ok' if failed else 'ok'} {number} - seed {seed}")
        for case in failed:
            one = f" --gtest_filter={quote(case)}" if not case.startswith("(") else ""
            print(f"# repeat with: WEFT_SHUFFLE_SEED={seed} {quote(arguments.program)}{one}")
        if failed:
            print("\n".join("# " + line for line in output.splitlines()[-40:]))
        sys.stdout.flush()
        all_well = all_well and not failed
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
