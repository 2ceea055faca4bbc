"""What a training is made of, and what it leaves out."""

from models.recipe import without
from models.sets import LabelledSet


def labelled(place, split, **more):
    """One set of a place."""
    return LabelledSet(name=place, place=place, split=split, images="*", licence="", **more)


def test_a_place_left_out_is_gone_and_the_walls_of_all_others_are_learned_from():
    listed = [
        labelled("Tripoli", "train", outlines="a"),
        labelled("Tripoli V2", "train", outlines="a"),
        labelled("Mekele", "val", outlines="a"),
        labelled("Vienna", "val", labels={"building": "m"}),
    ]
    kept = {one.place: one.split for one in without(listed, "Tripoli")}
    assert kept == {"Mekele": "train", "Vienna": "val"}
