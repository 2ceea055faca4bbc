"""What holds of every matching, whatever is drawn; and that many take a moment."""

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import box

from aoi.sites.match import match
from tests.aoi.sites.drawn_sites import SITE_OUTCOMES, WORLD, layouts, sites, tied

spot = st.integers(-400, 400)
drawn_layouts = st.lists(
    st.tuples(spot, spot, st.sampled_from([0.05, 0.2, 0.6, 0.9])), max_size=7
)
drawn_sites = st.lists(
    st.tuples(
        spot,
        spot,
        st.sampled_from([60, 150, 150, 400, 2500]),
        st.sampled_from(["source", "source", "source", "place", "province"]),
    ),
    max_size=7,
)


def drawn(found, known, *, shift=(0, 0), mixed=None):
    """Draw a case, moved by ``shift`` and with its rows mixed by a seed."""
    rows = [(f"c{n}", x + shift[0], y + shift[1], s) for n, (x, y, s) in enumerate(found)]
    people = [
        (f"s{n}", x + shift[0], y + shift[1], r, p) for n, (x, y, r, p) in enumerate(known)
    ]
    if mixed is not None:
        mixed.shuffle(rows)
        mixed.shuffle(people)
    seen = affinity.translate(box(-300, -900, 900, 900), *shift)
    return match(layouts(*rows), sites(*people), seen, outside=True)


def story(matches):
    """All that was said, by id; distances to the millimetre."""
    found = matches.compounds.set_index("id").sort_index().round(3).astype(str).to_dict("index")
    known = matches.sites.drop(columns="geometry").set_index("id").sort_index()
    return found, known.astype(str).to_dict("index")


@settings(max_examples=25, deadline=None)
@given(found=drawn_layouts, known=drawn_sites, random=st.randoms(use_true_random=False))
def test_the_order_of_layouts_and_sites_changes_nothing(found, known, random):
    assert story(drawn(found, known)) == story(drawn(found, known, mixed=random))


@settings(max_examples=25, deadline=None)
@given(
    found=drawn_layouts,
    known=drawn_sites,
    east=st.integers(-900, 900),
    north=st.integers(0, 9000),
)
def test_moving_everything_changes_nothing(found, known, east, north):
    assert story(drawn(found, known)) == story(drawn(found, known, shift=(east, north)))


@settings(max_examples=40, deadline=None)
@given(found=drawn_layouts, known=drawn_sites)
def test_promises_of_every_matching(found, known):
    matches = drawn(found, known)
    rows, told = matches.compounds, matches.sites
    assert told["id"].tolist() == [f"s{n}" for n in range(len(known))]  # one outcome each
    assert set(told["outcome"]) <= SITE_OUTCOMES
    assert rows["id"].tolist() == [f"c{n}" for n in range(len(found))]
    names = rows["site_id"].dropna()
    assert names.is_unique  # no site twice; and a layout has one row, so no layout twice
    wide = {f"s{n}" for n, (_, _, r, p) in enumerate(known) if p != "source" or r >= 2000}
    assert not wide & set(names)  # a wide disc never yields identity
    assert ((rows["outcome"] == "new") == rows["site_id"].isna()).all()
    assert all(rows["match_note"])
    assert all(told["note"])
    by_site = told.set_index("id")["compound_ids"]
    for layout, site in tied(matches).items():
        assert by_site[site] == layout
    assert not any(
        words in text for text in rows["match_note"] for words in (" is Site", "scam")
    )


def test_five_thousand_layouts_and_as_many_sites_take_a_moment():
    random = np.random.default_rng(4)
    here, there = random.uniform(-20_000, 20_000, (2, 5_000, 2)).tolist()
    found = layouts(*((f"c{n:04d}", *place) for n, place in enumerate(here)))
    known = sites(*((f"s{n:04d}", *place, 300) for n, place in enumerate(there)))
    began = time.process_time()
    matches = match(found, known, WORLD)
    assert time.process_time() - began < 4  # 0.3 s on a quiet machine
    assert len(matches.sites) == 5_000
    assert len(tied(matches)) > 2_500
