"""What a layer, a table and a column are: words that the tables of a run are written in.

A column has a name for machines, a title with its unit for people, and one sentence for a
person who was not there.  The writer, QGIS's styles, the data dictionary and the tests read the
same records, so none of them can say something else.

    Layer(name, geometry, columns) ──► Column(name, kind, unit, meaning, values)

Source: GeoPackage 1.3, ``gpkg_data_columns`` (name, title, description, mime type).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds; everything may be null."""

    TEXT = "text"
    TIME = "time"  # text, ISO 8601, UTC
    REAL = "real"  # 64-bit float
    INTEGER = "integer"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one layer."""

    name: str
    """As in the file; ASCII, lower case, never renamed within a major version."""

    kind: Kind
    """What it holds."""

    unit: str
    """``m``, ``ha``, ``0..1``, …; empty where there is none."""

    meaning: str
    """One sentence."""

    values: Mapping[str, str] = field(default_factory=dict)
    """For a closed list of values: value to the words a person reads."""

    spoken: str = ""
    """The name in words, where the name itself would not do."""

    @property
    def words(self) -> str:
        """The name in words, without its unit."""
        bare = self.name.removesuffix("_m").removesuffix("_m2").removesuffix("_ha")
        return self.spoken or bare.replace("_", " ")

    @property
    def title(self) -> str:
        """What QGIS shows above the column: the name in words, and its unit."""
        return f"{self.words} ({self.unit})" if self.unit else self.words


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of ``stockade.gpkg``."""

    name: str
    """As in the file."""

    geometry: str
    """``Polygon`` or ``LineString``."""

    title: str
    """What a legend prints."""

    meaning: str
    """One sentence."""

    columns: tuple[Column, ...]
    """In the order of the file."""

    parts: bool = False
    """True where an outline may have several parts (MultiPolygon)."""

    bare: bool = False
    """True where a row may have no geometry at all."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV table that a run leaves."""

    name: str
    """Of the file."""

    meaning: str
    """Who leaves it, and what a row is."""

    columns: tuple[Column, ...]
    """In the order of the file."""

    @property
    def names(self) -> tuple[str, ...]:
        """The header."""
        return tuple(column.name for column in self.columns)
