"""Claims that stand in a file."""

from datetime import date

import pytest

from aoi.runs.audit_claims import read_claims
from geo.change.decide import Kind
from geo.errors import InputError


def test_a_file_holds_one_claim_a_zone(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(
        '[[claim]]\nnumber = 101\nof = 148\nby = 2025-11-09\nzone = "A"\nsource = "press"\n'
        '[[claim]]\nnumber = 3\nkind = "built"\n'
    )
    one, other = read_claims(str(path))
    assert (one.number, one.of, one.by, one.zone, one.source) == (
        101,
        148,
        date(2025, 11, 9),
        "A",
        "press",
    )
    assert one.quote == "101 of 148 buildings demolished by 2025-11-09 in A"
    assert other.kind == Kind.BUILT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no claim"),
        ("number = ", "not TOML"),
        ("[[claim]]\nkind = 'demolished'", "claim 1: number"),
        ("[[claim]]\nnumber = 'many'", "claim 1: number"),
        ("[[claim]]\nnumber = 1\n[[claim]]\nnumber = 1\nkind = 'eaten'", "claim 2: kind"),
        ("[[claim]]\nnumber = 1\nby = 'soon'", "claim 1: by"),
        ("[[claim]]\nnumber = 1\nwhen = 2025-01-01", "unknown key when"),
        ("claim = [3]", r"a claim is a \[\[claim\]\] table, not 3"),
    ],
)
def test_a_faulty_file_names_the_claim_and_the_key(text, why, tmp_path):
    (tmp_path / "claims.toml").write_text(text)
    with pytest.raises(InputError, match=why):
        read_claims(str(tmp_path / "claims.toml"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        read_claims(str(tmp_path / "nowhere.toml"))
