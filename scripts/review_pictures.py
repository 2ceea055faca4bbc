"""Make the pictures of the review page from real runs, so that they show what a reviewer sees.

a scan, or a drawn park scanned     ──► page ──Chromium──► review.jpg, review-ways.jpg
two dates, or a drawn park compared ──► page ──Chromium──► review-change.jpg
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from playwright.sync_api import sync_playwright

from aoi.outputs.glance import glance_at
from aoi.review.serve import prepare
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_tell import run_compare
from aoi.runs.drawn import draw_dates, draw_park
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from aoi.runs.review import open_shelf

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
WINDOW = {"width": 1440, "height": 900}
WAIT = 4000
"""Milliseconds for tiles to come."""


def scanned(desk: Path) -> Path:
    """Scan a drawn park; return the run."""
    park = draw_park(desk)
    run_scan(Request(sources=(str(park.picture),), sites=park.sites, out=desk / "run"))
    return desk / "run"


def compared(desk: Path) -> Path:
    """Compare a drawn park on two days; return the run."""
    dates = draw_dates(desk / "dates")
    run_compare(PairRequest(before=dates.before, after=dates.after, out=desk / "pair"))
    return desk / "pair"


@contextmanager
def served(run: Path) -> Iterator[str]:
    """Serve a copy of a run, in this process; nobody's log is written."""
    ready = prepare(open_shelf([run]), ["ana"], host="127.0.0.1", port=None)
    server = uvicorn.Server(uvicorn.Config(ready.app, log_level="warning", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [ready.socket]})
    thread.start()
    try:
        yield ready.links["ana"]
    finally:
        server.should_exit = True
        thread.join()


def photograph(page: Any, name: str, desk: Path) -> None:
    """Take a picture of the page as it stands."""
    page.wait_for_timeout(WAIT)
    page.screenshot(path=desk / "shot.png")
    glance_at(desk / "shot.png", longest=1440).save(IMAGES / name)


def main() -> None:
    """Make all three."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("The page is photographed with Chromium, which is not installed.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        desk = Path(folder)
        runs = [Path(word).resolve() for word in sys.argv[1:]]
        scan = runs[0] if runs else scanned(desk)
        pair = runs[1] if runs[1:] else compared(desk)
        chromium = tool.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for run, steps in ((scan, _of_a_scan), (pair, _of_a_pair)):
            with served(run) as link:
                page = chromium.new_page(viewport=WINDOW)
                page.goto(link)
                page.wait_for_selector("body[data-chip]", timeout=60_000)
                steps(page, desk)
                page.close()
        chromium.close()


def _of_a_scan(page: Any, desk: Path) -> None:
    photograph(page, "review.jpg", desk)
    page.keyboard.press("l")
    page.wait_for_selector("body[data-ways]", timeout=60_000)
    photograph(page, "review-ways.jpg", desk)


def _of_a_pair(page: Any, desk: Path) -> None:
    page.select_option("#filter", "told_change")
    page.locator("#rows li", has_text="Demolished").first.click()
    photograph(page, "review-change.jpg", desk)


if __name__ == "__main__":
    main()
