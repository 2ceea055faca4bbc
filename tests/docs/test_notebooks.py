"""Every notebook is run from top to bottom, in an empty folder, as a reader would."""

import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))

STORIES = 4
"""A first scan, a claim, an area and its dates, labels of one's own."""


def cells(path):
    """The cells of a notebook that hold code."""
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """The kinds of things a cell shows."""
    return {kind for output in cell.outputs for kind in output.get("data", {})}


def test_there_are_four_stories():
    assert len(NOTEBOOKS) == STORIES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_with_its_pictures_and_without_logic_of_its_own(path):
    kept = cells(path)
    assert any(shown(cell) & {"image/jpeg", "image/png"} for cell in kept)
    assert path.stat().st_size < 1_500_000
    assert not any(
        word in cell.source for cell in kept for word in ("def ", "class ", "lambda")
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_nobodys_home_and_not_the_hour(path):
    text = path.read_text("utf-8")
    assert str(Path.home()) not in text
    assert "execution" not in nbformat.read(path, as_version=4).cells[1].metadata
    assert tempfile.gettempdir() not in text


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Jupyter's own rooms; the kernel is another process
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_an_empty_folder_and_shows_what_it_showed(
    path, tmp_path, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # of rooms that are not ours
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    notebook = nbformat.read(path, as_version=4)
    desk = tmp_path / "desk"
    desk.mkdir()
    words = {"metadata": {"path": str(desk)}}
    NotebookClient(notebook, timeout=600, resources=words).execute()
    again = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [shown(cell) for cell in again] == [shown(cell) for cell in cells(path)]
    complaints = [
        output.text
        for cell in again
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert complaints == []
    assert any(desk.iterdir())
