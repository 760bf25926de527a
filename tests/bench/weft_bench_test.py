#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""weft-bench run, as a user types it: scenarios whose answers are known, two runs that must agree, a base that was faster,
a peer that is missing, Ctrl-C, and files that cannot be written.

usage: weft_bench_test.py WEFT_BENCH [unittest's arguments]
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

WEFT_BENCH = ""
PEERS = Path()


def run(*arguments, **environment):
    return subprocess.run(
        [WEFT_BENCH, *arguments], capture_output=True, text=True, timeout=300, check=False, env=os.environ | environment
    )


def sides(record, scenario):
    """The CPU times of each side, round by round."""
    (point,) = next(each for each in record["scenarios"] if each["name"] == scenario)["points"]
    return {side["peer"]: [values["cpu_ns"] for values in side["rounds"] if values] for side in point["sides"]}


class WeftBench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def measured(self, *arguments):
        """A run that succeeds: what it printed, and its record."""
        file = self.folder / "run.json"
        result = run("run", "--quick", *arguments, "--json", str(file))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout, json.loads(file.read_text())

    def test_two_identical_programs_show_no_difference(self):
        table, record = self.measured("identical")
        self.assertIn("no difference shown", table)
        mine = sides(record, "identical")
        self.assertGreaterEqual(len(mine["reference"]), 6)
        self.assertEqual(len(mine["reference"]), len(mine["reference-twin"]))

    def test_a_program_that_does_twice_as_much_is_found_to(self):
        table, record = self.measured("twice")
        self.assertNotIn("no difference shown", table)
        mine = sides(record, "twice")
        ratio = statistics.median(a / b for a, b in zip(mine["reference"], mine["reference-twice"]))
        self.assertAlmostEqual(ratio, 0.5, delta=0.03)
        self.assertRegex(table, r"0\.(49|50|51)")

    def test_two_runs_agree_within_their_own_intervals(self):
        base = str(self.folder / "base.json")
        self.measured("twice", "--save", base)
        table, _ = self.measured("twice", "--compare", base, "--fail-above", "1.10")
        self.assertIn("no change shown", table)

    def test_a_base_that_was_faster_fails_the_run(self):
        base = self.folder / "base.json"
        self.measured("twice", "--save", str(base))
        record = json.loads(base.read_text())
        for side in record["scenarios"][0]["points"][0]["sides"]:
            for values in side["rounds"]:
                for figure in values:
                    values[figure] /= 1.5
        base.write_text(json.dumps(record))
        result = run("run", "--quick", "twice", "--compare", str(base), "--fail-above", "1.10")
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"1\.[45]\d")
        self.assertEqual(run("run", "--quick", "twice", "--compare", str(base)).returncode, 0)

    def test_a_missing_peer_is_named_with_its_package(self):
        (self.folder / "peer_weft").symlink_to(PEERS / "peer_weft")
        result = run("run", "--quick", "ping_pong", "--against", "go,weft", WEFT_BENCH_PEERS=str(self.folder))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"Go\b.*missing; install golang-go")

    def test_an_interrupt_leaves_what_was_measured(self):
        file = self.folder / "run.json"
        process = subprocess.Popen(
            [WEFT_BENCH, "run", "--full", "identical", "twice", "--json", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while True:  # its first round may have been told of when the second begins
            line = process.stderr.readline()
            if not line or re.match(r"round [2-9]", line):
                break
        process.send_signal(signal.SIGINT)
        table, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, table)
        record = json.loads(file.read_text())
        self.assertFalse(record["complete"])
        self.assertGreaterEqual(len(sides(record, "identical")["reference"]), 1)
        self.assertIn("identical", table)

    def test_what_cannot_be_is_said_before_anything_is_measured(self):
        for arguments, words in [
            (["nope"], 'there is no scenario "nope"; there are: '),
            (["identical", "--against", "nope"], 'there is no peer "nope"; there are: weft, threads'),
            (["identical", "--json", "/nowhere/run.json"], "/nowhere/run.json"),
            (["identical", "--compare", "/nowhere/base.json"], "/nowhere/base.json"),
            (["identical", "--quick", "--full"], "excludes"),
            (["identical", "--fail-above", "1.1"], "requires"),
        ]:
            with self.subTest(arguments):
                began = time.monotonic()
                result = run("run", *arguments)
                self.assertNotIn(result.returncode, (0, 3))
                self.assertIn(words, result.stderr + result.stdout)
                self.assertNotIn("round", result.stderr)
                self.assertLess(time.monotonic() - began, 30)

    def test_a_base_that_is_none_is_refused(self):
        base = self.folder / "base.json"
        for content in ["", "[]", "{}", '{"scenarios": 3}']:
            with self.subTest(content):
                base.write_text(content)
                result = run("run", "--quick", "identical", "--compare", str(base))
                self.assertEqual(result.returncode, 1)
                self.assertIn(str(base), result.stderr)


if __name__ == "__main__":
    WEFT_BENCH = sys.argv.pop(1)
    PEERS = Path(WEFT_BENCH).resolve().parent.parent / "peers"
    unittest.main()
