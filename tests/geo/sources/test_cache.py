"""What the cache leaves alone, and what a torn or closed disk does to it."""

import pytest

from geo.errors import OutputError
from geo.sources.cache import Cache


def test_looking_for_what_is_not_there_makes_no_folder(tmp_path):
    cache = Cache(tmp_path / "cache")
    assert cache.known("https://a/b.tif") is None
    assert cache.page("what is there?") is None
    assert cache.read("ab" * 32) is None
    assert not cache.folder.exists()


def test_a_cache_that_cannot_be_written_can_be_looked_into(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = Cache(tmp_path / "cache")
    assert cache.known("https://a/b.tif") is None
    assert cache.page("what is there?") is None
    with pytest.raises(OutputError, match="cannot be written"):
        cache.keep_page("what is there?", b"answer")
    with pytest.raises(OutputError, match="cannot be written"):
        cache.keep_part("https://a/b.tif", 0, b"bytes", total=5, mark="1")


def test_what_was_kept_is_there_again(tmp_path):
    Cache(tmp_path).keep_part("https://a/b.tif", 3, b"bytes", total=99, mark="1")
    Cache(tmp_path).keep_page("what is there?", b"answer")
    [part] = Cache(tmp_path).known("https://a/b.tif").parts
    assert (part.start, part.stop, Cache(tmp_path).read(part.sha256)) == (3, 8, b"bytes")
    assert Cache(tmp_path).page("what is there?").body == b"answer"


def test_a_torn_object_is_not_there_even_where_it_may_not_be_removed(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    sha256 = cache.keep(b"bytes")
    torn = tmp_path / "objects" / sha256[:2] / sha256
    torn.write_bytes(b"byt")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", refuse)
        assert cache.read(sha256) is None
    assert cache.read(sha256) is None
    assert not torn.exists()
