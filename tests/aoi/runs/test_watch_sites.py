"""What a watch says of registered sites, look by look, on one drawn compound."""

from datetime import UTC, datetime, timedelta

import shapely
from odc.geo.crs import CRS
from shapely.geometry import Point

from aoi.runs.ledger_watch import LookRow
from aoi.runs.watch_eyes import Sight
from aoi.runs.watch_sites import outcomes_of, spells
from aoi.sites.identity import advance
from aoi.sites.identity_story import Found, Look, Story
from aoi.sites.site import Registry, Site

UTM = CRS("EPSG:32648")
HERE = Point(105, 10)
YARD = shapely.box(499_900, 1_105_300, 500_100, 1_105_600)
SEEN = shapely.box(490_000, 1_095_000, 510_000, 1_115_000)
START = datetime(2026, 1, 1, tzinfo=UTC)


def site(name):
    return Site(id=name, name=name, geometry=HERE, precision_m=300, precision="source")


def watched(outlines, *names):
    """Look at the outlines one after the other; give the rows that the ledger would keep."""
    register = Registry(sites=tuple(map(site, names)))
    story, rows = Story(), []
    for number, outline in enumerate(outlines):
        look = Look(
            key=f"k{number}",
            time=START + timedelta(days=30 * number),
            seen=SEEN,
            found=(Found(id="o", outline=outline),),
        )
        told = advance(story, look)
        sight = Sight(look=look, scores={"o": 0.99})
        rows.append(
            LookRow(
                area="x", key=look.key, taken_at=look.time, body="", names=told.ids,
                sites=outcomes_of(sight, told.ids, story, UTM, register, looks=rows),
            )
        )  # fmt: skip
        story = told.story
    return rows


def outcomes(rows, name):
    return [row.sites["outcomes"][name][0] for row in rows]


def test_a_site_whose_layout_keeps_its_outline_is_unchanged_from_the_second_look_on():
    grown = YARD.buffer(40, join_style="mitre")
    assert outcomes(watched([YARD, YARD, grown], "s"), "s") == [
        "known_seen",
        "known_unchanged",
        "known_seen",
    ]


def test_two_reports_of_one_compound_are_never_told_as_not_detected():
    rows = watched([YARD] * 3, "a", "b")
    assert [spells(rows, name) for name in ("a", "b")] == [[], []]
