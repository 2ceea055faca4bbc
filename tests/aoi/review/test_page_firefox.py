"""The page in another make of browser: judged, drawn and undone by keyboard."""

import pytest
import shapely

from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import live
from tests.aoi.review.conftest import FACTORY, PARK, SCHOOL
from tests.aoi.review.firefox import PROGRAM, Firefox
from tests.conftest import needs

RUN_ID = "r-20251103-drawn"

pytestmark = pytest.mark.slow


@pytest.fixture
def firefox(tmp_path):
    needs(PROGRAM, "Firefox (Debian: firefox-esr)")
    browser = Firefox(tmp_path / "profile")
    yield browser
    complaints, strangers = browser.complaints(), browser.strangers()
    browser.close()
    assert complaints == []
    assert strangers == [], "the page asked another host"


def test_an_evening_by_keyboard_alone(serve, firefox, run):
    [link] = serve("ana")
    firefox.open(link)
    firefox.until("return document.body.dataset.chip === arguments[0]", PARK)
    assert "Why this score" in firefox.text("#words")
    firefox.press("n")
    firefox.type("Walls on all sides, 123 roofs")
    firefox.press("Escape", "1")
    firefox.said("Saved: Walled compound")
    assert firefox.shown() == FACTORY
    firefox.press("2")
    firefox.said("Saved: Not a walled compound")
    firefox.press("3")
    firefox.said("Saved: Cannot tell")
    firefox.press("z")
    firefox.said("Undone")
    assert firefox.shown() == SCHOOL
    entries = DecisionLog(run, RUN_ID).entries()
    assert (
        next(e for e in entries if e.candidate == PARK).note == "Walls on all sides, 123 roofs"
    )
    firefox.open(link)
    assert firefox.text("#done") == "2 of 6 done"
    assert firefox.shown() == SCHOOL


def test_an_outline_is_moved_by_arrow_keys_and_kept(serve, firefox, run):
    [link] = serve("ana")
    firefox.open(link)
    firefox.press("e")
    firefox.run("document.querySelector('.corner').focus()")
    firefox.press(*["Shift+ArrowLeft"] * 3, "Enter")
    firefox.said("Saved for")
    [entry] = live(DecisionLog(run, RUN_ID).entries())
    moved = [x for x, _ in shapely.from_wkt(entry.outline).exterior.coords]
    assert any(x == pytest.approx(480_150 - 15, abs=0.1) for x in moved)
