# SPDX-License-Identifier: BSL-1.0
"""Runs a module's functions named test_... one after the other, each a line of the TAP protocol, and starts what they
need: programs that say when they are ready, and are gone at the end."""

import contextlib
import os
import shutil
import subprocess
import sys
import traceback


def run_tests(module: dict, with_tls: bool = True) -> int:
    tests = {name: f for name, f in module.items() if name.startswith("test_") and callable(f)}
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, test) in enumerate(tests.items(), start=1):
        if "_tls" in name and not with_tls:
            print(f"ok {number} - {name[5:]} # SKIP weft was built without TLS")
            continue
        try:
            test()
            print(f"ok {number} - {name[5:]}", flush=True)
        except Exception:  # pylint: disable=broad-exception-caught
            failed += 1
            print(f"not ok {number} - {name[5:]}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
    return 1 if failed else 0


def find(program: str, package: str) -> str:
    """Where a program is. Without it there is nothing to test, and that is said."""
    found = shutil.which(program, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if found is None:
        print(f"1..0 # SKIP {program} is missing; install {package}")
        sys.exit(0)
    return found


def equal(left, right) -> None:
    if left != right:
        raise AssertionError(f"{left!r} is not {right!r}")


def contains(text, part) -> None:
    if part not in text:
        raise AssertionError(f"no {part!r} in {text!r}")


@contextlib.contextmanager
def started(*command: str, **options):
    """A program that runs as long as the block; its output is read by the test."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def make_certificate(folder: str) -> tuple[str, str]:
    """The files of a certificate for localhost and 127.0.0.1, which vouches for itself, and of its key."""
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", certificate, "-keyout", key], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate, key
