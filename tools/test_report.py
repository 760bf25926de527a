#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs `meson test` and reports it in test cases.

usage: test_report.py BUILD_DIR [ARGUMENT OF meson test]...

With GTEST_FILTER in the environment and no argument, only GoogleTest programs are run.
A GoogleTest program counts as its cases, any other test as one. Failures are shown with their messages and the line
that runs them again; the last line is "N passed, N failed" and ", N skipped" if any. Exit status 1 if anything failed.

Meson's testlog.json says how each program ended, the XML file of each GoogleTest program how its cases did. A program
that crashed wrote no XML: then its output tells the case in which it died.
"""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

MAX_OUTPUT_LINES = 40


@dataclass
class Failure:
    name: str
    message: str
    rerun: str


@dataclass
class Tally:
    passed: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {len(self.failures)} failed{skipped}"


def tail(text: str) -> str:
    lines = text.rstrip().splitlines()
    left_out = len(lines) - MAX_OUTPUT_LINES
    return "\n".join(([f"... {left_out} more lines above"] if left_out > 0 else []) + lines[-MAX_OUTPUT_LINES:])


def ending(run: dict) -> str:
    """How a program ended, in words."""
    code = run.get("returncode", 0)
    if run["result"] == "TIMEOUT":
        return f"timed out after {run['duration']:.0f} s"
    return f"killed by signal {-code}" if code < 0 else f"exit status {code}"


def cases_in_xml(xml: Path, program: str) -> Tally:
    tally = Tally()
    for case in ElementTree.parse(xml).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = [f.get("message", "") for f in case.iter("failure")]
        if failures:
            tally.failures.append(Failure(name, "\n".join(failures), f"{program} --gtest_filter={quote(name)}"))
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            tally.skipped += 1
        elif case.get("status") == "run":
            tally.passed += 1
    return tally


def cases_in_output(output: str, program: str, how: str) -> Tally:
    """The cases of a program that did not live to write its XML."""
    tally = Tally()
    running = None
    for line in output.splitlines():
        if match := re.match(r"\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([^\s,]+)", line):
            running = match[2] if "RUN" in match[1] else None
            tally.passed += "OK" in match[1]
            tally.skipped += "SKIPPED" in match[1]
            if "FAILED" in match[1]:
                tally.failures.append(Failure(match[2], tail(output), f"{program} --gtest_filter={quote(match[2])}"))
    if running:
        message = f"The program was in this case when it ended ({how}).\n{tail(output)}"
        tally.failures.append(Failure(running, message, f"{program} --gtest_filter={quote(running)}"))
    return tally


def gtest_xml(build: Path, test: dict) -> Path:
    """Where Meson makes a GoogleTest program write its result."""
    return build / (test["workdir"] or "") / f"{test['name']}.xml"


def tally_of(run: dict, test: dict, build: Path) -> Tally:
    name = run["name"]
    program = " ".join(quote(word) for word in test["cmd"])
    output = run.get("stdout", "") + run.get("stderr", "")
    failed = run["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")
    if test["protocol"] == "gtest":
        xml = gtest_xml(build, test)
        tally = cases_in_xml(xml, program) if xml.exists() else cases_in_output(output, program, ending(run))
        if failed and not tally.failures:   # all cases passed, yet the program failed: a leak check, a crash at exit
            tally.failures.append(Failure(name, f"The program failed ({ending(run)}).\n{tail(output)}", program))
        return tally
    if failed:
        return Tally(failures=[Failure(name, f"({ending(run)})\n{tail(output)}", program)])
    return Tally(skipped=1) if run["result"] == "SKIP" else Tally(passed=1)


def definition_of(run: dict, tests: list[dict]) -> dict:
    """The test that this run is of. In the log a name carries its suites: "project:suite / name"."""
    named = [t for t in tests if run["name"] == t["name"] or run["name"].endswith(f" / {t['name']}")]
    if not named:
        return {"name": run["name"], "cmd": run["command"], "protocol": "exitcode", "workdir": None}
    return max(named, key=lambda t: (t["cmd"] == run["command"][:len(t["cmd"])], len(t["name"])))


def report(tally: Tally) -> None:
    for number, failure in enumerate(tally.failures, 1):
        print(f"\n{number}) {failure.name}")
        print("\n".join(f"   {line}" for line in failure.message.splitlines()))
        print(f"   again: {failure.rerun}")
    print(f"\n{tally}" if tally.failures else tally)


def main() -> int:
    build = Path(sys.argv[1])
    tests = json.loads((build / "meson-info" / "intro-tests.json").read_text())
    log = build / "meson-logs" / "testlog.json"
    for stale in [log, *(gtest_xml(build, t) for t in tests if t["protocol"] == "gtest")]:
        stale.unlink(missing_ok=True)

    arguments = sys.argv[2:]
    if not arguments and "GTEST_FILTER" in os.environ:
        arguments = [t["name"] for t in tests if t["protocol"] == "gtest"]
    status = subprocess.run(["meson", "test", "-C", str(build), "--no-rebuild", *arguments],
                            stdin=subprocess.DEVNULL).returncode
    tally = Tally()
    for line in log.read_text().splitlines() if log.exists() else []:
        run = json.loads(line)
        tally.add(tally_of(run, definition_of(run, tests), build))
    if status and not tally.failures:
        tally.failures.append(Failure("meson test", f"(exit status {status})", f"meson test -C {build}"))
    elif not tally.passed and not tally.failures:
        tally.failures.append(Failure("meson test", "No test was run: does the filter name one?", "tools/test"))
    report(tally)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
