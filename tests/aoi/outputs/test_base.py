"""A package remembers how it was written, and its hash is of what it holds."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from aoi.outputs.base import changed_rows, read_base
from aoi.outputs.contents import contents_of
from aoi.outputs.manifest import hash_file, outputs_of
from aoi.outputs.package import write_package
from geo.errors import InputError
from tests.aoi.outputs import drawn


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    layers = drawn.layers()
    layers["compounds"]["verdict"] = ["walled_compound", None, None, None]
    return write_package(folder / "stockade.gpkg", layers, drawn.UTM, decisions=3)


@pytest.fixture
def package(written, tmp_path):
    return shutil.copyfile(written, tmp_path / "stockade.gpkg")


def edit(path, *statements):
    with closing(sqlite3.connect(path)) as db:
        for trigger in [
            r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        ]:
            db.execute(f'DROP TRIGGER "{trigger}"')
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_the_base_gives_back_verdicts_outlines_and_the_count(package):
    bases, decisions = read_base(package)
    assert decisions == 3
    assert bases["c-0000000001"].words["verdict"] == "walled_compound"
    assert bases["c-0000000002"].words == dict.fromkeys(
        ("verdict", "kind", "corroboration", "note")
    )
    assert bases["x-1"].words == bases["c-0000000002"].words
    layers = drawn.layers()
    wanted = [*layers["compounds"].geometry, *layers["changes"].geometry]
    assert all(b.outline.equals(s) for b, s in zip(bases.values(), wanted, strict=True))


def test_bytes_may_move_while_the_contents_stay(package):
    before = contents_of(package), hash_file(package)
    edit(
        package, "UPDATE gpkg_contents SET last_change = '2026-01-01T00:00:00.000Z', min_x = 0"
    )
    assert contents_of(package) == before[0]
    assert hash_file(package) != before[1]
    assert changed_rows(package) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE compounds SET score = 0.94 WHERE fid = 1",
        "UPDATE compounds SET verdict = NULL WHERE fid = 1",
        "DELETE FROM walls WHERE fid = 2",
        "INSERT INTO yards (id) VALUES ('y-9')",
        "UPDATE sites SET geom = NULL WHERE fid = 1",
        "UPDATE layer_styles SET styleQML = replace(styleQML, 'strong', 'weak')",
        "UPDATE gpkg_data_columns SET description = 'x' WHERE column_name = 'score'",
        "UPDATE gpkg_spatial_ref_sys SET definition = 'x' WHERE srs_id = 32648",
        "UPDATE gpkg_geometry_columns SET srs_id = 4326 WHERE table_name = 'walls'",
        "DELETE FROM stockade_base WHERE id = 'c-0000000001'",
        "UPDATE stockade_rows SET sha256 = '' WHERE fid = 1",
        "ALTER TABLE compounds RENAME COLUMN score TO rating",
    ],
)
def test_whatever_a_reader_could_see_counts(package, change):
    before = contents_of(package)
    edit(package, change)
    assert contents_of(package) != before


def test_changed_rows_are_named(package):
    edit(
        package,
        "UPDATE compounds SET note = 'gate' WHERE fid = 2",
        "DELETE FROM walls WHERE fid = 2",
        "INSERT INTO yards (id) VALUES ('y-9')",
    )
    assert changed_rows(package) == [
        ("compounds", 2, "changed"), ("walls", 2, "removed"), ("yards", 2, "added"),
    ]  # fmt: skip


def test_the_manifest_holds_both_hashes(package):
    [output] = outputs_of(package.parent)
    assert output.contents == contents_of(package)
    assert output.sha256 == hash_file(package)


def test_another_file_is_refused_with_advice(tmp_path):
    (tmp_path / "x.gpkg").write_bytes(b"not a package at all")
    with pytest.raises(InputError, match="cannot be read"):
        contents_of(tmp_path / "x.gpkg")
    with closing(sqlite3.connect(tmp_path / "y.gpkg")) as db:
        db.execute("CREATE TABLE t (a)")
        db.commit()
    with pytest.raises(InputError, match="does not remember"):
        read_base(tmp_path / "y.gpkg")
