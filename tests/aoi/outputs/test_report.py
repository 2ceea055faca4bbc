"""The page a person reads: complete, honest about gaps, and safe to open and to send."""

import base64
import io
import re
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from shapely.geometry import box

from aoi.outputs.chips import Chip, canvas_of, on_canvas, path_of, top_of
from aoi.outputs.report import sight_of, write_report
from aoi.outputs.schema import conform
from geo.errors import InputError, ShapeError
from geo.grid import local_grid
from tests.aoi.outputs import drawn

MANIFEST = {
    "run_id": "r-<b>1</b>",
    "command": "stockade scan '<i>x</i>.tif'",
    "finished": "2026-01-05T08:01:07Z",
    "inputs": [{"path": "/home/somebody/<u>scene.tif", "role": "image", "sha256": "ab" * 32,
                "observed_at": "2025-11-03T03:20:00Z", "gsd_m": 0.5, "licence": "CC0-1.0"}],
    "model": {"name": "net"},
}  # fmt: skip


class Tags(HTMLParser):
    """Collect tags, attributes and text as a browser would."""

    def __init__(self):
        """Start with nothing seen."""
        super().__init__()
        self.open, self.tags, self.text, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        """Note a tag and whatever it refers to."""
        self.tags.append(tag)
        if tag not in {"meta", "path", "image", "circle", "br", "i", "link"}:
            self.open.append(tag)
        self.links += [v for k, v in attrs if k in {"href", "src", "xlink:href", "action"}]

    def handle_endtag(self, tag):
        """Check that what closes was open."""
        if tag in {"path", "image", "circle", "i"}:
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep the text."""
        self.text.append(data)


def report(tmp_path, *, crs=drawn.UTM, **options):
    """Write a report of the drawn run and parse it."""
    layers = drawn.layers(crs)
    page = write_report(
        tmp_path / "report.html",
        **{
            "title": drawn.HOSTILE,
            "compounds": layers["compounds"],
            "sites": layers["sites"],
            "coverage": layers["coverage"],
            "manifest": MANIFEST,
        }
        | options,
    )
    tags = Tags()
    tags.raw = page.read_text("utf-8")
    tags.feed(tags.raw)
    tags.words = re.sub(r"\s+", " ", " ".join(tags.text))
    assert tags.open == []
    return tags


def pictures(crs=drawn.UTM):
    """Overview and chips of the drawn run."""
    grid = drawn.frame(crs)
    picture = drawn.paint(grid)
    chips = drawn.chips_of(picture, grid, drawn.layers(crs)["compounds"])
    return {"overview": Chip(picture, grid, "Credit & date"), "chips": chips}


def test_names_from_files_are_never_markup(tmp_path):
    page = report(tmp_path, **pictures())
    assert "script" not in page.tags
    assert not {"b1", "u", "iframe"} & set(page.tags)
    assert drawn.HOSTILE in page.words
    assert "r-<b>1</b>" in page.words
    assert "<u>scene.tif" in page.words


def test_the_page_asks_nobody_for_anything(tmp_path):
    page = report(tmp_path, **pictures())
    assert page.links
    assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)
    assert "default-src 'none'" in page.raw
    assert "http" not in page.raw.replace("http-equiv", "")
    assert "@import" not in page.raw
    assert re.findall(r"url\(([^)]*)\)", page.raw) == ["#hatch"]


def test_it_says_that_it_accuses_nobody_before_anything_else(tmp_path):
    words = report(tmp_path).words
    assert "It accuses nobody" in words
    assert words.index("It accuses nobody") < words.index("What was flagged")


def test_each_compound_has_its_card_in_order_of_rank(tmp_path):
    compounds = drawn.layers()["compounds"].iloc[::-1]
    words = report(tmp_path, compounds=compounds).words
    places = [words.index(f"c-{n:010x}") for n in range(1, 5)]
    assert places == sorted(places)
    assert "Strong likeness , 0.93" in words or "Strong likeness, 0.93" in words
    assert "Closed on 96 % of its perimeter" in words
    assert "Cannot tell" in words
    assert "This is neither a yes nor a no." in words


def test_reasons_carry_their_sign_for_eyes_and_ears(tmp_path):
    raw = report(tmp_path).raw
    assert raw.count('aria-label="raises the score">+<') == 4
    assert raw.count('aria-label="lowers the score">−<') == 3


def test_folders_of_the_analyst_stay_at_home(tmp_path):
    assert "somebody" not in report(tmp_path).raw


def test_a_run_that_found_nothing_says_that_this_is_no_proof(tmp_path):
    empty = {name: rows.iloc[:0] for name, rows in drawn.layers().items()}
    words = report(
        tmp_path, compounds=empty["compounds"], sites=empty["sites"],
        coverage=empty["coverage"], manifest={},
    ).words  # fmt: skip
    assert "No walled-compound-like layout was found" in words
    assert "not proof that there is none" in words
    assert "was not recorded" in words


def test_beyond_the_limit_the_page_says_how_many_there_are(tmp_path):
    words = report(tmp_path, limit=2).words
    assert "The first 2 of 4 layouts" in words
    assert "c-0000000003" not in words


def test_local_metres_have_no_north_and_no_degrees(tmp_path):
    page = report(tmp_path, crs=None, **pictures(None))
    assert "where north lies is not known" in page.words
    assert "m right" in page.words
    assert "° N" not in page.words
    assert ">N</text>" not in page.raw


def test_rounded_coordinates_say_how_far(tmp_path):
    words = report(tmp_path, coordinates=1000).words
    assert "rounded to 1 km" in words
    assert "11.57" in words
    assert "104.817" not in words


def test_where_coordinates_are_rounded_no_picture_gives_the_place_away(tmp_path):
    page = report(tmp_path, coordinates=1000, **pictures())
    assert "data:image" not in page.raw
    assert "<svg" not in page.raw
    assert page.words.count("Left out: it would show the place") == 4
    assert "so it has no pictures" in page.words


def test_every_picture_has_words_for_who_cannot_see_it(tmp_path):
    raw = report(tmp_path, **pictures()).raw
    assert '<html lang="en">' in raw
    for svg in re.findall(r"<svg[^>]*>", raw):
        assert "aria-label" in svg
    assert raw.count("<svg") == 5


def test_a_missing_picture_is_said_to_be_missing(tmp_path):
    assert report(tmp_path).words.count("No picture was kept") == 4


def test_sites_tell_what_this_run_can_say(tmp_path):
    words = report(tmp_path).words
    assert "Drawn house" in words
    assert "Known site, nothing found" in words
    assert "not placed" in words
    sites = drawn.layers()["sites"].assign(outcome=None)
    assert "3 more registered sites" in report(tmp_path, sites=sites).words


@pytest.mark.parametrize("wrong", [{"coordinates": -1.0}, {"limit": -1}])
def test_impossible_settings_are_refused(tmp_path, wrong):
    with pytest.raises(InputError):
        report(tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


def coverage(*tiles):
    """A coverage layer from (box, valid share, reason)."""
    return conform(
        "coverage",
        gpd.GeoDataFrame(
            {"valid_share": [t[1] for t in tiles], "reason": [t[2] for t in tiles]},
            geometry=[box(*t[0]) for t in tiles],
        ),
    )


def test_ground_is_counted_once_and_seen_ground_wins_over_cloud():
    seen, cloud = (0, 0, 100, 100), (50, 0, 150, 100)
    sight = sight_of(coverage((seen, 1.0, ""), (seen, 1.0, ""), (cloud, 0.0, "cloud")))
    assert sight.seen == "1.0 ha"
    assert sight.unseen == (("cloud", "0.5 ha"),)
    assert sight.share == "33.3 %"


def test_missing_pixels_in_a_tile_that_was_judged_are_told():
    sight = sight_of(coverage(((0, 0, 100, 100), 0.75, "")))
    assert sight.seen == "0.8 ha"
    assert sight.unseen == (("no usable pixels", "0.2 ha"),)
    assert sight.share == "25.0 %"


def test_an_outline_lies_on_its_chip_where_it_lies_on_the_ground():
    chip = Chip(np.zeros((3, 50, 100), np.uint8), local_grid(50, 100, 0.5))
    canvas = canvas_of(chip, units=400, pixels=640)
    [shape] = on_canvas(gpd.GeoSeries([box(5, -20, 25, -10)]), canvas)
    assert shape.bounds == pytest.approx((40, 80, 200, 160))
    assert (canvas.width, canvas.height) == (400, 200)
    assert path_of(shape).startswith("M")
    assert path_of(None) == ""
    assert top_of(shape) == pytest.approx((120, 80))


@pytest.mark.parametrize(
    ("gsd", "bar", "text"), [(0.5, 80, "10 m"), (1.0, 80, "20 m"), (100.0, 80, "2 km")]
)
def test_the_scale_bar_is_as_long_as_it_says(gsd, bar, text):
    chip = Chip(np.zeros((3, 50, 100), np.uint8), local_grid(50, 100, gsd))
    canvas = canvas_of(chip, units=400, pixels=640)
    assert (canvas.bar, canvas.bar_text) == (pytest.approx(bar), text)


def test_a_large_picture_is_reduced_for_the_page():
    chip = Chip(np.full((3, 900, 300), 200, np.uint8), local_grid(900, 300, 0.5))
    canvas = canvas_of(chip, units=400, pixels=300)
    image = Image.open(io.BytesIO(base64.b64decode(canvas.uri.split(",")[1])))
    assert image.size == (100, 300)
    assert (canvas.height, canvas.width) == (400, pytest.approx(400 / 3))


@pytest.mark.parametrize("shape", [(1, 5, 5), (3, 5, 6), (3, 5)])
def test_what_is_no_picture_is_no_chip(shape):
    with pytest.raises(ShapeError):
        Chip(np.zeros(shape, np.uint8), local_grid(5, 5, 1.0))
    with pytest.raises(ShapeError):
        Chip(np.zeros((3, 5, 5)), local_grid(5, 5, 1.0))
