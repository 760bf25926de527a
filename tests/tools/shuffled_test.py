#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""tests/api/shuffled.py must lose no failure, whatever its kind: of a case, by a crash, by a hang; and name the case."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
import shuffled  # noqa: E402

PROGRAM = """#!/bin/sh
echo '[ RUN      ] queue.put'
echo '[       OK ] queue.put (0 ms)'
echo '[ RUN      ] queue/0.get'
case $WEFT_SHUFFLE_SEED in
    1) echo "no newline[  FAILED  ] queue/0.get, where TypeParam = int (1 ms)"; exit 1 ;;
    2) echo 'a message'; kill -11 $$ ;;
    3) exec sleep 60 ;;
    4) echo '[       OK ] queue/0.get (0 ms)'; exit 23 ;;
esac
echo '[       OK ] queue/0.get (0 ms)'
"""


class TestShuffled(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = str(Path(folder.name) / "program")
        Path(self.program).write_text(PROGRAM)
        os.chmod(self.program, 0o755)

    def failed(self, seed: int, timeout: float = 30) -> dict[str, str]:
        return shuffled.run(self.program, seed, "*Stress*", timeout)[0]

    def test_all_well(self) -> None:
        self.assertEqual(self.failed(0), {})

    def test_case_that_fails(self) -> None:
        self.assertEqual(self.failed(1), {"queue/0.get": "failed"})

    def test_case_that_crashes(self) -> None:
        failed, output = shuffled.run(self.program, 2, "", 30)
        self.assertEqual(failed, {"queue/0.get": "killed by signal 11"})
        self.assertEqual(shuffled.excerpts(output, failed), ["a message"])

    def test_case_that_hangs(self) -> None:
        self.assertEqual(self.failed(3, timeout=0.5), {"queue/0.get": "hung"})

    def test_program_that_fails_after_its_last_case(self) -> None:
        self.assertEqual(self.failed(4), {"(the whole program)": "exit status 23"})

    def test_filter(self) -> None:
        self.assertEqual(shuffled.filtered("*Stress*:*Death*", ""), "-*Stress*:*Death*")
        self.assertEqual(shuffled.filtered("*Stress*", "queue*"), "queue*-*Stress*")
        self.assertEqual(shuffled.filtered("*Stress*", "queue*-queue.put"), "queue*-queue.put:*Stress*")
        self.assertEqual(shuffled.filtered("", "queue*"), "queue*")


if __name__ == "__main__":
    unittest.main()
