"""Which layouts may be which sites, drawn in local metres small enough to check by eye.

A layout is a square of 100 m unless said; a site is a disc about its point.
"""

import dataclasses

import numpy as np
import pytest
from odc.geo.crs import CRS
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from aoi.area import LONLAT, find_area
from aoi.sites.match import looked_at, match
from aoi.sites.registry import load_sites
from aoi.sites.site import Registry, Site
from geo.errors import InputError, UnitsError
from tests.aoi.sites.drawn_sites import WORLD, layouts, note, outcomes, sites, square, tied


def test_a_layout_in_a_small_disc_may_be_the_site():
    found = match(layouts(("c", 150, 0)), sites(("s", 0, 0, 120)), WORLD)
    row = found.compounds.iloc[0]
    assert (row.outcome, row.site_id, row.site_name) == ("known_seen", "s", "Site s")
    assert row.match_distance_m == 100  # from the point to the near wall, not to the middle
    assert row.match_note == (
        "May be Site s: 100 m from its registered point (precision 120 m); the only layout "
        "that fits it."
    )
    [site] = found.sites.itertuples()
    assert (site.outcome, site.compound_ids) == ("known_seen", "c")
    assert site.note.startswith("c may be it: 100 m from its registered point")


def test_a_layout_just_outside_the_disc_is_new_and_the_site_not_detected():
    found = match(layouts(("c", 171, 0)), sites(("s", 0, 0, 120)), WORLD)
    assert found.compounds.iloc[0].outcome == "new"
    assert note(found, "c") == "On no ground of the register."
    assert np.isnan(found.compounds.iloc[0].match_distance_m)
    assert outcomes(found) == {"s": "known_not_detected"}
    assert "cannot be told" in note(found, "s")


def test_the_nearer_of_two_is_taken_and_the_other_counted():
    found = match(layouts(("a", 100, 0), ("b", 60, 0)), sites(("s", 0, 0, 120)), WORLD)
    assert tied(found) == {"b": "s"}
    assert note(found, "a") == "Also fits Site s, which b fits better."
    assert "1 other layout fits it too" in note(found, "b")
    assert "1 other layout fits it too" in note(found, "s")


def test_the_likelier_of_two_at_one_distance_is_taken():
    found = match(
        layouts(("a", 60, 0, 0.3), ("b", -60, 0, 0.8)), sites(("s", 0, 0, 120)), WORLD
    )
    assert tied(found) == {"b": "s"}


def test_of_two_likely_ones_the_likelier_is_taken():
    found = match(
        layouts(("a", 60, 0, 0.6), ("b", -60, 0, 0.9)), sites(("s", 0, 0, 120)), WORLD
    )
    assert tied(found) == {"b": "s"}


def test_rows_come_back_in_the_order_and_with_the_index_of_the_caller():
    mine = layouts(("c", 0, 0), ("a", 1000, 0), ("b", 2000, 0)).set_axis([7, 8, 7])
    found = match(mine, sites(("s", 0, 0, 120)), WORLD).compounds
    assert found["id"].tolist() == ["c", "a", "b"]
    assert found["outcome"].tolist() == ["known_seen", "new", "new"]
    assert found.index.tolist() == [7, 8, 7]


def test_a_town_ends_where_its_disc_does():
    rows = [(f"c{x}", x, 0) for x in (7960, 8040, 8060)]  # half of each is 50 m
    rows += [("corner", 5720, 5720), ("in", 5650, 5650)]  # 8.09 km and 7.99 km to the middle
    found = match(layouts(*rows), sites(("s", 0, 0, 8000, "place")), WORLD)
    near = found.compounds.set_index("id")["match_note"].str.startswith("In the 8 km disc")
    assert near.to_dict() == {
        "c7960": True,
        "c8040": True,
        "c8060": False,
        "corner": False,
        "in": True,
    }


def test_in_the_far_north_degrees_of_longitude_are_short():
    crs = CRS("EPSG:32633")
    site = Site(
        id="s", name="S", geometry=Point(15.2, 70), precision_m=8000, precision="place"
    )  # 7.6 km east of the picture's middle, where a degree is 38 km
    ground = find_area("14.999,69.999,15.001,70.001").to(crs)
    found = match(layouts(crs=crs.proj), Registry(sites=(site,)), ground)
    assert (len(found.sites), found.outside) == (1, 0)


