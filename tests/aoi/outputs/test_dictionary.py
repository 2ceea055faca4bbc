"""The data dictionary and the writer tell the same story."""

from pathlib import Path

from aoi.outputs.dictionary import dictionary
from aoi.outputs.schema import LAYERS
from aoi.outputs.tables_csv import TABLES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-dictionary.md"


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text("utf-8") == dictionary(), "run scripts/make-data-dictionary"


def test_every_column_stands_on_the_page():
    text = dictionary()
    for layer in (*LAYERS.values(), *TABLES):
        section = text.split(f"## `{layer.name}`")[1].split("\n## ")[0]
        for column in layer.columns:
            assert f"| `{column.name}` |" in section
            assert column.meaning in section
