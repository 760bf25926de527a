#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes one C++ source of the code in documents, so that a compiler tells when a page is out of date.

usage: snippets.py OUTPUT DOCUMENT...

Of each document the blocks that begin with ```cpp are taken. A block is the body of a function; one that defines main,
begins with #include, or is marked ```cpp declarations stands at the top level of a namespace of its own (with its
#include lines left out). What the blocks take for granted is in tests/docs/snippets.hpp. Errors name document and line.
"""

import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^```cpp([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def compiled(document: Path) -> str:
    text = document.read_text(encoding="utf-8")
    parts = []
    for block in BLOCK.finditer(text):
        mark, code = block[1].strip(), block[2]
        line = text.count("\n", 0, block.start()) + 2
        name = re.sub(r"\W", "_", document.stem) + f"_{line}"
        located = f'#line {line} "{document}"\n'
        if mark == "declarations" or re.search(r"^#include|^int main\(", code, re.MULTILINE):
            code = re.sub(r"^(#include|using namespace std::).*$", "", code, flags=re.MULTILINE)
            code = code.replace("int main(", "[[maybe_unused]] auto program(")
            parts.append(f"namespace {name} {{\n{located}{code}}}\n")
        elif not mark:
            parts.append(f"[[maybe_unused]] void {name}() {{\n{located}{code}}}\n")
    return "\n".join(parts)


def main() -> None:
    output, *documents = map(Path, sys.argv[1:])
    header = '#include "tests/docs/snippets.hpp"\n\n'
    footer = "\nint main() {}\n"
    output.write_text(header + "\n".join(compiled(document) for document in documents) + footer, encoding="utf-8")


if __name__ == "__main__":
    main()