def test_the_smaller_disc_has_the_better_claim_on_one_layout():
    found = match(
        layouts(("c", 100, 0)), sites(("big", 100, 0, 1900), ("small", 0, 0, 120)), WORLD
    )
    assert tied(found) == {"c": "small"}
    assert "this layout also fits Site big" in note(found, "c")
    assert outcomes(found) == {"big": "known_not_observable", "small": "known_seen"}
    assert note(found, "big").startswith("c fits it too, but Site small better")


def test_of_two_reports_of_one_compound_neither_is_not_detected():
    found = match(layouts(("c", 0, 0)), sites(("a", 0, 0, 300), ("b", 0, 0, 300)), WORLD)
    assert outcomes(found) == {"a": "known_seen", "b": "known_not_observable"}
    assert "Whether both are one place, or this one is gone, cannot be told." in note(
        found, "b"
    )


def test_a_site_gives_way_where_it_has_another_layout():
    found = match(
        layouts(("mid", 0, 0), ("left", -130, 0)),
        sites(("a", -20, 0, 120), ("b", 60, 0, 40)),
        WORLD,
    )
    assert tied(found) == {"mid": "b", "left": "a"}


def test_a_junk_layout_is_not_handed_out_to_free_a_good_one():
    found = match(
        layouts(("good", 0, 0, 0.95), ("junk", 140, 0, 0.1)),
        sites(("a", 0, 0, 100), ("b", 0, 140, 100)),
        WORLD,
    )
    assert tied(found) == {"good": "a"}


def test_a_faint_likeness_is_told_and_not_tied():
    found = match(layouts(("c", 0, 0, 0.04)), sites(("s", 0, 0, 120)), WORLD)
    assert tied(found) == {}
    assert (
        note(found, "c")
        == "On the ground of Site s, but too weak a likeness (score 0.04) for it."
    )
    assert outcomes(found) == {"s": "known_not_detected"}


def test_a_weak_likeness_is_tied_and_said_to_be_weak():
    found = match(layouts(("c", 0, 0, 0.3)), sites(("s", 0, 0, 120)), WORLD)
    assert tied(found) == {"c": "s"}
    assert "a weak likeness (score 0.30)" in note(found, "c")


def test_a_layout_that_cannot_be_judged_counts_as_the_weakest():
    found = match(layouts(("c", 0, 0, float("nan"))), sites(("s", 0, 0, 120)), WORLD)
    assert tied(found) == {}


@pytest.mark.parametrize(
    ("precision", "words"),
    [
        ("place", "a town with reports"),
        ("area", "an area with reports"),
        ("source", "a zone with reports"),
        ("province", "a province with reports"),
    ],
)
def test_a_wide_disc_is_a_neighbourhood_and_no_identification(precision, words):
    found = match(layouts(("c", 100, 0)), sites(("s", 0, 0, 8000, precision)), WORLD)
    assert found.compounds.iloc[0].outcome == "new"
    assert tied(found) == {}
    assert note(found, "c") == f"In the 8 km disc of Site s, {words}; not an identification."


def test_a_town_of_any_size_identifies_nothing():
    found = match(layouts(("c", 0, 0)), sites(("s", 0, 0, 50, "place")), WORLD)
    assert tied(found) == {}


@pytest.mark.parametrize(("radius", "ties"), [(1999.0, 1), (2000.0, 0)])
def test_two_kilometres_are_too_wide_to_identify(radius, ties):
    assert len(tied(match(layouts(("c", 0, 0)), sites(("s", 0, 0, radius)), WORLD))) == ties


def test_a_town_with_likely_layouts_is_seen_and_says_what_is_unknown():
    found = match(
        layouts(("weak", 0, 0, 0.49), ("a", 900, 0, 0.5), ("b", 0, 900, 0.8)),
        sites(("s", 0, 0, 8000, "place")),
        WORLD,
    )
    assert outcomes(found) == {"s": "known_seen"}
    assert found.sites.iloc[0].compound_ids == "b; a"  # the strongest first
    assert note(found, "s") == (
        "2 layouts lie in its 8 km disc; which building the reports mean is unknown."
    )


def test_a_town_with_faint_layouts_only_is_not_detected():
    found = match(layouts(("c", 0, 0, 0.49)), sites(("s", 0, 0, 8000, "place")), WORLD)
    assert outcomes(found) == {"s": "known_not_detected"}
    assert "town with reports" in note(found, "c")


def test_no_more_than_ten_layouts_are_named_for_a_town():
    many = layouts(*((f"c{n:02d}", 200 * n, 0, 0.5 + n / 100) for n in range(14)))
    found = match(many, sites(("s", 0, 0, 8000, "place")), WORLD)
    assert found.sites.iloc[0].compound_ids.split("; ") == [
        f"c{n:02d}" for n in range(13, 3, -1)
    ]
    assert note(found, "s").startswith("14 layouts lie in")


