# SPDX-License-Identifier: BSL-1.0
"""Runs a command bare and under weft-run, and compares what can be seen from outside."""

import contextlib
import os
import pty
import subprocess
import tempfile
import time
from typing import NamedTuple

LIMIT = 60  # seconds; a hang is a failure that says so


class Outcome(NamedTuple):
    status: int  # minus the signal that ended it
    output: str
    errors: str


def run(command, stdin, environment=None) -> Outcome:
    done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="backslashreplace", timeout=LIMIT, env=environment, check=False, close_fds=True)
    return Outcome(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def standard_input(kind: str):
    """Each time a fresh one."""
    if kind == "null":
        yield subprocess.DEVNULL
    elif kind == "pipe":
        reading, writing = os.pipe()
        feeder = os.fork()
        if feeder == 0:  # by and by, so that the reader waits
            os.close(reading)
            for _ in range(5):
                os.write(writing, b"some text\n" * 10)
                time.sleep(0.005)
            os._exit(0)
        os.close(writing)
        try:
            yield reading
        finally:
            os.close(reading)
            os.waitpid(feeder, 0)
    elif kind == "file":
        with tempfile.TemporaryFile() as file:
            file.write(b"some text\n" * 50)
            file.seek(0)
            yield file
    elif kind == "tty":
        controller, terminal = pty.openpty()
        os.write(controller, b"typed\n\x04")
        try:
            yield terminal
        finally:
            os.close(terminal)
            os.close(controller)
    else:
        raise ValueError(kind)


def run_with(kind: str, command, environment=None) -> Outcome:
    if kind == "closed":
        return run(["sh", "-c", 'exec "$@" <&-', "sh", *command], subprocess.DEVNULL, environment)
    with standard_input(kind) as stdin:
        return run(command, stdin, environment)


def same(weft_run: str, command, stdin: str = "null", without=None) -> Outcome:
    """`without` takes out of an output what differs from run to run. The bare outcome."""
    bare = run_with(stdin, command)
    under = run_with(stdin, [weft_run, *command])
    seen = [Outcome(o.status, *(without(text) if without else text for text in o[1:])) for o in (bare, under)]
    if seen[0] != seen[1]:
        raise AssertionError("\n".join(f"{where}: status {o.status}\n{o.output[-3000:]}{o.errors[-3000:]}"
                                       for where, o in zip(("bare", "under weft-run"), seen)))
    return bare
