"""One block on an empty floor, seen from above."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import LineString, box

from models.synthetic.degrade import Sensor, degrade, pool
from models.synthetic.labels import draw_labels
from models.synthetic.materials import make_palette
from models.synthetic.noise import Noise, Window
from models.synthetic.shapes import Building, Patch, Plan, Tree, Wall
from models.synthetic.structures import make_structures, stand
from models.synthetic.sun import Light, blocked_height
from models.synthetic.view import Look, view

WINDOW = Window(left=0, top=0, rows=240, cols=240, step=0.25)
BLOCK = Building(footprint=box(24, -36, 36, -24), height=9.0, roof="gable", skin="white")
EMPTY = Plan(
    width=60, height=60, region="monsoon", base="asphalt", buildings=(), walls=(), yards=(),
    patches=(Patch(polygon=box(-9, -69, 69, 9), cover="asphalt"),), trees=(), props=(),
    compounds=(),
)  # fmt: skip
PLAN = replace(EMPTY, buildings=(BLOCK,))


def seen(plan: Plan, light: Light) -> np.ndarray:
    """Draw the plan and return brightness, (240, 240)."""
    rng = np.random.default_rng(3)
    palette = make_palette("monsoon_dry", rng)
    structures = make_structures(plan, palette, light, rng)
    look = Look(palette=palette, light=light, noise=Noise((1,)), structures=structures)
    return view(plan, look, WINDOW).mean(0)


def at(x: float, y: float) -> tuple[slice, slice]:
    """Return a square of two metres about a point."""
    return slice(int(-y * 4) - 4, int(-y * 4) + 4), slice(int(x * 4) - 4, int(x * 4) + 4)


@pytest.mark.parametrize(
    ("azimuth", "dark"), [(180, (30, -19)), (90, (19, -30)), (0, (30, -41))]
)
def test_the_ground_behind_a_block_is_dark_and_before_it_bright(azimuth, dark):
    light = Light(azimuth=azimuth, elevation=45, ambient=0.5)
    picture, bare = seen(PLAN, light), seen(EMPTY, light)
    behind, before = at(*dark), at(60 - dark[0], -60 - dark[1])
    assert picture[behind].mean() == pytest.approx(0.5 * bare[behind].mean(), rel=0.06)
    assert picture[before].mean() == pytest.approx(bare[before].mean(), rel=0.01)


def test_a_leaning_picture_moves_the_roof_and_its_label_and_shows_the_face_to_the_sensor():
    light = Light(azimuth=180, elevation=60, lean_x=0.4, lean_y=0.0)
    labels = draw_labels(PLAN, light, (60, 60), 1.0)
    cols = np.flatnonzero(labels["building"].any(0))
    assert (cols.min(), cols.max()) == (28, 39)  # 3.6 m to the east
    rng = np.random.default_rng(3)
    structures = make_structures(PLAN, make_palette("gulf", rng), light, rng)
    number = stand(structures, WINDOW).number
    faces = np.concatenate([[False], structures.face])[number]
    columns = np.flatnonzero(faces.any(0)) / 4
    assert columns.min() == pytest.approx(24, abs=0.5)  # the west face, towards the sensor
    assert columns.max() < 30
    assert number[120, 27 * 4] > 0
    assert structures.face[number[120, 26 * 4] - 1]
    assert not structures.face[number[120, 32 * 4] - 1]


@pytest.mark.parametrize("azimuth", [180, 135, 160, 110])
def test_the_shadow_of_a_thin_wall_has_no_holes(azimuth):
    wall = Wall(line=LineString([(10, -40), (50, -30)]), height=3, thickness=0.2)
    light = Light(azimuth=azimuth, elevation=40)
    rng = np.random.default_rng(3)
    structures = make_structures(
        replace(EMPTY, walls=(wall,)), make_palette("gulf", rng), light, rng
    )
    blocked = blocked_height(stand(structures, WINDOW).heights, light, 0.25)
    reach = np.array(light.shadow) * 3
    for share in (0.15, 0.4, 0.65):
        x, y = np.linspace(15, 45, 60), np.linspace(-38.75, -31.25, 60)
        cols, rows = (x + reach[0] * share) * 4, -(y + reach[1] * share) * 4
        assert (blocked[rows.astype(int), cols.astype(int)] > 0.3).mean() > 0.97


def test_a_crown_hides_a_wall_from_the_picture_but_not_from_the_labels():
    wall = Wall(line=LineString([(10, -30), (50, -30)]), height=2)
    light = Light(azimuth=180, elevation=50)
    open_, grown = (
        replace(EMPTY, walls=(wall,), trees=t) for t in ((), (Tree(30, -30, 5, 9),))
    )
    first, second = (draw_labels(p, light, (60, 60), 1.0)["wall"] for p in (open_, grown))
    assert np.array_equal(first, second)
    assert np.abs(seen(open_, light) - seen(grown, light))[at(30, -30)].mean() > 0.05


def test_pooling_keeps_the_mean_and_makes_a_thin_wall_faint():
    fine = np.zeros((3, 8, 8), np.float32)
    fine[:, :, 3] = 1
    assert pool(fine, 2).shape == (3, 4, 4)
    assert pool(fine, 2).mean() == fine.mean()
    assert pool(fine, 2).max() == 0.5


def test_haze_lifts_the_dark_and_noise_is_seeded():
    dark = np.full((3, 32, 32), 0.1, np.float32)
    clear = Sensor(blur=0.4, colour_blur=0, haze=0, noise=0.01, sharpen=0, gamma=1, contrast=1,
                   light=1, cast=(1, 1, 1), jpeg=0)  # fmt: skip
    first, again = (degrade(dark, clear, np.random.default_rng(4)) for _ in range(2))
    hazy = degrade(dark, replace(clear, haze=0.3), np.random.default_rng(4))
    assert np.array_equal(first, again)
    assert hazy.mean() > first.mean() + 30
