"""Which of several deliveries is read, and what makes one pass."""

from itertools import permutations

from shapely.geometry import box

from geo.sources.choose import choose
from tests.geo.sources.drawn import BAVET, asset, scene


def ids(passes) -> list[list[str]]:
    return [[s.id for s in one.scenes] for one in passes]


def test_of_two_baselines_the_newer_wins_whatever_the_order():
    old = scene("old", baseline="04.00", made="2025-11-01")
    new = scene("new", baseline="05.11", made="2023-01-01")
    for order in permutations([old, new]):
        [one] = choose(order, BAVET)
        assert ids([one]) == [["new"]]
        assert one.losers == ("old: new is newer",)


def test_of_one_baseline_twice_the_latest_made_wins():
    a, b = scene("a", made="2025-11-02T00:00:00Z"), scene("b", made="2025-11-03T00:00:00Z")
    assert ids(choose([a, b], BAVET)) == [["b"]]


def test_two_collections_of_one_archive_are_one_scene():
    a = scene("S2B_48PXT_20251130_0_L2A", baseline="05.11")
    b = scene(
        "S2B_T48PXT_20251130T033239_L2A",
        minute=12,
        collection="sentinel-2-c1-l2a",
        baseline="05.11",
    )
    assert len(choose([a, b], BAVET)) == 1


def test_two_tiles_of_one_pass_are_read_together_those_without_warping_first():
    here = scene("b", tile="48PXT", assets={"red": asset(crs="EPSG:32648")})
    there = scene("a", tile="47PRM", minute=1, assets={"red": asset(crs="EPSG:32647")})
    [one] = choose([there, here], BAVET, "EPSG:32648")
    assert ids([one]) == [["b", "a"]]
    assert one.id == "b_and_1"
    assert one.time == here.time


def test_a_tile_that_covers_more_comes_before_one_that_covers_less():
    west, south, east, north = BAVET.bounds
    whole = scene("z", tile="48PXT")
    half = scene("a", tile="48PXU", footprint=box(west, south, (west + east) / 2, north))
    assert ids(choose([half, whole], BAVET)) == [["z", "a"]]


def test_other_days_and_other_satellites_are_other_passes():
    passes = choose(
        [scene("a", 1), scene("b", 6), scene("c", 6, platform="sentinel-2a", minute=3)], BAVET
    )
    assert ids(passes) == [["a"], ["b"], ["c"]]


def test_the_next_orbit_of_the_same_satellite_is_another_pass():
    passes = choose(
        [scene("a", tile="48PXT"), scene("b", hour=4, minute=39, tile="48PXU")], BAVET
    )
    assert ids(passes) == [["a"], ["b"]]


def test_slices_of_one_radar_pass_stay_together_although_they_have_no_tile():
    words = {"sensor": "sentinel-1", "tile": "", "platform": "sentinel-1a"}
    west, south, east, north = BAVET.bounds
    low = scene("low", footprint=box(west, south - 1, east, (south + north) / 2), **words)
    high = scene(
        "high", minute=1, footprint=box(west, (south + north) / 2, east, north + 1), **words
    )
    assert [len(p.scenes) for p in choose([low, high], BAVET)] == [2]


def test_two_pictures_of_a_vhr_satellite_are_never_mixed():
    words = {"sensor": "vhr", "tile": "", "platform": ""}
    assert len(choose([scene("a", **words), scene("b", minute=1, **words)], BAVET)) == 2


def test_scenes_elsewhere_are_left_out():
    assert choose([scene(footprint=box(0, 0, 1, 1))], BAVET) == []


def test_cloud_of_a_pass_is_the_mean_of_what_is_told():
    tiles = [scene("a", tile="48PXT", cloud=0.2), scene("b", tile="48PXU", cloud=None)]
    assert choose(tiles, BAVET)[0].cloud == 0.2
    assert choose([scene(cloud=None)], BAVET)[0].cloud is None


def test_scenes_that_show_no_band_in_common_are_no_versions_of_each_other():
    one, other = (
        scene(band, tile="", sensor="vhr", assets={band: asset(band)}) for band in ("vv", "vh")
    )
    newer = {"tile": "", "sensor": "vhr", "made": "2024-02-01T00:00:00Z"}
    twin = scene("again", assets={"vv": asset("vv")}, **newer)
    assert {p.id for p in choose([one, other], BAVET)} == {"vv", "vh"}
    assert len(choose([one, twin], BAVET)) == 1


def test_pictures_of_one_day_of_which_nothing_tells_the_newer_are_all_read():
    pair = [scene(name, tile="", sensor="vhr") for name in ("west", "east")]
    assert {p.id for p in choose(pair, BAVET)} == {"west", "east"}