def test_the_smallest_of_several_towns_speaks_and_the_rest_are_counted():
    found = match(
        layouts(("c", 0, 0)),
        sites(
            ("a", 0, 0, 8000, "place"), ("b", 0, 0, 4000, "place"), ("c2", 0, 0, 9000, "place")
        ),
        WORLD,
    )
    assert note(found, "c") == (
        "In the 4 km disc of Site b, a town with reports; not an identification. 2 other "
        "reported sites share this ground."
    )


def test_a_province_can_neither_be_shown_nor_ruled_out():
    for found in (layouts(("c", 0, 0)), layouts()):
        told = match(found, sites(("s", 0, 0, 20_000, "province")), WORLD)
        assert outcomes(told) == {"s": "known_not_observable"}


def test_an_outline_is_matched_by_what_both_cover():
    outline = box(0, 0, 1000, 1000)
    found = match(
        layouts(("in", box(100, 100, 400, 400), 0.6), ("half", box(900, 0, 1100, 200), 0.9)),
        sites(("s", outline)),
        WORLD,
    )
    assert tied(found) == {"in": "s"}
    assert "overlaps its registered outline by 100 %" in note(found, "in")
    assert found.compounds.set_index("id").loc["in"].match_distance_m == 0


def test_a_neighbour_that_shares_a_wall_is_not_the_site():
    for east in (1000, 995):  # touching, and a sliver of 5 %
        found = match(
            layouts(("c", box(east, 0, east + 100, 100), 0.9)),
            sites(("s", box(0, 0, 1000, 1000))),
            WORLD,
        )
        assert tied(found) == {}


@pytest.mark.parametrize(
    ("seen", "outcome", "words"),
    [
        (WORLD, "known_not_detected", "All of its ground was looked at"),
        (box(-80, -200, 200, 200), "known_not_detected", "95 % of its ground"),
        (box(-50, -200, 200, 200), "known_not_observable", "Only 80 % of its ground"),
        (box(200, 200, 300, 300), "known_not_observable", "was not looked at"),
        (Polygon(), "known_not_observable", None),
        (None, "known_not_observable", "is not known"),
    ],
)
def test_not_detected_is_said_only_of_ground_that_was_looked_at(seen, outcome, words):
    found = match(layouts(), sites(("s", 0, 0, 100)), seen, outside=True)
    assert outcomes(found) == {"s": outcome}
    assert words is None or words in note(found, "s")


def test_a_site_found_on_ground_half_seen_says_so():
    found = match(layouts(("c", 0, 0)), sites(("s", 0, 0, 100)), box(0, -200, 200, 200))
    assert outcomes(found) == {"s": "known_seen"}
    assert note(found, "s").endswith("Only 50 % of its ground was looked at.")


def test_the_share_looked_at_is_that_of_the_disc():
    disc = Point(0, 0).buffer(100)
    ring = MultiPolygon([box(-100, -100, 0, 100), box(500, 0, 600, 100)])
    shares = looked_at(np.array([disc, box(500, 0, 600, 100), box(900, 0, 901, 1)]), ring)
    assert shares == pytest.approx([0.5, 1.0, 0.0], abs=1e-6)


def test_a_site_whose_layout_has_not_moved_is_unchanged():
    register = sites(("s", 0, 0, 120), ("t", 1000, 0, 120))
    first = match(layouts(("c", 0, 0), ("d", 1000, 0)), register, WORLD)
    before = layouts(("c", 0, 0), ("d", 1000, 0)).merge(first.compounds, on="id")
    now = layouts(("e", 2, 0), ("f", 1020, 0))
    found = match(now, register, WORLD, previous=before)
    assert outcomes(found) == {"s": "known_unchanged", "t": "known_seen"}
    assert found.compounds["outcome"].tolist() == ["known_unchanged", "known_seen"]
    assert "overlap 96 %" in note(found, "s")
    assert "was not compared" in note(found, "s")


def test_a_first_run_has_nothing_to_be_unchanged_from():
    found = match(
        layouts(("c", 0, 0)), sites(("s", 0, 0, 120)), WORLD, previous=layouts(("c", 0, 0))
    )
    assert outcomes(found) == {"s": "known_seen"}


