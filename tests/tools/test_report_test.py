#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""tools/test_report.py must count every case once, and lose no failure: not of a program that crashed, not of one that
failed after its last case."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import test_report  # noqa: E402

XML = """<testsuites><testsuite name="queue">
<testcase name="put" status="run" result="completed" classname="queue"/>
<testcase name="get" status="run" result="completed" classname="queue"><failure message="a.cpp:3&#10;1 != 2"/></testcase>
<testcase name="later" status="run" result="skipped" classname="queue"><skipped message="no network"/></testcase>
<testcase name="DISABLED_off" status="notrun" result="suppressed" classname="queue"/>
</testsuite></testsuites>"""

ALL_PASSED = '<testsuites><testsuite><testcase name="put" status="run" classname="queue"/></testsuite></testsuites>'

CRASHED = """[ RUN      ] queue.put
[       OK ] queue.put (0 ms)
[ RUN      ] queue.get
a.cpp:3: Failure
[  FAILED  ] queue.get (1 ms)
[ RUN      ] queue.close
weft: stack overflow
"""


def run(result: str, name: str = "weft:api / queue_test", code: int = 0, output: str = "") -> dict:
    return {"name": name, "result": result, "returncode": code, "duration": 1.0, "stdout": output, "command": ["/b/q"]}


class TestReport(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)

    def tally(self, entry: dict, xml: str = "", protocol: str = "gtest") -> test_report.Tally:
        if xml:
            (self.build / "queue_test.xml").write_text(xml)
        test = {"name": "queue_test", "cmd": ["/b/q"], "protocol": protocol, "workdir": None}
        return test_report.tally_of(entry, test, self.build)

    def test_cases_of_a_program(self) -> None:
        tally = self.tally(run("FAIL", code=1), XML)
        self.assertEqual(str(tally), "1 passed, 1 failed, 1 skipped")
        self.assertEqual(tally.failures[0].name, "queue.get")
        self.assertIn("1 != 2", tally.failures[0].message)
        self.assertEqual(tally.failures[0].rerun, "/b/q --gtest_filter=queue.get")

    def test_program_that_failed_after_its_last_case(self) -> None:
        self.assertEqual(str(self.tally(run("FAIL", code=23), ALL_PASSED)), "1 passed, 1 failed")

    def test_program_that_crashed(self) -> None:
        tally = self.tally(run("FAIL", code=-11, output=CRASHED))
        self.assertEqual(str(tally), "1 passed, 2 failed")
        self.assertEqual(tally.failures[1].name, "queue.close")
        self.assertIn("killed by signal 11", tally.failures[1].message)

    def test_program_that_hung(self) -> None:
        tally = self.tally(run("TIMEOUT", code=-9, output=CRASHED))
        self.assertIn("timed out", tally.failures[1].message)

    def test_program_that_did_not_start(self) -> None:
        self.assertEqual(str(self.tally(run("FAIL", code=127, output="no such library"))), "0 passed, 1 failed")

    def test_other_tests_count_as_one(self) -> None:
        for result, expected in (("OK", "1 passed, 0 failed"), ("FAIL", "0 passed, 1 failed"),
                                 ("TIMEOUT", "0 passed, 1 failed"), ("ERROR", "0 passed, 1 failed"),
                                 ("SKIP", "0 passed, 0 failed, 1 skipped"), ("EXPECTEDFAIL", "1 passed, 0 failed"),
                                 ("UNEXPECTEDPASS", "0 passed, 1 failed"), ("INTERRUPT", "0 passed, 1 failed")):
            self.assertEqual(str(self.tally(run(result), protocol="exitcode")), expected)

    def test_definition_is_found_by_name_and_command(self) -> None:
        tests = [{"name": "test", "cmd": ["/b/x"]}, {"name": "queue_test", "cmd": ["/b/other"]},
                 {"name": "queue_test", "cmd": ["/b/q"]}]
        self.assertIs(test_report.definition_of(run("OK"), tests), tests[2])
        self.assertIs(test_report.definition_of(run("OK", name="test"), tests), tests[0])
        self.assertEqual(test_report.definition_of(run("OK", name="stranger"), tests)["protocol"], "exitcode")


if __name__ == "__main__":
    unittest.main()
