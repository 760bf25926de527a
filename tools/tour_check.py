#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that what docs/tour.md names in the sources is there.

usage: tour_check.py [ROOT [DOCUMENT]...]

In the document, between backticks:
    `fibers/scheduler.cpp`                  this file exists
    `fibers/scheduler.cpp: scheduler::run`  this file defines or declares scheduler::run
    `scheduler::run()`                      some source file does
    `::recv()`                              a system or library call: some source file makes it
Everything else between backticks, and what stands in fenced blocks, is prose. A name may leave out its outer namespaces
(weft, weft::fibers). Each name that is not found is printed as document:line: what is missing. Exit status 1 if there is one.
"""

import re
import sys
from functools import cache
from pathlib import Path

FOLDERS = ("fibers", "reactor", "api", "interpose")
ENDINGS = (".hpp", ".cpp", ".h")

SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAME = r"~?[A-Za-z_]\w*(?:::~?[A-Za-z_]\w*)*"
FILE = re.compile(rf"((?:{'|'.join(FOLDERS)})/[\w./-]+\.\w+)(?::\s*({NAME})(?:\(\))?)?$")
FUNCTION = re.compile(rf"(::)?({NAME})\(\)$")

COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
# A call, not a declaration, is what follows one of these.
STATEMENT_WORDS = {"return", "throw", "else", "do", "new", "delete", "case", "goto", "not", "co_return", "co_await"}


@cache
def code_of(path: Path) -> str:
    """The text without comments and strings."""
    return COMMENT_OR_STRING.sub(" ", path.read_text(encoding="utf-8"))


def end_of_arguments(code: str, start: int) -> int:
    """The index after the parenthesis that closes the one at start."""
    depth = 0
    for index in range(start, len(code)):
        depth += (code[index] == "(") - (code[index] == ")")
        if depth == 0:
            return index + 1
    return len(code)


def is_declaration(code: str, start: int, end: int) -> bool:
    """Whether code[start:end], a name with its qualifiers, is being defined or declared there, rather than used."""
    before = code[:start].rstrip()
    after = code[end:].lstrip()
    word_before = re.search(r"\w*$", before)[0]
    if word_before in ("class", "struct", "enum", "union", "using", "concept", "namespace", "define"):
        return True
    if re.search(r"\b(class|struct)\s+(WEFT_\w+|\[\[.*?\]\]|alignas\s*\([^)]*\))\s*$", before):
        return True
    follows_type = (bool(word_before) and word_before not in STATEMENT_WORDS) or before.endswith((">", "&", "*"))
    if not after.startswith("("):
        return follows_type and bool(re.match(r"[;={\[]", after))   # a variable or a member
    rest = code[end_of_arguments(code, end + code[end:].index("(")):].lstrip()
    if re.match(r"(const|noexcept|override|final|requires|try)\b|->|&&?\s*(noexcept|\{|;)|\{|:[^:]", rest):
        return follows_type or not before or before.endswith(("{", "}", ";", ":"))
    return (follows_type or code[start:end].startswith("~")) and rest.startswith((";", "="))


def declares(path: Path, name: str) -> bool:
    """Whether the file defines or declares name. Outer parts may be written as qualifiers or be an enclosing scope."""
    code = code_of(path)
    *scopes, last = name.split("::")
    for match in re.finditer(rf"(?<![\w~])((?:\w+(?:<[^<>;]*>)?::)*){re.escape(last)}(?!\w)", code):
        written = re.findall(r"(\w+)(?:<[^<>;]*>)?::", match[1])
        enclosing = [s for s in scopes if s not in written]
        if (all(re.search(rf"\b(class|struct|enum|namespace)\b[^;(){{}}]*\b{s}\b", code[:match.start()]) for s in enclosing)
                and is_declaration(code, match.start(), match.end())):
            return True
    return False


def calls(path: Path, name: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}\s*\(", code_of(path)))


def sources(root: Path) -> list[Path]:
    return [f for folder in FOLDERS for f in sorted((root / folder).rglob("*")) if f.suffix in ENDINGS]


def missing(root: Path, span: str) -> str:
    """What the sources lack of what one code span names; empty when all is there."""
    if match := FILE.match(span):
        path = root / match[1]
        if not path.is_file():
            return f"there is no file {match[1]}"
        if match[2] and not declares(path, match[2]):
            elsewhere = [f.relative_to(root).as_posix() for f in sources(root) if declares(f, match[2])]
            hint = f"; it is in {', '.join(elsewhere)}" if elsewhere else ""
            return f"{match[1]} does not declare {match[2]}{hint}"
    elif match := FUNCTION.match(span):
        if match[1] and not any(calls(f, match[2]) for f in sources(root)):
            return f"no source file calls {match[2]}"
        if not match[1] and not any(declares(f, match[2]) for f in sources(root)):
            return f"no source file declares {match[2]}"
    return ""


def check(root: Path, document: Path) -> list[str]:
    text = FENCE.sub(lambda block: "\n" * block[0].count("\n"), document.read_text(encoding="utf-8"))
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        for span in SPAN.findall(line):
            if problem := missing(root, span.strip()):
                problems.append(f"{document.relative_to(root).as_posix()}:{number}: `{span}`: {problem}")
    return problems


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    documents = [root / name for name in sys.argv[2:] or ["docs/tour.md"]]
    problems = [problem for document in documents for problem in check(root, document)]
    for problem in problems:
        print(problem)
    print(f"tour_check: {len(problems)} name(s) not found" if problems else "tour_check: every name is in the sources")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
