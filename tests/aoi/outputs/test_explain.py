"""One compound explained: every word from the run, every line where the walls are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from aoi.outputs.explain import account_of, lines_of
from aoi.outputs.explain_ground import ground_of
from aoi.outputs.explain_picture import BARRED, OPEN, write_picture
from geo.errors import InputError
from geo.score import Scorer
from geo.write import write_cog
from tests.aoi.outputs import drawn


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A whole run; the first park has a gap of nine metres in its southern wall."""
    folder = tmp_path_factory.mktemp("explain") / "run"
    (folder / "rasters").mkdir(parents=True)
    drawn.write_run(folder)
    scores = drawn.scores()
    scores[2, 252:262, 160:178] = 0
    write_cog(
        folder / "rasters" / "drawn-2025-11-03_scores.tif", scores, grid=drawn.frame(),
        band_names=drawn.HEADS, nodata=255,
    )  # fmt: skip
    return folder


def first(run):
    return account_of(run, "1")


def test_a_compound_is_found_by_its_name_and_by_its_rank(run):
    assert first(run).id == account_of(run, first(run).id).id


def test_everything_that_was_measured_and_whence_it_came_is_told(run):
    text = "\n".join(lines_of(first(run)))
    for words in (
        "0.93", "closed on 96 % of its perimeter: +", "the next building is 22 m away: -",
        "widest gap", "drawn-2025-11-03", "r-20251103-drawn", "sha256", "accuses nobody",
    ):  # fmt: skip
        assert words in text


def test_what_nobody_measured_is_called_unknown(run):
    row = next(line for line in lines_of(account_of(run, "4")) if "closure" in line)
    assert "unknown" in row


def test_weights_of_another_card_are_not_told(run):
    told = list(lines_of(first(run)))
    evidence = told[told.index("Evidence") + 1 : told.index("Reasons, strongest first") - 2]
    assert not [line for line in evidence if "+" in line]
    assert any("another score card" in line for line in told)


def weighed(run):
    """Lines of the first compound, as if the card that ships had judged it."""
    account = first(run)
    model = {**account.manifest.model, "score": Scorer.from_card().name}
    return lines_of(replace(account, manifest=replace(account.manifest, model=model)))


def test_a_second_wall_is_told_as_a_share_with_its_weight_like_all_else(run):
    row = next(one for one in weighed(run) if one.strip().startswith("double perimeter"))
    assert row.split()[2:] == ["0.4", "0..1", "+0.00"]


def test_a_ratio_that_was_weighed_is_told_with_its_value_and_unit(run):
    row = next(one for one in weighed(run) if one.strip().startswith("mean roof area"))
    known = first(run).row
    area = 1e4 * known["built_share"] * known["area_ha"] / known["buildings"]
    assert float(row.split()[3]) == pytest.approx(area, rel=1e-3)
    assert row.split()[4] == "m²"
    assert not any("m2" in one for one in weighed(run))


def test_a_name_nobody_has_is_refused_with_near_ones(run, tmp_path):
    name = first(run).id
    with pytest.raises(InputError, match="Did you mean c-0"):
        account_of(run, name[:-1] + "f")
    with pytest.raises(InputError, match="finished scan"):
        account_of(tmp_path, "1")


def test_the_walk_shows_the_gap_where_the_wall_is_missing(run):
    ground = ground_of(first(run))
    widest = max(gap for walk in ground.walks for gap in walk.gaps)
    assert widest.width == pytest.approx(9, abs=1.5)
    x = drawn.EAST + (160 + 178) / 2 * drawn.GSD
    col, _ = ~ground.grid.affine @ (x, 0)
    assert (widest.col + 0.5) * ground.step == pytest.approx(col, abs=4)


def test_the_picture_has_four_views_with_bars_and_openings_in_their_colours(run, tmp_path):
    account = first(run)
    path = write_picture(account, ground_of(account), tmp_path / "one.png")
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    for colour in (BARRED, OPEN):
        same = (pixels == ImageColor.getrgb(colour)).all(-1)
        assert same[pixels.shape[0] // 2 :, pixels.shape[1] // 2 :].sum() > 50


def test_a_picture_that_has_gone_leaves_the_barrier_to_look_at(run, tmp_path):
    account = first(run)
    source = run.parent / "drawn scene.tif"
    hidden = source.rename(tmp_path / "away.tif")
    try:
        ground = ground_of(account)
        assert ground.picture is None
        assert write_picture(account, ground, tmp_path / "two.png").exists()
    finally:
        hidden.rename(source)


def test_scores_that_have_gone_are_missed_in_a_sentence(run):
    scores = run / "rasters" / "drawn-2025-11-03_scores.tif"
    away = scores.rename(scores.with_suffix(".away"))
    try:
        with pytest.raises(InputError, match="--no-picture"):
            ground_of(first(run))
    finally:
        away.rename(scores)
