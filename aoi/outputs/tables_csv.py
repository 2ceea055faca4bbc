"""The CSV tables that runs leave for spreadsheets: their columns, units and meanings.

``aoi.runs`` writes each header from here, and the data dictionary is made of the same records,
so neither can say something else.  Every column is in every file, also where all of it is
empty.

    LEDGER.names ──► header of ledger.csv        LEDGER.columns ──► docs/data-dictionary.md
"""

from __future__ import annotations

from aoi.outputs.columns import Column, Kind, Table
from aoi.outputs.tables import CHANGE, LAYERS

T, TIME, REAL, INT, BOOL = Kind.TEXT, Kind.TIME, Kind.REAL, Kind.INTEGER, Kind.BOOLEAN

SIDES = {"before": "first", "after": "second"}
"""How a column calls a date, and which one it is."""

_CHANGED = {column.name: column for column in LAYERS["changes"].columns}

_KINDS = [
    (kind, CHANGE[kind])
    for kind in ("unchanged", "built", "demolished", "altered", "not_observable")
]
"""In the order of the columns."""

LEDGER = Table(
    "ledger.csv",
    "`stockade compare` and `audit`: a row a building, with or without a change.",
    (
        Column("number", INT, "", "Row of the ledger, from 1, as the page counts them."),
        _CHANGED["id"],
        Column("building_id", T, "", "Its name in the list of buildings, else one made here."),
        Column("name", T, "", "What the list calls it; empty without a list."),
        Column("zone", T, "", "Zone that the list gives it; empty without one."),
        _CHANGED["kind"],
        *(_CHANGED[name] for name in ("confidence", "last_without", "first_with")),
        *(_CHANGED[name] for name in ("before_scene", "after_scene", "shift_m", "note")),
        Column("area_m2", REAL, "m²", "Area of its outline."),
        *(
            Column(f"roof_{side}", REAL, "0..1", f"Mean score of roof on the {date} date.")
            for side, date in SIDES.items()
        ),
        *(
            Column(f"hidden_{side}", T, "", f"What hid it on the {date} date, if anything.")
            for side, date in SIDES.items()
        ),
        Column("p_unchanged", REAL, "0..1", "Probability that it is unchanged."),
        Column("p_built", REAL, "0..1", "Probability that it was built."),
        Column("p_demolished", REAL, "0..1", "Probability that it was demolished."),
        Column("p_altered", REAL, "0..1", "Probability that it was altered."),
        _CHANGED["compound_id"],
    ),
)

_STANDS = (
    ("seen", REAL, "0..1", "Share of its ground that could be seen on the {} date."),
    ("roofs", INT, "count", "Roofs that stand in it on the {} date."),
    ("roofs_m2", REAL, "m²", "Ground under these roofs on the {} date."),
    ("walls_m", REAL, "m", "Length of walls and fences in it on the {} date."),
    (
        "bare_ha",
        REAL,
        "ha",
        "Bare or disturbed ground in it on the {} date; empty where the net does not tell it.",
    ),
    (
        "enclosed_ha",
        REAL,
        "ha",
        "Area of the compound that was found there on the {} date; empty without one.",
    ),
)
"""What is told of a place on either date."""

PLACES = Table(
    "places.csv",
    "`stockade compare` and `audit`: a row for the whole place and one for each of its "
    "compounds, up to twenty. Only what could be seen is counted.",
    (
        Column("place", T, "", "The whole place, or a compound with its rank."),
        Column("compound_id", T, "", "The compound; empty for the whole place."),
        *(
            Column(f"{name}_{side}", kind, unit, meaning.format(date))
            for name, kind, unit, meaning in _STANDS
            for side, date in SIDES.items()
        ),
        *(
            Column(
                kind, INT, "count", f"Buildings in it that the ledger calls {words.lower()}."
            )
            for kind, words in _KINDS
        ),
    ),
)

EVENTS = Table(
    "events.csv",
    "`stockade monitor`: a row a change of a place, with its bracket of dates.",
    (
        Column("event_id", T, "", "Name of the change: the place and a number."),
        Column("place_id", T, "", "Name of the place."),
        Column("place_name", T, "", "What `--places` calls it; empty without."),
        Column("kind", T, "", "What happened: `built`, `demolished` or `altered`."),
        Column("phases", T, "", "Steps it was seen in, parted by '; '."),
        Column(
            "state", T, "", "How sure it is by now: `provisional`, `confirmed` or `finished`."
        ),
        Column("begun_after", TIME, "", "Last usable look without it."),
        Column("begun_before", TIME, "", "First usable look with it."),
        Column("bracket_days", REAL, "days", "From the one to the other."),
        Column(
            "looks_between", INT, "count", "Usable looks in between that show neither clearly."
        ),
        Column("ended_after", TIME, "", "Last look that shows it unfinished; empty if none."),
        Column("ended_before", TIME, "", "First look that shows it finished; empty if none."),
        Column("before_scene", T, "", "The picture of `begun_after`."),
        Column("after_scene", T, "", "The picture of `begun_before`."),
        Column("confidence", REAL, "0..1", "Estimated probability that the kind is right."),
        Column(
            "effect", REAL, "ratio", "Strength, in the least change that one would call one."
        ),
        Column("looks_with", INT, "count", "Usable looks that show it."),
        Column("series", T, "", "Series that tell of it, parted by '; ', the clearest first."),
        Column("area_ha", REAL, "ha", "Area of the place."),
        Column("note", T, "", "What was seen, in sentences, and what weakens it."),
    ),
)

CURVES = Table(
    "curves.csv",
    "`stockade monitor`: a row a place, series and look. A series fills the measures it has: "
    "pictures the first four, radar its polarisations.",
    (
        Column("place_id", T, "", "Name of the place."),
        Column("series", T, "", "Name of the series: pictures, or radar of one orbit."),
        Column("scene_id", T, "", "The picture."),
        Column("observed_at", TIME, "", "When it was taken."),
        Column("usable", BOOL, "", "False where cloud, shadow or the picture's edge hid it."),
        Column(
            "progress", REAL, "ratio", "How far the change has come: 0 as before, 1 as after."
        ),
        Column("green", REAL, "-1..1", "Difference of infrared (else green) and red by sum."),
        Column("light", REAL, "ln", "Natural logarithm of the mean of red, green and blue."),
        Column("warm", REAL, "ln", "Natural logarithm of red by blue; soil is warm."),
        Column("rough", REAL, "ln", "Spread of `light` over 5 x 5 pixels."),
        *(
            Column(name, REAL, "dB", f"Backscatter, {name.upper()}, mean of 5 x 5 pixels.")
            for name in ("vv", "vh", "hh", "hv")
        ),
    ),
)

TABLES = (LEDGER, PLACES, EVENTS, CURVES)
"""All of them, in the order of the dictionary."""
