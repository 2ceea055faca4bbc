"""What a person sees while work goes on, and that a machine sees nothing of it."""

import io
import sys

import pytest

from aoi.cli.common import watch_progress, watch_steps


class Terminal(io.StringIO):
    """A terminal, as far as bars can tell."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes stderr a terminal, from which one can read what was written."""

    def make():
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return make


def test_where_nobody_watches_there_is_nobody_to_tell(capsys):
    with watch_steps() as steps, watch_progress() as tiles:
        assert steps is None
        assert tiles is None
    assert capsys.readouterr().err == ""


def test_each_kind_of_work_has_its_bar_with_how_much_is_done(terminal):
    screen = terminal()
    with watch_steps() as steps:
        steps("fetching", 1, 3)
        steps("fetching", 2, 3)
    told = screen.getvalue()
    assert "fetching" in told
    assert "2/3" in told


def test_a_scan_shows_its_fetch_and_then_its_tiles(terminal):
    screen = terminal()
    with watch_steps() as steps, watch_progress() as tiles:
        steps("fetching", 1, 2)
        steps("fetching", 2, 2)
        after = len(screen.getvalue())
        tiles("scene", 1, 5_000_000, 10_000_000)
        tiles("scene", 2, 10_000_000, 10_000_000)
    told = screen.getvalue()
    assert "2/2" in told[:after]
    assert "fetching" not in told[after:]
    assert "2 tiles" in told[after:]


def test_work_that_begins_anew_is_shown_anew(terminal):
    screen = terminal()
    with watch_steps() as steps:
        steps("dating changes", 1, 1)
        first = len(screen.getvalue())
        steps("dating changes", 1, 4)
    assert "1/4" in screen.getvalue()[first:]
