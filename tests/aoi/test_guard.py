"""The package looks whether the short names it stands on are its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def imported(*, first, tmp_path):
    """Import ``aoi`` in a fresh Python that meets the folder ``first`` before ours."""
    code = f"import sys; sys.path[:0] = [{str(first)!r}, {str(ROOT)!r}]; import aoi"
    return subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_our_own_packages_are_let_through(tmp_path):
    done = imported(first=ROOT, tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_stands_in_the_way_is_named(tmp_path):
    stranger = tmp_path / "geo"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('imported a stranger')")
    done = imported(first=tmp_path, tmp_path=tmp_path)
    assert done.returncode == 1
    assert f"found {stranger.resolve()}, which stands in the way" in done.stderr
    assert "imported a stranger" not in done.stderr


def test_a_single_file_that_stands_in_the_way_is_named(tmp_path):
    (tmp_path / "models.py").write_text("")
    done = imported(first=tmp_path, tmp_path=tmp_path)
    assert "needs its own package 'models'" in done.stderr
    assert "models.py" in done.stderr


def test_a_folder_without_code_stands_in_nobodys_way(tmp_path):
    (tmp_path / "geo").mkdir()
    assert imported(first=tmp_path, tmp_path=tmp_path).returncode == 0
