#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs a GoogleTest program once for each of many shuffle seeds, and reports each seed as a TAP test.

usage: shuffled.py PROGRAM [--seeds N] [--first SEED] [--leave-out PATTERNS] [--timeout SECONDS]

PATTERNS are GoogleTest's: cases that are left out (separated by colons), beside what GTEST_FILTER in the environment
says. A seed that takes longer than SECONDS hangs: it is ended and counts as failed. For each failing case it prints
the one command that repeats it; a case in which the program crashed or hung is one of them.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from shlex import quote

CASE = re.compile(r"\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([^\s,]+\.[^\s,]+)(?:, where .*?)?( \(\d+ ms\))?$",
                  re.MULTILINE)
MAX_OUTPUT_LINES = 40


def filtered(leave_out: str, given: str) -> str:
    """The filter `given`, and nothing of `leave_out`. Only one "-" may stand in it, before all that is left out."""
    if not leave_out:
        return given or "*"
    return f"{given}:{leave_out}" if "-" in given else f"{given}-{leave_out}"


def failed_cases(output: str, returncode: int | None) -> dict[str, str]:
    """How each case failed that did; None as the return code says that the program hung."""
    failed: dict[str, str] = {}
    running = ""
    for word, case, took in CASE.findall(output):
        if "RUN" in word:
            running = case
        elif took:   # not one of the list at the end
            running = ""
            if "FAILED" in word:
                failed[case] = "failed"
    if returncode is None or returncode < 0:
        failed[running or "(the whole program)"] = "hung" if returncode is None else f"killed by signal {-returncode}"
    elif returncode != 0 and not failed:
        failed[running or "(the whole program)"] = f"exit status {returncode}"
    return failed


def run(program: str, seed: int, leave_out: str, timeout: float) -> tuple[dict[str, str], str]:
    """The cases that failed, and what was printed."""
    environment = os.environ | {"WEFT_SHUFFLE_SEED": str(seed),
                                "GTEST_FILTER": filtered(leave_out, os.environ.get("GTEST_FILTER", ""))}
    with tempfile.TemporaryFile("w+", errors="replace") as output:   # a pipe may be held open by whom it left
        try:
            returncode = subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=subprocess.STDOUT, timeout=timeout, check=False).returncode
        except subprocess.TimeoutExpired:
            returncode = None
        output.seek(0)
        printed = output.read()
    return failed_cases(printed, returncode), printed


def excerpts(output: str, failed: dict[str, str]) -> list[str]:
    """What was printed while the failed cases ran."""
    lines = []
    for case in failed:
        _, begin, rest = output.partition(f"[ RUN      ] {case}\n")
        lines += re.split(r"^\[ RUN ", rest if begin else output, maxsplit=1,
                          flags=re.MULTILINE)[0].splitlines()[-MAX_OUTPUT_LINES:]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--leave-out", default="")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one seed")
    arguments = parser.parse_args()

    print(f"1..{arguments.seeds}", flush=True)
    all_well = True
    for number, seed in enumerate(range(arguments.first, arguments.first + arguments.seeds), start=1):
        failed, output = run(arguments.program, seed, arguments.leave_out, arguments.timeout)
        print(f"{'not ok' if failed else 'ok'} {number} - seed {seed}")
        for case, how in failed.items():
            one = f" --gtest_filter={quote(case)}" if not case.startswith("(") else ""
            print(f"# {case}: {how}")
            print(f"# repeat with: WEFT_SHUFFLE_SEED={seed} {quote(arguments.program)}{one}")
        print("".join(f"# {line}\n" for line in excerpts(output, failed)), end="")
        sys.stdout.flush()
        all_well = all_well and not failed
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
