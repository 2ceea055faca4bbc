"""Measure the review page on two thousand layouts, in a real browser.

    python -m tests.aoi.review.measure FOLDER [LAYOUTS]      # prints one line a figure

A run is drawn in FOLDER (a picture of 2 km x 2 km, layouts on a lattice, ten roofs each), the
program is started as a person starts it, and Chromium types.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from shapely.affinity import translate

from aoi.outputs.manifest import input_of, outputs_of, write_manifest
from aoi.outputs.manifest_read import read_manifest
from aoi.outputs.package import write_package
from geo.write import write_cog
from tests.aoi.outputs import drawn
from tests.aoi.review.browser import CHROMIUM, MAIN, Page

SIDE = 4000
VERDICTS = 20
FRAMES = """() => new Promise(done => {
  const list = document.getElementById('rows'), times = [];
  let last = performance.now(), n = 0;
  function step(now) {
    times.push(now - last); last = now; list.scrollTop += 400;
    if (++n < 120) requestAnimationFrame(step); else done(times.slice(1));
  }
  requestAnimationFrame(step);
})"""


def draw(folder, count):
    """Write a run of so many layouts."""
    folder.mkdir(parents=True)
    drawn.write_run(folder, name="Drawn Park")
    rng = np.random.default_rng(3)
    ground = (
        rng.integers(70, 170, (3, SIDE // 8, SIDE // 8), np.uint8).repeat(8, 1).repeat(8, 2)
    )
    grid = drawn.Grid((SIDE, SIDE), Affine(0.5, 0, drawn.EAST, 0, -0.5, drawn.NORTH), drawn.UTM)
    picture = folder.parent / "large.tif"
    blocks = [(slice(0, SIDE), slice(0, SIDE), ground)]
    write_cog(picture, ((r, c, p) for r, c, p in blocks), grid=grid, band_names=("r", "g", "b"))
    layers = drawn.layers(name="Drawn Park")
    park = layers["compounds"].iloc[:1]
    roofs = layers["buildings"][:3]
    step = int(np.ceil(count**0.5))
    names = [f"c-{n:010x}" for n in range(count)]
    offs = [((n % step) * 1900 / step, -(n // step) * 1900 / step) for n in range(count)]
    shapes = [translate(park.geometry.iloc[0].buffer(-40), *off) for off in offs]
    compounds = gpd.GeoDataFrame(pd.concat([park] * count, ignore_index=True), crs=drawn.UTM)
    compounds = compounds.set_geometry(gpd.GeoSeries(shapes, crs=drawn.UTM)).assign(
        id=names, rank=np.arange(1, count + 1), score=np.linspace(0.99, 0.01, count),
        scene_id="large",
    )  # fmt: skip
    many = pd.concat([roofs] * count, ignore_index=True)
    moved = [translate(s, *offs[n // 3]) for n, s in enumerate(many.geometry)]
    buildings = gpd.GeoDataFrame(many.drop(columns="geometry"), geometry=moved, crs=drawn.UTM)
    buildings = buildings.assign(id=[f"b-{n}" for n in range(len(buildings))])
    write_package(
        folder / "stockade.gpkg", {"compounds": compounds, "buildings": buildings}, drawn.UTM
    )
    manifest = read_manifest(folder / "manifest.json")
    seen = input_of(picture, scene_id="large", observed_at="2025-11-03T03:20:00Z", gsd_m=0.5)
    write_manifest(
        folder / "manifest.json",
        replace(manifest, inputs=(seen,), outputs=outputs_of(folder)),
    )


def measure(folder):
    """Start the program and type."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here

    clock = time.perf_counter
    began = clock()
    program = subprocess.Popen(
        [sys.executable, "-c", MAIN, "review", str(folder), "--by", "ana", "--port", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    link = program.stdout.readline().split(": ", 1)[1].strip()
    yield "program started, link printed", clock() - began
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        began = clock()
        ana = Page(browser, link)
        yield "link opened to queue and first words", clock() - began
        ana.page.wait_for_selector("body[data-chip]", timeout=60_000)
        yield "link opened to first chip", clock() - began
        ana.page.wait_for_timeout(3000)
        times = []
        for n in range(VERDICTS):
            before = ana.shown()
            began = clock()
            ana.page.keyboard.press("123"[n % 3])
            ana.until("before => document.body.dataset.chip !== before", before)
            ana.settled()
            times.append(clock() - began)
            ana.page.wait_for_timeout(400)  # a reviewer looks; the next chip is fetched ahead
        yield "key to next layout with its chip, median", float(np.median(times))
        yield "the slowest of them", max(times)
        frames = np.array(ana.page.evaluate(FRAMES)) / 1000
        yield "frame while scrolling the queue, median", float(np.median(frames))
        yield "95 of 100 frames under", float(np.quantile(frames, 0.95))
        browser.close()
    program.terminate()
    program.wait()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if not place.exists():
        draw(place, int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
    for what, seconds in measure(place):
        sys.stdout.write(f"{what}: {seconds:.3f} s\n")
