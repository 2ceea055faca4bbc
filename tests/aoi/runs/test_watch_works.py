"""Which buildings changed, in which compound, between when: told once, whatever comes later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.crs import CRS
from shapely import affinity
from shapely.geometry import Point, box

from aoi.runs.alerts_works import works_alerts
from aoi.runs.watch_settled import settled
from aoi.runs.watch_survey import SERIES, Change, Survey, asks_of
from aoi.runs.watch_visits import Visit
from aoi.runs.watch_works import tell_works
from aoi.sites.identity_story import Compound, Event, Story
from geo.errors import InputError

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
COURT = box(500_000, 1_200_000, 500_120, 1_200_100)
ROOF = box(500_020, 1_200_020, 500_040, 1_200_034)
OTHER = affinity.translate(ROOF, 40, 0)
FIELD = affinity.translate(ROOF, 900, 0)
EVERYWHERE = COURT.buffer(5000)
UTM48 = CRS("EPSG:32648")


def day(n):
    return FIRST + timedelta(days=7 * n)


def change(kind, outline=ROOF, first=0, last=1, **more):
    usual = {"confidence": 0.8, "before": f"v{first}", "after": f"v{last}"}
    return Change(
        kind=kind, outline=outline, last_without=day(first), first_with=day(last),
        **(usual | more),
    )  # fmt: skip


def pair(first, *changes, last=None, seen=EVERYWHERE):
    """The survey of two dates, in weeks; each change gets them as its bracket."""
    last = first + 1 if last is None else last
    dated = tuple(
        replace(c, last_without=day(first), first_with=day(last), before=f"v{first}",
                after=f"v{last}")
        for c in changes
    )  # fmt: skip
    return Survey(
        key=f"pair:v{last}",
        asked="x",
        dates=(f"v{first}", f"v{last}"),
        changes=dated,
        seen=seen,
    )


def series(*changes):
    return Survey(key=SERIES, asked="y", dates=("s0", "s1"), changes=changes)


def compound(name="c-1", outline=COURT, **more):
    usual = {"first_seen": day(0), "last_seen": day(9), "last_key": "v9", "sized_at": day(9)}
    return Compound(
        id=name, outline=outline, area_m2=outline.area, sized_key="v9", **(usual | more)
    )


def story(*events, compounds=None):
    every = compounds or [compound()]
    return Story(
        compounds={one.id: one for one in every}, events={one.key: one for one in events}
    )


def event(kind="grow", first=0, last=1, status="provisional", **more):
    return Event(
        key=f"c-1:{kind}:1", kind=kind, compound="c-1", last_without=day(first),
        first_with=day(last), status=status, **more,
    )  # fmt: skip


def alerts(works, of=None, known=(), **more):
    return works_alerts("park", works, of or story(), crs=UTM48, known=set(known), **more)


def test_buildings_of_one_compound_and_pair_are_one_line():
    built = pair(0, change("built", confidence=0.7), change("built", OTHER, confidence=0.9))
    [works] = tell_works([built], story())
    assert (works.kind, works.compound, works.count) == ("built", "c-1", 2)
    assert (works.last_without, works.first_with) == (day(0), day(1))
    assert (works.before, works.after, works.confidence) == ("v0", "v1", 0.9)
    assert works.outline.equals(ROOF.union(OTHER))


def test_what_was_built_and_what_was_torn_down_are_two_lines():
    told = tell_works([pair(0, change("built"), change("demolished", OTHER))], story())
    assert sorted(works.kind for works in told) == ["built", "demolished"]


def test_a_building_at_the_wall_belongs_to_the_compound_and_one_across_the_field_to_none():
    at_the_wall = affinity.translate(ROOF, 93, 0)  # its middle 3 m beyond the outline
    told = tell_works([pair(0, change("built", at_the_wall), change("built", FIELD))], story())
    assert sorted(works.compound for works in told) == ["", "c-1"]
    beyond = affinity.translate(ROOF, 116, 0)
    assert [w.compound for w in tell_works([pair(0, change("built", beyond))], story())] == [""]


def test_of_two_compounds_on_one_ground_the_standing_one_owns_the_building():
    gone = compound("c-0", state="gone", first_seen=day(-9))
    [works] = tell_works([pair(0, change("built"))], story(compounds=[gone, compound()]))
    assert works.compound == "c-1"


def test_works_are_sure_when_the_next_picture_agrees():
    first = pair(0, change("built"))
    assert [w.status for w in tell_works([first], story())] == ["provisional"]
    assert [w.status for w in tell_works([first, pair(1)], story())] == ["confirmed"]


def test_a_cloud_over_the_next_picture_leaves_works_unsure_until_one_sees_them():
    first, clouded = pair(0, change("built")), pair(1, seen=FIELD)
    assert [w.status for w in tell_works([first, clouded], story())] == ["provisional"]
    assert [w.status for w in tell_works([first, clouded, pair(2)], story())] == ["confirmed"]


@pytest.mark.parametrize("kinds", [("built", "demolished"), ("demolished", "built")])
def test_what_the_next_picture_undoes_was_a_flaw_of_one_picture(kinds):
    pairs = [pair(0, change(kinds[0])), pair(1, change(kinds[1]))]
    assert tell_works(pairs, story()) == []
    late = [pair(0, change(kinds[0])), pair(1, seen=FIELD), pair(2, change(kinds[1]))]
    assert tell_works(late, story()) == []


def test_what_stood_through_a_picture_and_then_went_was_built_and_torn_down():
    pairs = [pair(0, change("built")), pair(1), pair(2, change("demolished"))]
    told = [(w.kind, w.first_with, w.status) for w in tell_works(pairs, story())]
    assert told == [("built", day(1), "confirmed"), ("demolished", day(3), "provisional")]


def test_another_building_that_goes_takes_nothing_back():
    pairs = [pair(0, change("built")), pair(1, change("demolished", OTHER))]
    assert [key for key, _ in settled(pairs)] == ["pair:v1", "pair:v2"]


def test_a_neighbour_that_shares_a_third_of_the_ground_takes_nothing_back():
    beside = affinity.translate(ROOF, 14, 0)
    pairs = [pair(0, change("built")), pair(1, change("demolished", beside))]
    assert len(settled(pairs)) == 2
    closer = affinity.translate(ROOF, 8, 0)
    assert settled([pair(0, change("built")), pair(1, change("demolished", closer))]) == []


def test_a_picture_that_comes_late_narrows_the_bracket_and_keeps_the_name():
    [wide] = tell_works([pair(0, change("built"), last=4)], story())
    pairs = [pair(0, last=2), pair(2, change("built"), last=4)]
    [narrow] = tell_works(pairs, story(), [wide])
    assert (narrow.id, narrow.last_without, narrow.first_with) == (wide.id, day(2), day(4))


def test_works_that_no_survey_shows_any_more_are_taken_back_and_kept():
    [told] = tell_works([pair(0, change("built"))], story())
    [back] = tell_works([pair(0)], story(), [told])
    assert (back.id, back.status) == (told.id, "withdrawn")
    [again] = tell_works([pair(0, change("built"))], story(), [back])
    assert (again.id, again.status) == (told.id, "provisional")


def test_telling_again_changes_nothing():
    pairs = [pair(0, change("built"), change("demolished", OTHER)), pair(1, change("altered"))]
    once = tell_works(pairs, story())
    assert tell_works(reversed(pairs), story(), reversed(once)) == once


@given(st.permutations(range(5)))
def test_the_order_in_which_surveys_were_made_does_not_matter(order):
    pairs = [
        pair(n, change(kind, outline))
        for n, (kind, outline) in enumerate(
            [("built", ROOF), ("altered", OTHER), ("demolished", ROOF), ("built", FIELD),
             ("demolished", OTHER)]
        )
    ]  # fmt: skip
    assert tell_works([pairs[n] for n in order], story()) == tell_works(pairs, story())


def test_series_and_pictures_tell_of_one_building_once_with_the_narrower_bracket():
    ground = change("built", COURT.buffer(15), 1, 9, sure=True, before="s1", after="s9")
    [works] = tell_works([pair(0, change("built"), last=4), series(ground)], story())
    assert works.by == ("pair", "series")
    assert (works.last_without, works.first_with) == (day(1), day(4))
    assert (works.before, works.after) == ("s1", "v4")
    assert (works.count, works.status) == (1, "confirmed")


def test_ground_that_a_series_saw_elsewhere_or_at_another_time_is_told_apart():
    pairs = [pair(0, change("built"))]
    later = change("built", COURT, 3, 5)
    assert len(tell_works([*pairs, series(later)], story())) == 2
    elsewhere = change("built", FIELD.buffer(60), 0, 1)
    assert len(tell_works([*pairs, series(elsewhere)], story())) == 2


def test_a_series_says_itself_what_is_lasting():
    [works] = tell_works([series(change("built", FIELD, sure=True))], story())
    assert (works.status, works.count, works.by) == ("confirmed", 0, ("series",))


def test_works_are_told_once_when_sure_and_with_their_compound():
    works = tell_works([pair(0, change("built"), change("built", OTHER)), pair(1)], story())
    [alert] = alerts(works)
    assert (alert.kind, alert.status, alert.compound) == ("built", "confirmed", "c-1")
    assert alert.text == (
        "2 buildings in c-1 were built, after 2026-01-01 and by 2026-01-08. "
        "Later pictures agree."
    )
    assert alert.evidence["buildings"] == 2
    assert alert.looks == ("v0", "v1")
    assert alerts(works, known={alert.id}) == []


def test_what_is_not_sure_is_told_to_who_wants_to_hear_early():
    works = tell_works([pair(0, change("demolished"))], story())
    assert alerts(works) == []
    [alert] = alerts(works, status="provisional")
    assert alert.text.startswith("1 building in c-1 was torn down")


def test_a_house_in_town_is_in_the_map_and_not_told():
    works = tell_works([pair(0, change("built", FIELD)), pair(1)], story())
    assert len(works) == 1
    assert alerts(works) == []


def test_ground_that_only_a_series_saw_is_told_wherever_it_lies():
    works = tell_works([series(change("built", FIELD.buffer(60), sure=True))], story())
    [alert] = alerts(works)
    assert alert.text.startswith("Ground of 1.6 ha was built over, begun after 2026-01-01")


@pytest.mark.parametrize(
    ("kind", "scan"), [("built", "grow"), ("built", "appear"), ("demolished", "vanish")]
)
@pytest.mark.parametrize("status", ["provisional", "confirmed"])
def test_what_the_scans_tell_already_is_not_told_again(kind, scan, status):
    of = story(event(scan, status=status))
    [works] = tell_works([pair(0, change(kind)), pair(1)], of)
    assert works.event == f"c-1:{scan}:1"
    assert alerts([works], of) == []


@pytest.mark.parametrize(
    "other",
    [event("vanish"), event("grow", 1, 2), event("grow", status="withdrawn"),
     replace(event("appear"), last_without=None)],
)  # fmt: skip
def test_an_event_of_another_kind_or_time_or_taken_back_hides_no_works(other):
    of = story(other)
    works = tell_works([pair(0, change("built")), pair(1)], of)
    assert [alert.status for alert in alerts(works, of)] == ["confirmed"]


def test_an_event_that_comes_after_the_works_were_told_takes_them_over():
    pairs = [pair(0, change("demolished")), pair(1)]
    works = tell_works(pairs, story())
    [told] = alerts(works)
    waiting = story(event("vanish"))
    works = tell_works(pairs, waiting, works)
    assert alerts(works, waiting, {told.id}) == []
    gone = story(event("vanish", status="confirmed"))
    works = tell_works(pairs, gone, works)
    [end] = alerts(works, gone, {told.id})
    assert (end.status, end.id) == ("finished", told.id.replace("confirmed", "finished"))
    assert "as what befell c-1 as a whole" in end.text
    assert alerts(works, gone, {told.id, end.id}) == []


def test_works_taken_back_after_they_were_told_are_said_to_be():
    works = tell_works([pair(0, change("built")), pair(1)], story())
    [told] = alerts(works)
    back = tell_works([pair(0)], story(), works)
    [end] = alerts(back, known={told.id})
    assert end.status == "finished"
    assert "Taken back" in end.text
    assert alerts(back) == [], "what was never told needs no end"


def test_no_alert_holds_a_place_finer_than_allowed():
    works = tell_works([pair(0, change("built")), pair(1)], story())
    [alert] = alerts(works, coordinates=5000.0)
    assert alert.place[1] == round(alert.place[1], 2)
    assert alerts(works, coordinates=None)[0].place is None
    assert "500" not in alert.text


def test_a_survey_is_read_back_as_it_was_written():
    kept = pair(0, change("built", note="May be altered (30 %)."), seen=Point(1, 2).buffer(9))
    for survey in (kept, series(), replace(kept, gaps=("Off the scene.",), folder="park/x")):
        assert Survey.from_text(survey.to_text()) == survey
    with pytest.raises(InputError, match="no survey"):
        Survey.from_text("{}")


def visit(n, *, coarse=False, sources=("a.tif",)):
    return Visit(key=f"v{n}", time=day(n), sources=sources, size=10, gsd_m=0.5, coarse=coarse)


def test_each_sharp_picture_is_held_against_those_before_it_newest_first():
    asks = asks_of([visit(2), visit(0), visit(1)], {})
    assert [(a.key, [v.key for v in a.dates]) for a in asks] == [
        ("pair:v1", ["v1", "v0"]), ("pair:v2", ["v2", "v1", "v0"]),
    ]  # fmt: skip
    assert asks[1].size == 20


def test_a_survey_is_asked_again_only_when_what_it_is_about_changed():
    def made(asks):
        return {a.key: replace(pair(0), key=a.key, asked=a.asked) for a in asks}

    known = made(asks_of([visit(0), visit(2)], {}))
    assert asks_of([visit(0), visit(2)], known) == []
    late = asks_of([visit(0), visit(1), visit(2)], known)
    assert [ask.key for ask in late] == ["pair:v1", "pair:v2"]


def test_coarse_dates_make_one_series_once_there_are_enough():
    dates = [visit(n, coarse=True) for n in range(7)]
    assert asks_of(dates[:5], {}) == []
    [six] = asks_of(dates[:6], {})
    assert (six.key, six.size) == (SERIES, 60)
    known = {SERIES: replace(series(), asked=six.asked, dates=tuple(v.key for v in six.dates))}
    assert asks_of(dates[:6], known) == []
    [seven] = asks_of(dates, known)
    assert [v.key for v in seven.dates if seven.is_new(v)] == ["v6"]


def test_nothing_is_compared_where_there_are_no_files():
    assert asks_of([visit(0, sources=()), visit(1, sources=())], {}) == []
