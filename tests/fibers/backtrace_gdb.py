# SPDX-License-Identifier: BSL-1.0
"""Stops a program inside a fiber with gdb: the backtrace must show the calls and end at the fiber's entry.

Usage: backtrace_gdb.py <program>. Exit code 77 (skipped) where gdb is missing or may not trace.
"""
import shutil
import subprocess
import sys

LAST = "weft::fibers::context::run_at_end_of_stack"
SKIPPED = 77


def gdb(program, *commands):
    arguments = ["gdb", "-batch", "-nx"]
    for command in ("set pagination off", "set width 0", "set debuginfod enabled off", *commands):
        arguments += ["-ex", command]
    result = subprocess.run([*arguments, program], capture_output=True, text=True, timeout=100)
    return result.stdout + result.stderr


def main():
    program = sys.argv[1]
    if shutil.which("gdb") is None:
        print("SKIPPED, NOT TESTED: there is no gdb here")
        return SKIPPED
    output = gdb(program, "break stop_here", "run", "bt")
    if "Breakpoint 1," not in output:
        if "ptrace" in output or "Operation not permitted" in output:
            print("SKIPPED, NOT TESTED: gdb may not trace here\n" + output)
            return SKIPPED
        print("gdb did not get to the breakpoint:\n" + output)
        return 1

    frames = [line for line in output.splitlines() if line.startswith("#")]
    problems = []
    if "Backtrace stopped" in output:
        problems.append("gdb calls the end of the stack corrupt")
    if sum("go_down" in f for f in frames) != 4:
        problems.append("the four calls of go_down are not there")
    if not frames or LAST not in frames[-1]:
        problems.append(f"the last frame is not {LAST}")
    if problems:
        print("\n".join(problems) + "\n" + output)
        return 1
    print("\n".join(frames))
    return 0


if __name__ == "__main__":
    sys.exit(main())
