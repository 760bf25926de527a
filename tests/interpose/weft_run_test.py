# SPDX-License-Identifier: BSL-1.0
"""What a program sees under weft-run is what it sees bare.

usage: weft_run_test.py WEFT_RUN PROBE
"""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
from bare_and_under import same, run  # noqa: E402
from tap import contains, equal, run_tests  # noqa: E402

WEFT_RUN, PROBE = sys.argv[1:3]


def part(name: str):
    def test():
        for stdin in ("null", "pipe", "file", "tty", "closed") if name.startswith("standard_input") else ("null",):
            same(WEFT_RUN, [PROBE, name], stdin)
    return test


# Each of the probe's parts, all of them.
for each in subprocess.run([PROBE], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
    if "destroyed" not in each:
        globals()["test_" + each] = part(each)


def test_the_probe_says_something() -> None:
    contains(same(WEFT_RUN, [PROBE, "arguments_and_environment"]).output, "the same")


def test_ld_preload_of_the_user_is_kept() -> None:
    jemalloc = "libjemalloc.so.2"
    command = [PROBE, "arguments_and_environment"]
    for value in ("", jemalloc, f"{jemalloc}:libm.so.6"):
        environment = {"PATH": os.environ["PATH"], "LD_PRELOAD": value, "LAST": "1"}
        bare = run(command, subprocess.DEVNULL, environment)
        under = run([WEFT_RUN, *command], subprocess.DEVNULL, environment)
        equal(under, bare)
        contains(bare.output, f"LD_PRELOAD={value}\nLAST=1\n")


def test_a_missing_program_is_127_and_a_folder_is_126() -> None:
    equal(run([WEFT_RUN, "/no/such/program"], subprocess.DEVNULL).status, 127)
    equal(run([WEFT_RUN, "no-such-program"], subprocess.DEVNULL).status, 127)
    equal(run([WEFT_RUN, "/"], subprocess.DEVNULL).status, 126)
    equal(run([WEFT_RUN], subprocess.DEVNULL).status, 125)
    contains(run([WEFT_RUN, "--help"], subprocess.DEVNULL).output, "usage: weft-run PROGRAM")


def test_a_script_runs_in_its_interpreter() -> None:
    same(WEFT_RUN, [str(Path(__file__).parent / "script.sh"), "an argument"])


def test_a_static_program_and_its_children_are_left_alone() -> None:
    same(WEFT_RUN, ["/sbin/ldconfig", "--version"])
    environment = run([WEFT_RUN, "env"], subprocess.DEVNULL).output
    for word in ("WEFT", "interpose"):
        equal([line for line in environment.splitlines() if word in line and not line.startswith("_=")],
              [line for line in run(["env"], subprocess.DEVNULL).output.splitlines() if word in line])


def test_the_limit_of_the_stack_is_kept() -> None:
    for limit in ("16384", "unlimited"):
        command = ["sh", "-c", f'ulimit -s {limit}; exec "$@"', "sh"]
        for name in ("the_stack_is_the_one_of_the_process", "an_overflow_is_caught_on_another_stack"):
            if limit != "unlimited" or "overflow" not in name:
                bare = run([*command, PROBE, name], subprocess.DEVNULL)
                equal(run([*command, WEFT_RUN, PROBE, name], subprocess.DEVNULL), bare)
                equal(bare.status, 0)


def test_a_reader_in_the_background_is_stopped() -> None:
    for command in (["cat"], [WEFT_RUN, "cat"]):
        leader, terminal = pty.fork()
        if leader == 0:  # of a session of its own
            signal.alarm(30)
            child = os.fork()
            if child == 0:
                os.setpgid(0, 0)
                os.execvp(command[0], command)
            _, status = os.waitpid(child, os.WUNTRACED)
            os.kill(child, signal.SIGKILL)
            os._exit(0 if os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTTIN else 1)
        equal(os.waitstatus_to_exitcode(os.waitpid(leader, 0)[1]), 0)
        os.close(terminal)


def test_the_limit_of_descriptors_is_kept() -> None:
    for limit in ("64", "1024"):
        same(WEFT_RUN, ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", PROBE, "all_descriptors_may_be_closed"])
        command = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"]
        bare = run([*command, PROBE, "all_descriptors_may_be_closed"], subprocess.DEVNULL)
        equal(run([*command, WEFT_RUN, PROBE, "all_descriptors_may_be_closed"], subprocess.DEVNULL), bare)


def test_too_few_descriptors_are_said_to_be_too_few() -> None:
    outcome = run(["sh", "-c", 'ulimit -n 4; exec "$@"', "sh", WEFT_RUN, PROBE, "the_first_descriptor_is_free"],
                  subprocess.DEVNULL)
    equal(outcome.status, 125)
    contains(outcome.errors, "weft-run: no loop to run the program on: ")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
