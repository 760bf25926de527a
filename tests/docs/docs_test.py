#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the two checks of the documentation catch, tried on small trees."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from names_check import DOCUMENTS

HERE = Path(__file__).parent


class Tree(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = Path(self.scratch.name)

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


class NamesCheck(Tree):
    def setUp(self):
        super().setUp()
        for page in DOCUMENTS:
            self.write(page, "nothing\n")
        self.write("tests/docs/asyncio_names.txt", "# a comment\ngather\n")
        self.write("tests/docs/thread_names.txt", "mutex\n")
        self.write("docs/coming-from-threads.md", "| `mutex` | `weft::green::mutex` |\n")
        self.write("api/include/weft/green/mutex.hpp", "namespace weft::green { class mutex; }\n")
        self.write("api/include/weft/gather.hpp", "void gather(); // and not scatter\n")
        self.write("docs/coming-from-asyncio.md", "| `gather` | `weft::gather(f)` |\n")

    def check(self):
        ran = subprocess.run([sys.executable, HERE / "names_check.py", self.root], capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr

    def test_passes_what_is_complete(self):
        self.assertEqual(self.check()[0], 0)

    def test_names_what_the_table_lacks(self):
        self.write("tests/docs/asyncio_names.txt", "gather\nshield\n")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("`shield`", said)

    def test_names_what_the_table_of_threads_lacks(self):
        self.write("tests/docs/thread_names.txt", "mutex\nlatch\n")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("docs/coming-from-threads.md: std's `latch`", said)

    def test_does_not_take_a_code_block_for_the_table(self):
        self.write("docs/coming-from-asyncio.md", "```python\n`gather`\n```\n")
        self.assertEqual(self.check()[0], 1)

    def test_names_what_no_header_declares(self):
        self.write("docs/scheduling.md", "first\n`weft::scatter` is in a comment only\n")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("docs/scheduling.md:2", said)

    def test_leaves_alone_what_comes_later(self):
        self.write("docs/scheduling.md", "*later*: `weft::scatter`\n")
        self.assertEqual(self.check()[0], 0)


class Snippets(Tree):
    def source_of(self, text):
        output = self.root / "out.cpp"
        page = self.write("page.md", text)
        subprocess.run([sys.executable, HERE / "snippets.py", output, page], check=True)
        return output.read_text()

    def test_a_block_becomes_the_body_of_a_function(self):
        self.assertIn("void page_3() {\n#line 3", self.source_of("text\n```cpp\nf();\n```\n"))

    def test_declarations_and_programs_stand_at_the_top(self):
        self.assertIn("namespace page_2 {", self.source_of("```cpp declarations\nvoid f() {}\n```\n"))
        program = self.source_of("```cpp\n#include <weft/weft.hpp>\nint main() {}\n```\n")
        self.assertIn("auto program() {}", program)
        self.assertNotIn("#include <weft/weft.hpp>", program)

    def test_other_languages_are_left_out(self):
        self.assertNotIn("await", self.source_of("```python\nawait f()\n```\n"))


if __name__ == "__main__":
    unittest.main()
