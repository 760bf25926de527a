# SPDX-License-Identifier: BSL-1.0
"""CPython's own test suite: each case that passes bare passes under weft-run.

usage: cpython_test.py WEFT_RUN EXCEPTIONS MODULE...

A module is a line of the TAP protocol. What fails under weft-run is run again alone, bare and under weft-run: only a
case that fails there twice, and passes bare, counts. EXCEPTIONS lists cases that may fail, each with its reason.
"""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PYTHON = "/usr/bin/python3"  # the one that the package of its tests belongs to
LIMIT = 900  # seconds for a module


def outcomes(before: list[str], module: str, case: str = "") -> tuple[dict[str, str], str]:
    """How each case of a module ended ("passed", "skipped" or "failed"), and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [*before, PYTHON, "-m", "test", "--timeout", "300", "--junit-xml", str(report)]
        command += ["-i", "*VSOCK*"]  # waits for the other side of a virtual machine, for ever where there is none
        command += ["-m", case] if case else []
        try:
            done = subprocess.run([*command, module], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=LIMIT, check=False,
                                  env={**os.environ, "PYTHONUNBUFFERED": "1"})
            text = done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as e:
            return {}, (e.stdout or b"").decode(errors="replace") + f"\nended after {LIMIT} s"
        if not report.exists():
            return {}, text
        # What a test prints may be no character of XML.
        xml = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]|&#([0-8]|1[1-9]|2[0-9]|3[01]);", "", report.read_text(errors="replace"))
        found = {}
        for node in ElementTree.fromstring(xml).iter("testcase"):
            bad = node.find("failure") is not None or node.find("error") is not None
            skipped = node.get("result") == "skipped" or node.find("skipped") is not None or node.get("status") == "notrun"
            found[node.get("name", "")] = "failed" if bad else "skipped" if skipped else "passed"
        return found, text


def fails_for_certain(weft_run: str, module: str, case: str) -> bool:
    """Alone: passes bare, and fails twice under weft-run."""
    short = case.rsplit(".", 1)[-1]
    bare, _ = outcomes([], module, short)
    if bare.get(case) == "failed":
        return False
    return all(outcomes([weft_run], module, short)[0].get(case) != bare.get(case) for _ in range(2))


def main() -> int:
    weft_run, exceptions, *modules = os.path.abspath(sys.argv[1]), *sys.argv[2:]
    excepted = {line.split()[0] for line in Path(exceptions).read_text(encoding="utf-8").splitlines()
                if line.strip() and not line.startswith("#")}
    if subprocess.run([PYTHON, "-c", "import test.test_socket"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("1..0 # SKIP CPython's test suite is missing; install libpython3.11-testsuite")
        return 0
    print(f"1..{len(modules)}", flush=True)
    failed = 0
    for number, module in enumerate(modules, 1):
        bare, _ = outcomes([], module)
        under, text = outcomes([weft_run], module)
        suspects = [case for case, how in bare.items() if how == "passed" and under.get(case) != "passed"]
        suspects = [case for case in suspects if case not in excepted]
        if len(under) * 2 > len(bare):
            suspects = [case for case in suspects if fails_for_certain(weft_run, module, case)]
        passed = sum(how == "passed" for how in under.values())
        if suspects or not bare:
            failed += 1
            print(f"not ok {number} - {module}")
            print("".join(f"# fails under weft-run: {case}\n" for case in suspects), end="")
            print("".join(f"# {line}\n" for line in text.splitlines()[-60:]), end="", flush=True)
        else:
            print(f"ok {number} - {module}: {passed} cases pass, {sum(how == 'passed' for how in bare.values())} bare",
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
