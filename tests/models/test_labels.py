"""Labels drawn small enough to check by eye."""

import numpy as np
import pytest
from shapely import GeometryCollection, MultiPolygon, Point, Polygon, box

from geo.errors import InputError, ShapeError
from models.labels import burn, from_classes, from_mask, from_outlines, from_roofs
from models.losses import RIM, UNKNOWN


def drawn(**changes):
    """One wall down the middle of 20 x 20 pixels of half a metre, one closed yard, one open."""
    return {
        "gsd_m": 0.5,
        "window": [0, 0, 20, 20],
        "walls": [[[10, 0], [10, 20]]],
        "yards": [
            {"polygon": [[0, 0], [5, 0], [5, 5], [0, 5]], "closed": True},
            {"polygon": [[0, 10], [5, 10], [5, 15], [0, 15]], "closed": False},
        ],
        "ignore": [],
    } | changes


def test_a_wall_is_two_pixels_wide_with_a_rim_of_doubt():
    wall = from_outlines(drawn(), (20, 20))["wall"]
    assert wall[10].tolist() == [0] * 8 + [RIM, 1, 1, RIM] + [0] * 8


def test_a_closed_yard_is_a_yard_and_an_open_one_is_not():
    yard = from_outlines(drawn(), (20, 20))["yard"]
    assert yard[:5, :5].all()
    assert yard.sum() == 25


def test_beyond_the_window_and_in_ignored_ground_nobody_looked():
    labels = from_outlines(
        drawn(window=[2, 0, 20, 18], ignore=[[[12, 0], [20, 0], [20, 4], [12, 4]]]), (20, 20)
    )
    for label in labels.values():
        assert (label[:, :2] == UNKNOWN).all()
        assert (label[18:] == UNKNOWN).all()
        assert (label[:4, 12:] == UNKNOWN).all()
        assert (label[4:18, 12:] == 0).all()


def test_walls_inside_ignored_ground_are_unknown_too():
    everything = [[0, 0], [20, 0], [20, 20], [0, 20]]
    wall = from_outlines(drawn(ignore=[everything]), (20, 20))["wall"]
    assert (wall == UNKNOWN).all()


def test_a_picture_without_walls_says_there_are_none():
    wall = from_outlines(drawn(walls=[], yards=[]), (20, 20))["wall"]
    assert not wall.any()


def test_a_missing_key_is_named():
    with pytest.raises(InputError, match="'walls' is missing"):
        from_outlines({"gsd_m": 1, "window": [0, 0, 1, 1]}, (2, 2))


@pytest.mark.parametrize("missing", ["polygon", "closed"])
def test_a_yard_that_lacks_a_key_is_refused_and_the_key_named(missing):
    yard = {"polygon": [[0, 0], [5, 0], [5, 5]], "closed": True}
    del yard[missing]
    with pytest.raises(InputError, match=f"'{missing}' is missing"):
        from_outlines(drawn(yards=[yard]), (20, 20))


@pytest.mark.parametrize("closed", [True, False])
def test_a_yard_of_two_corners_is_refused_and_counted_out(closed):
    yard = {"polygon": [[0, 0], [5, 0]], "closed": closed}
    with pytest.raises(InputError, match="Drawn yard 3 has 2 corners"):
        from_outlines(drawn(yards=[*drawn()["yards"], yard]), (20, 20))


@pytest.mark.parametrize("window", [[-1, -1, 21, 21], [-0.6, -30, 20.4, 90]])
def test_a_window_drawn_beyond_the_picture_holds_all_of_it(window):
    labels = from_outlines(drawn(), (20, 20))
    beyond = from_outlines(drawn(window=window), (20, 20))
    for head in ("wall", "yard"):
        np.testing.assert_array_equal(beyond[head], labels[head])


def test_pixels_belong_to_the_shape_that_holds_their_centre():
    assert burn([box(1, 1, 3, 2)], (4, 4)).astype(int).tolist() == [
        [0, 0, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_holes_stay_free_even_where_another_shape_ends():
    ring = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    inside = burn([ring], (9, 9))
    assert not inside[3:6, 3:6].any()
    assert inside.sum() == 81 - 9
    assert burn([box(4, 4, 5, 5), ring], (9, 9))[4, 4]


def test_polygons_are_burnt_out_of_however_many_collections():
    deep = GeometryCollection(
        [Point(5, 5), GeometryCollection([MultiPolygon([box(1, 1, 3, 2)])])]
    )
    np.testing.assert_array_equal(burn([deep], (9, 9)), burn([box(1, 1, 3, 2)], (9, 9)))


@pytest.mark.parametrize("yes", [1, 255])
def test_masks_come_in_ones_or_in_white(yes):
    mask = np.array([[0, yes]], np.uint8)
    assert from_mask(mask).tolist() == [[0, 1]]


def test_a_coloured_mask_is_refused():
    with pytest.raises(ShapeError, match="one band"):
        from_mask(np.zeros((4, 4, 3), np.uint8))


def test_classes_become_yes_no_and_unknown():
    classes = np.array([[0, 1, 2, 5]], np.uint8)
    assert from_classes(classes, yes=(1, 2), unknown=(5,)).tolist() == [[0, 1, 1, UNKNOWN]]


def test_all_but_drawn_roofs_is_none_and_their_outlines_are_in_doubt():
    square = [[20, 20], [40, 20], [40, 40], [20, 40]]
    shed = [[60, 60], [70, 60], [70, 70], [60, 70]]
    labels = from_roofs({"roofs": [square], "unsure": [shed]}, (80, 80), 0.35)
    assert labels[30, 30] == 1
    assert labels[30, 50] == labels[5, 5] == 0
    assert (labels[30, 18:22] == UNKNOWN).all()  # 0.7 m are two pixels on either side
    assert labels[30, 17] == 0
    assert labels[30, 22] == 1
    assert (labels[60:70, 60:70] == UNKNOWN).all()


def test_beyond_the_windows_that_were_drawn_others_are_asked():
    roof = [[10, 10], [30, 10], [30, 30], [10, 30]]  # runs over the rim of the first window
    drawn = {"roofs": [roof], "unsure": [], "windows": [[0, 0, 20, 40], [60, 60, 80, 80]]}
    alone = from_roofs(drawn, (80, 80), 0.5)
    assert alone[20, 15] == 1
    assert alone[35, 15] == alone[70, 70] == 0
    assert (alone[:, 20:60] == UNKNOWN).all()
    blocks = np.zeros((80, 80), np.uint8)
    blocks[:, 40:] = UNKNOWN
    both = from_roofs(drawn, (80, 80), 0.5, beyond=blocks)
    assert both[20, 15] == 1
    assert (both[:, 20:40] == 0).all()
    assert (both[:60, 40:] == UNKNOWN).all()
    assert both[70, 70] == 0
    assert blocks[70, 70] == UNKNOWN  # what was said before stays as it was


def test_an_outline_is_in_doubt_by_a_pixel_at_least():
    square = [[20, 20], [40, 20], [40, 40], [20, 40]]
    labels = from_roofs({"roofs": [square], "unsure": []}, (80, 80), 1.0)
    assert labels[30, 18] == 0
    assert (labels[30, 19:21] == UNKNOWN).all()
    assert labels[30, 21] == 1


def test_drawn_roofs_without_a_key_are_refused():
    with pytest.raises(InputError, match="'unsure' is missing"):
        from_roofs({"roofs": []}, (8, 8), 0.5)
