"""Make the pictures of the handbook from a real run, so that they show what a reader sees.

a finished scan, or a drawn park scanned ──► report.html ──Chromium──► handbook-report.jpg
                                         └─► explain ───────────────► handbook-explain.jpg
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aoi.outputs.explain import account_of
from aoi.outputs.explain_ground import ground_of
from aoi.outputs.explain_picture import write_picture
from aoi.outputs.glance import glance_at
from aoi.runs.drawn import draw_park
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"

WINDOW = (1000, 1500)
"""Pixels of the browser's window: the head of the report, its map and the first card."""


def scanned(desk: Path) -> Path:
    """Scan a drawn park; return the run."""
    park = draw_park(desk)
    run_scan(Request(sources=(str(park.picture),), sites=park.sites, out=desk / "run"))
    return desk / "run"


def photograph(page: Path, path: Path) -> None:
    """Let Chromium show a page and take its picture."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("The report is photographed with Chromium, which is not installed.")
    words = (
        "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu",
        f"--window-size={WINDOW[0]},{WINDOW[1]}", f"--screenshot={path}",
    )  # fmt: skip
    subprocess.run([browser, *words, page.as_uri()], check=True, capture_output=True)


def main() -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        run = Path(sys.argv[1]).resolve() if sys.argv[1:] else scanned(desk)
        os.chdir(run.parent)  # where a scan was begun, its pictures are found again
        photograph(run / "report.html", desk / "report.png")
        glance_at(desk / "report.png", longest=1200).save(IMAGES / "handbook-report.jpg")
        account = account_of(run, "1")
        write_picture(account, ground_of(account), desk / "explain.png")
        glance_at(desk / "explain.png", longest=1200).save(IMAGES / "handbook-explain.jpg")


if __name__ == "__main__":
    main()
