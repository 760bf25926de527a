#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The page of a run, opened in a browser: its numbers are those of the record, and it fits a phone.

usage: page_test.py SAMPLE_REPORTS

SAMPLE_REPORTS writes the reports of a sample run into a folder. The medians and intervals are worked
out here once more, by other means, from run.json. Needs Chromium; without it, the test is skipped.
"""

import html.parser
import json
import math
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SKIPPED = 77
MEASURE = """<script>
const wide = Array.from(document.querySelectorAll("main *"))
  .filter(e => !e.closest(".scroll table") && !e.closest("svg") && !e.closest("pre")
               && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + "." + e.className);
parent.postMessage({
  view: document.documentElement.clientWidth, whole: document.documentElement.scrollWidth, wide,
  fetched: performance.getEntriesByType("resource").map(e => e.name),
  background: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  tones: Array.from({length: 10}, (_, i) => getComputedStyle(
    document.querySelector(".peer-" + i) || document.body).getPropertyValue("--tone").trim()),
}, "*");
</script>"""
# A window is never as narrow as a phone, a frame is.
FRAME = """<!doctype html><body style="margin: 0"><script>
addEventListener("message", got => document.body.dataset.page = JSON.stringify(got.data));
</script><iframe src="{page}" width="{width}" height="800" style="border: 0"></iframe></body>"""


class Page(html.parser.HTMLParser):
    """The cells that carry values, with their text; and the scripts' data."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.data, self.body, self.open = [], "", {}, None
        self.in_data, self.small, self.outside = False, False, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.outside += [attrs[a] for a in ("src", "href") if attrs.get(a, "#")[0] != "#"]
        if tag == "body":
            self.body = attrs
        elif tag == "td":
            self.open = {**attrs, "text": ""} if "data-value" in attrs else None
            if self.open:
                self.cells.append(self.open)
        elif tag == "small":
            self.small = True
        self.in_data = tag == "script" and attrs.get("id") == "data"

    def handle_endtag(self, tag):
        if tag == "td":
            self.open = None
        elif tag == "small":
            self.small = False
        elif tag == "script":
            self.in_data = False

    def handle_data(self, data):
        if self.in_data:
            self.data += data
        if self.open is not None and not self.small:
            self.open["text"] += data


def rendered(page, dark=False):
    """The page's DOM after its scripts ran."""
    with tempfile.TemporaryDirectory() as profile:
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   f"--user-data-dir={profile}", "--window-size=1400,900",
                   f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                   "--virtual-time-budget=10000", "--dump-dom", page.as_uri()]
        got = subprocess.run(command, check=True, timeout=120, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    return Page(got.stdout.decode())


def layout_of(page, width, dark):
    """What MEASURE finds in a window of that width."""
    frame = page.with_name("frame.html")
    frame.write_text(FRAME.format(page=page.name, width=width))
    return json.loads(rendered(frame, dark).body["data-page"])


def rounds_of(run, scenario, size, peer, figure):
    point = next(p for s in run["scenarios"] if s["name"] == scenario for p in s["points"]
                 if p["size"] == size)
    side = next(s for s in point["sides"] if s["peer"] == peer)
    return [None if r is None else r.get(figure) for r in side["rounds"]]


def interval(values):
    """The narrowest symmetric pair of order statistics that holds the median with 95 %."""
    values, n = sorted(values), len(values)
    ranks = [r for r in range(1, n // 2 + 1)
             if 1 - 2 * sum(math.comb(n, k) for k in range(r)) / 2**n >= 0.95]
    rank = max(ranks, default=1)
    return values[rank - 1], values[-rank]


def expected(run, cell):
    place = (run, cell["data-scenario"], int(cell["data-size"]))
    values = rounds_of(*place, cell["data-peer"], cell["data-figure"])
    if cell["data-kind"] != "value":
        ours = rounds_of(*place, "weft", cell["data-figure"])
        values = [a / b for a, b in zip(ours, values) if a and b]
    values = [v for v in values if v is not None]
    return (statistics.median(values), *interval(values))


UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
         "/s": 1, "": 1, "%": 1}


def read(text, unit):
    """What a reader takes from a cell's text, in the figure's own unit."""
    number, shown = re.fullmatch(r"([-\d.,e]+) ?(\S*)", text).groups()
    scale = UNITS[shown] / UNITS[{"us": "µs", "1/s": "/s"}.get(unit, unit)]
    return float(number.replace(",", "")) * scale


class RunPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        subprocess.run([SAMPLE_REPORTS, folder], check=True)
        cls.run_json = json.loads((folder / "run.json").read_text())
        page = (folder / "report.html").read_text()
        measured = folder / "measured.html"
        measured.write_text(page.replace("</body>", MEASURE + "</body>"))
        cls.page = rendered(folder / "report.html")
        cls.layouts = {(width, dark): layout_of(measured, width, dark)
                       for width, dark in ((1280, False), (390, True))}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_record_lies_in_the_page(self):
        self.assertEqual(json.loads(self.page.data), self.run_json)

    def test_every_number_is_that_of_the_record(self):
        cells = self.page.cells
        self.assertGreater(len(cells), 1000)
        self.assertEqual({c["data-kind"] for c in cells}, {"value", "ratio", "overview"})
        for cell in cells:
            exact = [float(cell["data-" + which]) for which in ("value", "low", "high")]
            for got, right in zip(exact, expected(self.run_json, cell)):
                self.assertTrue(math.isclose(got, right, rel_tol=1e-12), cell)

    def test_what_is_read_is_what_is_meant(self):
        units = {(s["name"], f["id"]): f["unit"] for s in self.run_json["scenarios"]
                 for f in s["figures"]}
        for cell in self.page.cells:
            unit = units[cell["data-scenario"], cell["data-figure"]]
            got = read(cell["text"], unit if cell["data-kind"] == "value" else "")
            self.assertTrue(math.isclose(got, float(cell["data-value"]), rel_tol=0.051), cell)

    def test_every_value_of_the_record_is_shown(self):
        shown = {(c["data-scenario"], int(c["data-size"]), c["data-peer"], c["data-figure"])
                 for c in self.page.cells if c["data-kind"] == "value"}
        told = {(s["name"], p["size"], side["peer"], figure)
                for s in self.run_json["scenarios"] for p in s["points"] for side in p["sides"]
                for r in side["rounds"] if r for figure in r}
        self.assertEqual(shown, told)

    def test_it_is_never_wider_than_the_window(self):
        for (width, _), layout in self.layouts.items():
            self.assertLessEqual(layout["whole"], layout["view"])
            self.assertAlmostEqual(layout["view"], width, delta=20)  # a scroll bar
            self.assertEqual(layout["wide"], [])

    def test_nothing_is_fetched(self):
        self.assertEqual(self.page.outside, [])
        for layout in self.layouts.values():
            self.assertEqual(layout["fetched"], [])

    def test_light_and_dark_differ_and_ten_peers_have_ten_colours(self):
        light, dark = self.layouts[1280, False], self.layouts[390, True]
        self.assertNotEqual(light["background"], dark["background"])
        for layout in (light, dark):
            shown = [t for t in layout["tones"] if t]
            self.assertEqual(len(shown), 9)  # gevent is missing in the sample
            self.assertEqual(len(set(shown)), 9)


if __name__ == "__main__":
    SAMPLE_REPORTS = sys.argv.pop(1)
    BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if BROWSER is None:
        print("skipped: no Chromium here; install chromium")
        sys.exit(SKIPPED)
    unittest.main()
