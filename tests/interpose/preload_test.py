# SPDX-License-Identifier: BSL-1.0
"""libweft-interpose.so works before constructors have run and after destructors have, in any order with an allocator of
its own mind.

usage: preload_test.py WEFT_RUN INTERPOSER EARLY
"""

import itertools
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
from bare_and_under import run  # noqa: E402
from tap import equal, run_tests  # noqa: E402

WEFT_RUN, INTERPOSER, EARLY = sys.argv[1:4]
JEMALLOC = "libjemalloc.so.2"
COMMAND = ["bash", "-c", "echo from bash; read line; echo $line; sleep 0.01; exit 5"]


def ends_well(libraries, command) -> None:
    """In a program and in its child, which inherits LD_PRELOAD."""
    outcome = run(command, subprocess.DEVNULL, {**os.environ, "LD_PRELOAD": ":".join(libraries)})
    lines = outcome.errors.splitlines()
    equal((outcome.status, outcome.output, set(lines)), (5, "from bash\n\n", {"early and late"} if EARLY in libraries else set()))


def test_jemalloc_is_there() -> None:
    equal(run(["sh", "-c", "true"], subprocess.DEVNULL, {**os.environ, "LD_PRELOAD": JEMALLOC}).errors, "")


def test_preloaded_in_any_order() -> None:
    for libraries in itertools.permutations([INTERPOSER, EARLY, JEMALLOC]):
        ends_well(libraries, COMMAND)


def test_preloaded_alone() -> None:
    ends_well([INTERPOSER], COMMAND)


def test_under_weft_run() -> None:
    for libraries in ([EARLY], [JEMALLOC], [EARLY, JEMALLOC], [JEMALLOC, EARLY]):
        ends_well(libraries, [WEFT_RUN, *COMMAND])


def test_jemalloc_that_says_what_it_did() -> None:
    for libraries in ([JEMALLOC, INTERPOSER], [INTERPOSER, JEMALLOC]):
        environment = {**os.environ, "LD_PRELOAD": ":".join(libraries), "MALLOC_CONF": "stats_print:true"}
        outcome = run(["python3", "-c", "print('allocated')"], subprocess.DEVNULL, environment)
        equal((outcome.status, outcome.output), (0, "allocated\n"))
        equal("End jemalloc statistics" in outcome.errors, True)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
