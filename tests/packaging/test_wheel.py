"""What a user gets from the wheel: three packages, their data, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_the_wheel_holds_three_packages_and_nothing_else(names):
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"geo", "models", "aoi"}


@pytest.mark.slow
def test_every_source_file_and_its_data_are_in_the_wheel(names):
    kinds = {".py", ".toml", ".geojson", ".safetensors", ".html", ".css", ".js", ".qml"}
    for package in ("geo", "models", "aoi"):
        for path in (ROOT / package).rglob("*"):
            if path.suffix in kinds and "__pycache__" not in path.parts:
                assert path.relative_to(ROOT).as_posix() in names


@pytest.mark.slow
def test_type_information_travels_along(names):
    assert {"geo/py.typed", "models/py.typed", "aoi/py.typed"} <= names