def test_sites_far_away_are_counted_and_listed_when_asked_for():
    register = sites(("near", 0, 0, 100), ("far", 90_000, 0, 100))
    nowhere = Site(id="nowhere", name="Nowhere")
    register = dataclasses.replace(register, sites=(*register.sites, nowhere))
    found = match(layouts(("c", 0, 0)), register, WORLD)
    assert (list(outcomes(found)), found.outside, found.unplaced) == (["near"], 1, 1)
    found = match(layouts(("c", 0, 0)), register, WORLD, outside=True)
    assert list(outcomes(found)) == ["near", "far", "nowhere"]
    assert note(found, "far") == "Outside the imagery."
    assert note(found, "nowhere").startswith("Registered without a place")
    assert found.sites.set_index("id").geometry["nowhere"] is None


def test_a_site_just_outside_the_imagery_is_told_of():
    found = match(layouts(), sites(("s", 51_000, 0, 50), ("t", 51_100, 0, 50)), WORLD)
    assert outcomes(found) == {"s": "known_not_observable"}
    assert found.outside == 1


def test_the_bundled_register_meets_a_picture_of_kk_park_and_of_nothing_else():
    crs = CRS("EPSG:32647")
    ground = find_area("kk-park").to(crs)
    spot = load_sites()["mm-kk-park-ii"].disc(crs).centroid
    one = affinity.translate(square(0, 0), spot.x + 60, spot.y)
    two = affinity.translate(square(0, 0), spot.x - 900, spot.y)
    found = match(layouts(("c", one, 0.9), ("d", two, 0.9), crs=crs.proj), load_sites(), ground)
    assert tied(found) == {"c": "mm-kk-park-ii"}
    assert note(found, "d").startswith("In the 2.5 km disc of KK Park, a zone with reports;")
    told = outcomes(found)
    assert told["mm-kk-park-ii"] == told["mm-kk-park"] == "known_seen"
    assert "ph-baofu" not in told
    assert not any(name.startswith(("kh-", "la-", "ph-")) for name in told)
    assert len(found.sites) + found.outside + found.unplaced == 55
    assert found.sites.crs == crs.proj


def test_a_register_of_many_countries_is_cut_to_the_picture_also_over_the_date_line():
    crs = CRS("EPSG:32701")
    people = [
        Site(
            id="here",
            name="Here",
            geometry=Point(-179.9995, -17),
            precision_m=300,
            precision="source",
        ),
        Site(
            id="over",
            name="Over",
            geometry=Point(179.9995, -17),
            precision_m=300,
            precision="source",
        ),
        Site(
            id="far", name="Far", geometry=Point(0.0, -17), precision_m=300, precision="source"
        ),
    ]
    area = find_area("179.99,-17.01,-179.99,-16.99").to(crs)
    found = match(layouts(crs=crs.proj), Registry(sites=tuple(people)), area)
    assert outcomes(found) == {"here": "known_not_detected", "over": "known_not_detected"}
    assert found.outside == 1


def test_frames_that_do_not_fit_are_refused():
    placed = Registry(sites=(Site(id="s", name="S", geometry=Point(105, 11), precision_m=9),))
    with pytest.raises(UnitsError, match="do not share a frame"):
        match(layouts(("c", 0, 0)), placed, WORLD)
    with pytest.raises(UnitsError, match="degrees"):
        match(layouts(("c", 0, 0), crs=4326), placed, WORLD)
    with pytest.raises(UnitsError, match="do not share a frame"):
        match(layouts(("c", 0, 0), crs=32648), sites(("s", 0, 0, 9)), WORLD)


def test_columns_that_are_missing_and_ids_that_are_not_unique_are_named():
    with pytest.raises(InputError, match="columns id and score"):
        match(layouts(("c", 0, 0)).drop(columns="score"), sites(), WORLD)
    with pytest.raises(InputError, match="'c' is there twice"):
        match(layouts(("c", 0, 0), ("c", 9, 0)), sites(), WORLD)


def test_an_empty_run_and_an_empty_register_are_no_trouble():
    found = match(layouts(), sites(), WORLD)
    assert (len(found.compounds), len(found.sites), found.counts()) == (0, 0, {})
    found = match(layouts(("c", 0, 0)), sites(), None)
    assert found.counts() == {"new": 1}
    found = match(layouts(crs=32648), Registry(sites=(), crs=LONLAT), None)
    assert len(found.compounds) == 0


def test_the_layer_of_sites_has_the_columns_of_the_contract():
    found = match(layouts(("c", 0, 0)), sites(("s", 0, 0, 120)), WORLD)
    assert list(found.sites.columns) == [
        *("id", "name", "aliases", "status", "outcome", "precision_m", "compound_ids"),
        *("sources", "note", "geometry"),
    ]
    assert found.sites.geometry[0].area == pytest.approx(np.pi * 120**2, rel=0.002)
