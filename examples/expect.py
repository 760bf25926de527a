# SPDX-License-Identifier: BSL-1.0
"""Runs a program and compares what it prints: expect.py PROGRAM OUTPUT."""
import subprocess
import sys

program, expected = sys.argv[1:]
expected = expected.replace("\\n", "\n")
ran = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=60)
if ran.returncode != 0 or ran.stdout != expected:
    sys.exit(f"{program}: exit status {ran.returncode}\nprinted  {ran.stdout!r}\nexpected {expected!r}")
