"""Run each notebook in an empty folder and write back what it shows, without the hour.

notebooks/*.ipynb ──► nbclient, a folder of its own ──► the same cells with their outputs
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def run(path: Path) -> None:
    """Run one notebook."""
    notebook = nbformat.read(path, as_version=4)
    os.environ["PYTHONWARNINGS"] = "ignore"  # of rooms that are not ours, in the kernel
    with tempfile.TemporaryDirectory() as desk:
        words = {"metadata": {"path": desk}}
        NotebookClient(notebook, timeout=600, resources=words, record_timing=False).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}  # not which patch version ran it
    nbformat.write(notebook, path)


def main() -> None:
    """Run those named, or all."""
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb"))):
        sys.stderr.write(f"{path.name}\n")
        run(path)


if __name__ == "__main__":
    main()
