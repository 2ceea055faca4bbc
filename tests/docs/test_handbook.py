"""Every command of the handbook is run, page after page, by somebody with an empty home."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aoi.cli import app
from aoi.palette import SCORES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [DOCS / "README.md", *sorted((DOCS / "handbook").glob("*.md"))]
EVERY = sorted({*PAGES, *DOCS.glob("*.md")})
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINKS = re.compile(r"\]\(((?!https?:)[^)#]+)\)")
TYPED = re.compile(r"stockade ([a-z]+)\b")
DEMO = "stockade demo --out demo"


def commands():
    """The lines a reader types, in order."""
    lines = "".join(
        block for page in PAGES for block in BLOCK.findall(page.read_text())
    ).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder, a home, and nothing in either."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "home").mkdir()
    return folder


def park_for_the_demo(desk):
    """Lay a small park where the demo would lie; the README's test draws the real one."""
    from aoi.runs.drawn import draw_park  # noqa: PLC0415 - imports torch

    park = draw_park(desk / "demo")
    shutil.move(park.picture, desk / "demo/place/drawn_5.tif")
    shutil.move(park.sites, desk / "demo/place/drawn_sites_5.geojson")


def run(command, desk):
    venv = ROOT / ".venv" / "bin"
    env = {**os.environ, "HOME": str(desk / "home"), "PATH": f"{venv}:{os.environ['PATH']}"}
    return subprocess.run(
        command.split(),
        cwd=desk, env=env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_handbook_can_be_followed_line_by_line(desk):
    if not (ROOT / ".venv").is_dir():
        pytest.skip("needs the .venv that scripts/test makes")
    for command in commands():
        if command == DEMO:
            park_for_the_demo(desk)
            continue
        done = run(command, desk)
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}{done.stdout[-500:]}"
        assert "Traceback" not in done.stderr
    assert (desk / "first.png").stat().st_size > 10_000
    assert (desk / "first/seal.json").exists()
    assert not list((desk / "first/exports/geoparquet-public").glob("*changes*"))


def test_the_handbook_goes_from_install_to_export():
    told = " ".join(commands())
    steps = ("doctor", "demo", "scan", "explain", "export", "import", "verify")
    places = [told.index(f"stockade {step}") for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "page", sorted({*PAGES, *DOCS.glob("*.md")}), ids=lambda page: page.stem
)
def test_links_lead_somewhere(page):
    for target in LINKS.findall(page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_promises_a_command_that_does_not_exist(page):
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    assert set(TYPED.findall(page.read_text())) <= known


def test_the_table_of_contents_names_every_page_of_the_handbook():
    contents = (DOCS / "README.md").read_text()
    for page in PAGES[1:]:
        assert f"handbook/{page.name}" in contents
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in contents, page.name


def test_the_words_for_scores_are_those_of_the_palette():
    page = (DOCS / "handbook/3-reading-the-score.md").read_text()
    for swatch in SCORES:
        assert f"| {swatch.key} |" in page
        assert f"{swatch.floor:g}" in page or swatch.floor == 0
