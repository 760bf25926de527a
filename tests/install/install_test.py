#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Installs the build into an empty folder and uses it from there, with no other knowledge than pkg-config's answer.

usage: install_test.py BUILD_DIR INCLUDE_DIR CONSUMER.cpp INTERPOSED.cpp COMPILER...

INCLUDE_DIR is the folder of the public headers in the source tree, to compare with what gets installed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[1] / "headers"))
from alone import FOREIGN  # noqa: E402

BUILD, PUBLIC, CONSUMER, INTERPOSED, *COMPILER = sys.argv[1:]

# The names that a shared library of one namespace may export: weft's functions, variables and templates (_ZN4weft...),
# and what the compiler makes for its classes (tables, type information, thunks, guards).
OURS = re.compile(r"_Z(T[VISTCWHhvc]\w*?|G[VR])?N[KVRO]*4weft")


def run(*command: str, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(command, env={**os.environ, **environment}, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = Path(tempfile.mkdtemp(prefix="weft-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.root = cls.scratch / "root"
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", str(cls.root))
        cls.library = cls.only("libweft.so")
        cls.pc = cls.only("weft.pc")

    @classmethod
    def only(cls, name: str) -> Path:
        found = list(cls.root.rglob(name))
        assert len(found) == 1, f"{name} installed {len(found)} times: {found}"
        return found[0]

    def pkg_config(self, *arguments: str, package: str = "weft") -> list[str]:
        """The words that pkg-config answers when ours are the only ones it can see."""
        return run("pkg-config", *arguments, package, PKG_CONFIG_LIBDIR=str(self.pc.parent), PKG_CONFIG_PATH="",
                   PKG_CONFIG_SYSROOT_DIR=str(self.root), PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1",
                   PKG_CONFIG_ALLOW_SYSTEM_LIBS="1").split()

    def dynamic(self, tag: str) -> list[str]:
        return re.findall(rf"\({tag}\).*\[(.*)\]", run("readelf", "--dynamic", "--wide", str(self.library), LC_ALL="C"))

    def test_consumer_compiles_links_and_runs(self) -> None:
        program = self.scratch / "consumer"
        run(*COMPILER, "-Wall", "-Wextra", "-Wpedantic", "-Werror", CONSUMER, "-o", str(program),
            *self.pkg_config("--cflags", "--libs"))
        run(str(program), LD_LIBRARY_PATH=str(self.library.parent))

    def test_consumer_of_libc_s_names(self) -> None:
        program = self.scratch / "interposed"
        run(*COMPILER, "-Wall", "-Werror", "-Wl,--as-needed", INTERPOSED, "-o", str(program),
            *self.pkg_config("--cflags", "--libs", package="weft-interpose"))
        run(str(program), LD_LIBRARY_PATH=str(self.library.parent))

    def test_weft_run_finds_its_library(self) -> None:
        echo = run(str(self.only("weft-run")), "sh", "-c", "echo $PPID $0", LD_LIBRARY_PATH=str(self.library.parent))
        self.assertEqual(echo, f"{os.getpid()} sh\n")

    def test_consumer_needs_no_foreign_header(self) -> None:
        rule = run(*COMPILER, "-M", CONSUMER, *self.pkg_config("--cflags"))
        self.assertEqual([f for f in re.split(r"[\s\\]+", rule) if FOREIGN.search(f)], [])

    def test_consumer_links_no_foreign_library(self) -> None:
        self.assertEqual([word for word in self.pkg_config("--libs") if re.match(r"-l(?!weft$)", word)], [])

    def test_every_public_header_is_installed(self) -> None:
        installed = self.only("weft.hpp").parents[1]
        self.assertEqual(sorted(h.relative_to(installed) for h in installed.rglob("*.hpp")),
                         sorted(h.relative_to(PUBLIC) for h in Path(PUBLIC).rglob("*.hpp")))

    def test_soname(self) -> None:
        self.assertEqual(self.dynamic("SONAME"), ["libweft.so.0"])
        self.assertTrue((self.library.parent / "libweft.so.0").exists())

    def test_boost_is_not_needed_to_run(self) -> None:
        self.assertEqual([name for name in self.dynamic("NEEDED") if "boost" in name], [])

    def test_exports_are_of_namespace_weft(self) -> None:
        exported = [line.split()[-2:] for line in run("nm", "-D", "--defined-only", str(self.library)).splitlines()]
        names = [name for kind, name in exported if kind != "A"]   # A: the node of the version script
        strangers = [name.split("@")[0] for name in names if not OURS.match(name)]
        readable = run("c++filt", *strangers).splitlines() if strangers else []
        self.assertEqual(readable, [])
        self.assertTrue(names)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
