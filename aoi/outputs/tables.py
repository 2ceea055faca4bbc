"""What a run leaves behind, as a table: seven layers, their columns, units and meanings.

Column names do not change within a major version.  A title is what QGIS shows above a column,
with its unit; a meaning is one sentence for a person who was not there.

    LAYERS["compounds"].columns ──► Column(name, kind, unit, meaning)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aoi.outputs.columns import Column, Kind, Layer
from aoi.palette import CHANGES, OUTCOMES
from aoi.verdicts import CHANGE_LOOKS, CHANGE_VERDICTS, CORROBORATION, LOOKS, VERDICTS

T, TIME, REAL, INT, BOOL = Kind.TEXT, Kind.TIME, Kind.REAL, Kind.INTEGER, Kind.BOOLEAN

SCENE = Column("scene_id", T, "", "The picture it was seen in.")
OBSERVED = Column("observed_at", TIME, "", "When that picture was taken; empty if not known.")
COMPOUND = Column("compound_id", T, "", "The compound it belongs to; empty if none.")
CLOSURE = Column("closure", REAL, "0..1", "Share of the perimeter that a wall or a roof bars.")
GAP = Column(
    "largest_gap_m", REAL, "m", "Widest opening in the perimeter.", spoken="widest gap"
)
CUT = Column(
    "cut_by_edge",
    BOOL,
    "",
    "True where the outline reaches the edge of what was seen: then nobody knows whether it "
    "closes.",
)
ENCLOSURE = Column(
    "enclosure",
    REAL,
    "0..1",
    "Strength of the weakest wall one must cross to leave, above that of the ground inside.",
)

STANDS = Column(
    "corroboration",
    T,
    "",
    "How well the verdict stands: by imagery alone, or beside other sources.",
    CORROBORATION,
)

EVIDENCE = (
    ENCLOSURE,
    CLOSURE,
    GAP,
    Column("gates", INT, "count", "Gaps in the perimeter from 2 m to the width of a gate."),
    Column(
        "double_perimeter",
        REAL,
        "0..1",
        "Share of the perimeter along which a second wall runs.",
    ),
    CUT,
    Column("area_ha", REAL, "ha", "Ground inside the outer perimeter."),
    Column("buildings", INT, "count", "Roofs inside the perimeter."),
    Column("built_share", REAL, "0..1", "Share of the ground inside that is roofed."),
    Column(
        "roof_size_cv",
        REAL,
        "ratio",
        "Spread of roof areas, standard deviation over mean; low where roofs repeat.",
        spoken="spread of roof sizes",
    ),
    Column(
        "row_parallelism",
        REAL,
        "0..1",
        "How far roofs share one direction; 1 where all are parallel or square to each other.",
        spoken="roofs in one direction",
    ),
    Column(
        "spacing_cv",
        REAL,
        "ratio",
        "Spread of the distances between neighbouring roofs; low where blocks stand in step.",
        spoken="spread of spacing",
    ),
    Column(
        "long_block_share",
        REAL,
        "0..1",
        "Share of the roofed ground in long blocks: 20 m or more, three times as long as wide.",
        spoken="in long blocks",
    ),
    Column(
        "courtyard_share",
        REAL,
        "0..1",
        "Share of the ground that buildings alone close in.",
        spoken="in courtyards",
    ),
    Column(
        "isolation_m",
        REAL,
        "m",
        "Distance to the nearest building outside, up to 500 m.",
        spoken="nearest neighbour",
    ),
)
"""What was measured of a compound; the score reads these and nothing else."""

OUTCOME = {swatch.key: swatch.name for swatch in OUTCOMES}

COMPOUNDS = Layer(
    "compounds",
    "Polygon",
    "Compound-like layouts",
    "Walled-compound-like layouts, for review; a row says what a place looks like, never what "
    "it is.",
    (
        Column("id", T, "", "Stable name of the layout."),
        Column("rank", INT, "", "Place in the queue, 1 is the strongest likeness."),
        Column(
            "score",
            REAL,
            "0..1",
            "Calibrated probability that a reviewer would call the layout a walled compound.",
        ),
        *EVIDENCE,
        Column(
            "reasons",
            T,
            "",
            "Why the score is what it is: one sentence a line, strongest first, each ending in "
            "': +' or ': -'.",
        ),
        Column(
            "cannot_tell",
            T,
            "",
            "Empty, or the sentence that says why no judgement is possible; the score then "
            "does not count.",
        ),
        Column("outcome", T, "", "What matching with the register of sites gave.", OUTCOME),
        Column("site_id", T, "", "The registered site it may be; empty if none."),
        Column("site_name", T, "", "Name of that site in the register."),
        Column(
            "match_distance_m", REAL, "m", "Distance from the layout to that site; 0 inside."
        ),
        Column("match_note", T, "", "The sentence that says how sure the match is, and why."),
        SCENE,
        OBSERVED,
        Column("gsd_m", REAL, "m", "Ground sample distance of that picture: metres a pixel."),
        Column("model", T, "", "Name and version of the model that judged the pixels."),
        Column("run_id", T, "", "The run that found it."),
        Column(
            "verdict", T, "", "What a reviewer decided; empty until somebody did.", VERDICTS
        ),
        Column("kind", T, "", "What the place looks like to the reviewer.", LOOKS),
        STANDS,
        Column("note", T, "", "Why, in the reviewer's words."),
    ),
)

BUILDINGS = Layer(
    "buildings",
    "Polygon",
    "Buildings",
    "Roof outlines, inside compounds and around them.",
    (
        Column("id", T, "", "Name of the roof within the run."),
        COMPOUND,
        Column("score", REAL, "0..1", "Mean probability to be roof, within its edges."),
        Column("area_m2", REAL, "m²", "Area of the outline."),
        SCENE,
        OBSERVED,
    ),
)

WALLS = Layer(
    "walls",
    "LineString",
    "Walls and fences",
    "Centre lines of what reads as a wall or a fence from above.",
    (
        Column("id", T, "", "Name of the line within the run."),
        COMPOUND,
        Column("score", REAL, "0..1", "Mean probability of its pixels to be wall or fence."),
        Column("length_m", REAL, "m", "Length of the line."),
    ),
)

YARDS = Layer(
    "yards",
    "Polygon",
    "Enclosed ground",
    "Ground that one cannot leave but by a gate.",
    (
        Column("id", T, "", "Name of the yard within the run."),
        COMPOUND,
        ENCLOSURE,
        CLOSURE,
        GAP,
        CUT,
        Column("area_m2", REAL, "m²", "Ground inside, inner yards and buildings included."),
    ),
)

CHANGE = {swatch.key: swatch.name for swatch in CHANGES}

CHANGED = Layer(
    "changes",
    "Polygon",
    "Changes",
    "What was built, altered or torn down, always between two dates.",
    (
        Column("id", T, "", "Name of the change within the run."),
        Column("building_id", T, "", "The building it happened to."),
        COMPOUND,
        Column("kind", T, "", "What happened.", CHANGE),
        Column("confidence", REAL, "0..1", "Calibrated probability that the kind is right."),
        Column("last_without", TIME, "", "Last date on which it had not happened yet."),
        Column("first_with", TIME, "", "First date on which it had happened."),
        Column("before_scene", T, "", "The picture of the first date."),
        Column("after_scene", T, "", "The picture of the second date."),
        Column("shift_m", REAL, "m", "How far the two pictures were moved onto each other."),
        Column("note", T, "", "Anything a reader must know before quoting it."),
        Column(
            "verdict",
            T,
            "",
            "Whether a reviewer found it as told; empty until somebody looked.",
            CHANGE_VERDICTS,
        ),
        Column("seen_as", T, "", "What the two dates show to the reviewer.", CHANGE_LOOKS),
        STANDS,
        Column("verdict_note", T, "", "Why, in the reviewer's words."),
    ),
    parts=True,
)

SITES = Layer(
    "sites",
    "Polygon",
    "Registered sites",
    "Sites named by public sources, as discs as wide as their position is uncertain, or as "
    "outlines.",
    (
        Column("id", T, "", "Name of the site in the register."),
        Column("name", T, "", "What the sources call it."),
        Column("aliases", T, "", "Other names, parted by '; '."),
        Column("status", T, "", "What public sources say of it, in one word."),
        Column("outcome", T, "", "What this run can say of it.", OUTCOME),
        Column("precision_m", REAL, "m", "Radius within which the site is said to lie."),
        Column("compound_ids", T, "", "Compounds matched with it, parted by '; '."),
        Column("sources", T, "", "Where the report stands, parted by '; '."),
        Column("note", T, "", "The sentence that says why the outcome is what it is."),
    ),
    parts=True,
    bare=True,
)

COVERAGE = Layer(
    "coverage",
    "Polygon",
    "What was looked at",
    "Ground that was looked at and ground that was not, tile by tile, with the reason.",
    (
        Column(
            "tile_id",
            T,
            "",
            "Stable name of the tile; what was not seen of it ends in -unseen.",
        ),
        SCENE,
        OBSERVED,
        Column("valid_share", REAL, "0..1", "Share of this ground that was judged."),
        Column(
            "cloud_share", REAL, "0..1", "Share under cloud or its shadow; empty if unknown."
        ),
        Column("reason", T, "", "Why ground was not judged; empty where it was."),
    ),
    parts=True,
)

LAYERS: Mapping[str, Layer] = MappingProxyType(
    {
        layer.name: layer
        for layer in (COMPOUNDS, BUILDINGS, WALLS, YARDS, CHANGED, SITES, COVERAGE)
    }
)
"""Every layer of ``stockade.gpkg``, by name, in the order of the file."""

REVIEWED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "compounds": {
            "verdict": "verdict",
            "kind": "kind",
            "corroboration": "corroboration",
            "note": "note",
        },
        "changes": {
            "verdict": "verdict",
            "kind": "seen_as",
            "corroboration": "corroboration",
            "note": "verdict_note",
        },
    }
)
"""Layers that people judge: word of the decision log to the column that shows it.  A change has
a kind and a note of its own, so the reviewer's are called otherwise there."""
