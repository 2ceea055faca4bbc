"""Changes, several runs, the ways out and long queues, in a real browser."""

import pytest
import shapely

from aoi.outputs.manifest_read import read_manifest
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import live, standing
from tests.aoi.review.conftest import BUILT, FACTORY, GONE, PARK
from tests.aoi.review.measure import FRAMES, draw
from tests.conftest import needs_package

pytestmark = pytest.mark.slow


def said(folder):
    run_id = read_manifest(folder / "manifest.json").run_id
    return live(DecisionLog(folder, run_id).entries())


def at_the_change(serve, open_page, pair, name=GONE):
    """Open the comparison at one of its changes."""
    [link] = serve("ana", folders=(pair,))
    ana = open_page(link)
    ana.page.select_option("#filter", "told_change")
    ana.page.click(f"#row-{name}")
    ana.settled()
    ana.page.keyboard.press("q")
    return ana


def test_a_change_is_judged_by_keyboard_with_both_dates_side_by_side(serve, open_page, pair):
    ana = at_the_change(serve, open_page, pair, BUILT)
    ana.until("name => document.body.dataset.chip === name", BUILT)
    assert ana.page.locator("#beside figure img").count() == 2
    captions = ana.page.locator("#beside figcaption").all_inner_texts()
    assert [text.split()[0] for text in captions] == ["before", "after"]
    assert "2024-01-01" in ana.text("#beside figure:first-child")
    assert "What was told" in ana.text("#words")
    ana.press("p")
    assert ana.page.is_hidden("#beside")
    ana.press("s")
    assert ana.page.is_visible("#swipe_at")
    ana.press("b", "p")
    assert ana.page.is_visible("#beside")
    ana.press("t")
    ana.page.keyboard.type("Sun, sh")
    ana.press("Escape", "n")
    ana.page.keyboard.type("a shadow moved")
    ana.press("Escape", "2")
    ana.said("Saved: Not as told")
    assert ana.shown() == GONE, "it goes on to the next change"
    ana.press("1")
    ana.said("Saved: As told")
    told = {entry.candidate: entry for entry in said(pair)}
    assert (told[BUILT].verdict, told[BUILT].kind) == ("not_as_told", "shadow")
    assert told[BUILT].note == "a shadow moved"
    assert told[GONE].verdict == "as_told"
    ana.press("z")
    ana.said("Undone: x-2")


def test_several_runs_make_one_queue_and_keep_their_own_logs(serve, open_page, run, pair):
    [link] = serve("ana", folders=(run, pair))
    ana = open_page(link)
    assert ana.text("#done") == "0 of 12 done"
    assert ana.shown() == f"0~{PARK}"
    ana.press("1")
    ana.said("Saved")
    assert ana.shown() == f"1~{PARK}", "the other run's best comes next"
    ana.page.wait_for_selector(f"body[data-chip='1~{PARK}']", timeout=30_000)
    ana.press("2")
    ana.said("Saved")
    ana.page.select_option("#run", "1")
    assert ana.page.locator("#rows li").count() == 6  # what is chosen stays in the list
    ana.press("z", "z")
    ana.said(f"Undone: 0~{PARK}")
    assert said(run) == said(pair) == []


def test_what_leaving_costs_is_laid_over_the_picture(serve, open_page):
    [link] = serve("ana")
    ana = open_page(link)
    ana.press("l")
    ana.until("name => document.body.dataset.ways === name", PARK)
    assert ana.page.locator(".leaflet-heat-pane img[src*=escape]").count() == 1
    ana.press("l")
    assert ana.page.locator(".leaflet-heat-pane img[src*=escape]").count() == 0


@pytest.mark.parametrize("screen", [{}, {"viewport": {"width": 820, "height": 1180}}])
def test_no_accessibility_fault_beside_a_change(serve, open_page, pair, screen):
    needs_axe = needs_package("axe_playwright_python.sync_playwright")
    [link] = serve("ana", folders=(pair,))
    ana = open_page(link, **screen)
    ana.page.select_option("#filter", "told_change")
    ana.page.click(f"#row-{GONE}")
    ana.settled()
    ana.page.wait_for_timeout(500)
    found = needs_axe.Axe().run(ana.page)
    assert found.violations_count == 0, found.generate_report()
    assert ana.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """A drawn run of a thousand layouts."""
    folder = tmp_path_factory.mktemp("thousand") / "run"
    draw(folder, 1000)
    return folder


def test_twenty_of_a_thousand_are_judged_one_is_edited_and_one_undone(
    serve, open_page, thousand
):
    [link] = serve("ana", folders=(thousand,))
    ana = open_page(link)
    for n in range(20):
        before = ana.shown()
        ana.press("123"[n % 3])
        ana.until("before => document.body.dataset.shown !== before", before)
    ana.press("e")
    ana.page.locator(".corner").first.focus()
    ana.page.keyboard.press("Shift+ArrowLeft")
    ana.page.keyboard.press("Enter")
    ana.said("Saved for")
    edited = ana.shown()
    ana.press("1")
    ana.said("Saved: Walled compound")
    ana.press("z")
    ana.said("Undone")
    ana.page.reload()
    ana.page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert ana.text("#done") == "20 of 1000 done"
    entries = said(thousand)
    assert len([entry for entry in entries if entry.verdict]) == 20
    [moved] = [entry for entry in entries if entry.outline]
    assert moved.candidate == edited
    assert shapely.from_wkt(moved.outline).is_valid
    assert standing(entries)[edited].verdict is None


def test_a_thousand_rows_scroll(serve, open_page, thousand):
    """Every frame shows rows, none waits longer than a second even on a loaded machine."""
    [link] = serve("ana", folders=(thousand,))
    ana = open_page(link)
    assert ana.page.locator("#rows li").count() >= 979
    frames = sorted(ana.page.evaluate(FRAMES))
    assert len(frames) == 119
    assert frames[len(frames) // 2] < 250
    assert frames[-1] < 1000


def test_two_browsers_on_two_runs_see_each_other(serve, open_page, run, pair):
    links = serve("ana", "ben", folders=(run, pair))
    ana, ben = (open_page(link) for link in links)
    ana.page.click(f"[id='row-1~{FACTORY}']")
    ana.settled()
    ana.press("2")
    ana.said("Saved")
    ben.row(f"1~{FACTORY}", "Not a walled")
