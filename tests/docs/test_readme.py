"""Every command in the README is run, as a new user would, in a folder of its own."""

import json
import os
import re
import subprocess
from pathlib import Path

import geopandas as gpd
import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ACTIVATE = "source .venv/bin/activate"
LINKS = re.compile(r"\]\(((?!https?:)[^)#]+)\)")


def commands():
    lines = "".join(BLOCK.findall((ROOT / "README.md").read_text())).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the checkout's scripts in reach and nothing else."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "home").mkdir()
    return folder


def run(command, desk, *, activated):
    words = command.split()
    if words[0] == "scripts/demo":  # writes into the checkout by default
        words = [str(ROOT / words[0]), str(desk / "demo")]
    elif words[0] == "scripts/test":  # not itself again: only that it installs and collects
        words = [str(ROOT / words[0]), "--collect-only", "-q", "tests/geo/test_tiles.py"]
    venv = str(ROOT / ".venv" / "bin")
    paths = [path for path in os.environ["PATH"].split(os.pathsep) if path != venv]
    path = os.pathsep.join([venv, *paths] if activated else paths)
    env = {**os.environ, "HOME": str(desk / "home"), "PATH": path}
    return subprocess.run(
        words, cwd=desk, env=env, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.mark.slow
def test_the_readme_can_be_followed_line_by_line(desk):
    if not (ROOT / ".venv").is_dir():
        pytest.skip("needs the .venv that scripts/test makes")
    activated = False
    for command in commands():
        if command == ACTIVATE:
            activated = True
            continue
        done = run(command, desk, activated=activated)
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
    told = json.loads((desk / "demo" / "manifest.json").read_text())
    assert told["counts"]["compounds"] >= 1
    compounds = gpd.read_file(desk / "demo" / "stockade.gpkg", layer="compounds")
    best = compounds.loc[compounds["rank"] == 1].iloc[0]
    assert best["site_name"] == "Drawn Park (demo)"  # the walled park, not the look-alikes


def test_the_readme_names_the_two_commands_that_set_everything_up():
    assert commands()[:2] == ["scripts/demo", "scripts/test"]


def test_links_of_the_readme_lead_somewhere():
    for target in LINKS.findall((ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
