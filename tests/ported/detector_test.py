#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Looks for calls that stopped a loop's thread: detector_test.py LOAD

strace watches the thread that runs the loop of detector_load.cpp, whose tasks block in every way that weft knows. A
system call other than epoll_wait that takes longer than LONG has stopped it, and all tasks with it. A machine that is
busy may take the processor away in the middle of any call: what is only seen now and then is no finding.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
from tap import equal, find, run_tests  # noqa: E402

LOAD, STRACE = sys.argv[1], find("strace", "strace")
LONG = 0.02   # seconds; each wait of the load takes three times as long
ATTEMPTS = 4

CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\)\s+= .*<(?P<seconds>[0-9.]+)>$")
MAY_WAIT = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}


def long_calls(*arguments: str) -> set[str]:
    """The calls that took long between the two marks, by name."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        done = subprocess.run([STRACE, "-T", "-qq", "-o", log.name, LOAD, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        equal((done.returncode, done.stdout), (0, "all done\n"))
        lines = log.read().splitlines()
    marks = [i for i, line in enumerate(lines) if line.startswith('prctl(PR_SET_NAME, "load ')]
    equal(len(marks), 2)
    calls = [match for match in map(CALL.match, lines[marks[0] + 1:marks[1]]) if match]
    if not any(call["name"] in MAY_WAIT and float(call["seconds"]) > LONG for call in calls):
        raise AssertionError("the loop never waited: " + "\n".join(lines[marks[0]:marks[1]][:100]))
    return {call["name"] for call in calls if float(call["seconds"]) > LONG and call["name"] not in MAY_WAIT}


def found(*arguments: str) -> set[str]:
    """Those that are long each time."""
    suspects = long_calls(*arguments)
    for _ in range(ATTEMPTS - 1):
        if suspects:
            suspects &= long_calls(*arguments)
    return suspects


def test_the_loop_waits_nowhere_but_in_epoll_wait():
    equal(found(), set())


def test_a_call_that_blocks_is_found():
    # A child that ends meanwhile makes the kernel begin the call again.
    equal(found("with a blocking call") - {"restart_syscall"}, {"poll"})


if __name__ == "__main__":
    try:
        subprocess.run([STRACE, "-o", "/dev/null", "true"], check=True, stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        print("1..0 # SKIP strace may not watch a program here")
        sys.exit(0)
    sys.exit(run_tests(globals()))
