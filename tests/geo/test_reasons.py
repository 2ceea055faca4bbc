"""Numbers in words."""

import pytest

from geo.evidence import EVIDENCE
from geo.reasons import SENTENCES, percent, spelt, tell
from geo.term import KNOWN


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("closure", 0.96, "closed on 96 % of its perimeter"),
        ("closure", 0.999, "closed on 99 % of its perimeter"),
        ("closure", 1.0, "closed on 100 % of its perimeter"),
        ("largest_gap_m", 5.2, "widest gap 5 m"),
        ("gates", 0, "no entrance seen"),
        ("gates", 1, "a single entrance"),
        ("gates", 3, "three entrances"),
        ("double_perimeter", 0.0, "no second wall"),
        ("double_perimeter", 0.4, "second wall along 40 % of its perimeter"),
        ("area_ha", 8.34, "8.3 ha inside its perimeter"),
        ("buildings", 0, "no building inside"),
        ("buildings", 1, "a single building"),
        ("buildings", 41, "forty-one buildings"),
        ("roof_size_cv", 0.2, "roofs much alike (spread 0.2 of the mean)"),
        ("spacing_cv", 0.8, "buildings unevenly spaced (spread 0.8 of the mean)"),
        ("courtyard_share", 0.0, "no court closed by buildings"),
        ("isolation_m", 500.0, "no building outside within 500 m"),
        ("isolation_m", 0.0, "a building outside stands against its perimeter"),
        ("isolation_m", 42.4, "nearest building outside 42 m away"),
        ("roof_mean_m2", 1240.0, "roofs of 1,240 m² on average"),
    ],
)
def test_evidence_reads_as_a_sentence(name, value, sentence):
    assert {tell(name, {name: value}, weight) for weight in (-1.0, 1.0)} == {sentence}


@pytest.mark.parametrize(
    ("value", "weight", "words"),
    [
        (0.98, 0.3, "forty-one buildings in parallel rows"),
        (0.6, 0.3, "forty-one buildings, most of them aligned"),
        (0.2, 0.3, "forty-one buildings facing many ways"),
        (0.95, -0.2, "forty-one buildings, not all in one direction"),
        (0.6, -1.9, "forty-one buildings, not all in one direction"),
        (0.2, -3.0, "forty-one buildings facing many ways"),
    ],
)
def test_rows_name_how_many_stand_in_them_and_never_contradict_their_sign(value, weight, words):
    evidence = {"row_parallelism": value, "buildings": 41}
    assert tell("row_parallelism", evidence, weight) == words


def test_counts_are_words_below_a_hundred():
    assert [spelt(n) for n in (0, 7, 19, 20, 21, 99, 100, 1250)] == [
        "no",
        "seven",
        "nineteen",
        "twenty",
        "twenty-one",
        "ninety-nine",
        "100",
        "1,250",
    ]


def test_only_what_is_whole_is_a_hundred_per_cent():
    assert percent(0.9999) == "99 %"
    assert percent(1.0) == "100 %"


def test_everything_a_card_may_speak_of_has_its_sentence():
    assert set(SENTENCES) | {"cut_by_edge"} == set(KNOWN)
    assert set(EVIDENCE) <= set(KNOWN)


def test_what_has_no_sentence_is_told_as_a_number():
    assert tell("new_roofs", {"new_roofs": 4.0}, 1.0) == "new_roofs 4"
