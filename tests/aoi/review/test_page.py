"""The page in a real browser: by keyboard alone, two at once, on any screen."""

import pytest
import shapely

from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import live
from tests.aoi.review.conftest import FACTORY, PARK, SCHOOL
from tests.conftest import needs_package

RUN_ID = "r-20251103-drawn"

pytestmark = pytest.mark.slow


def test_an_evening_by_keyboard_alone(serve, open_page, run):
    [link] = serve("ana")
    ana = open_page(link)
    ana.page.wait_for_selector(f"body[data-chip='{PARK}']", timeout=30_000)
    assert "Why this score" in ana.text("#words")
    ana.press("t")
    ana.page.keyboard.type("Closed")
    ana.press("Escape", "n")
    ana.page.keyboard.type("Walls on all sides, 123 roofs")
    ana.press("Escape", "1")
    ana.said("Saved: Walled compound")
    assert ana.shown() == FACTORY
    ana.press("2")
    ana.said("Saved: Not a walled compound")
    ana.press("3")
    ana.said("Saved: Cannot tell")
    ana.press("z")
    ana.said("Undone")
    assert ana.shown() == SCHOOL
    assert ana.text("#done") == "2 of 6 done"
    first = next(e for e in DecisionLog(run, RUN_ID).entries() if e.candidate == PARK)
    assert (first.who, first.kind, first.note) == (
        "ana", "closed_compound", "Walls on all sides, 123 roofs",
    )  # fmt: skip
    ana.page.reload()
    ana.page.wait_for_selector("body[data-ready]")
    ana.settled()
    assert ana.text("#done") == "2 of 6 done"
    assert ana.shown() == SCHOOL


def test_an_outline_is_moved_by_arrow_keys_and_kept(serve, open_page, run):
    [link] = serve("ana")
    ana = open_page(link)
    ana.press("e")
    corner = ana.page.locator(".corner").first
    corner.focus()
    for _ in range(3):
        ana.page.keyboard.press("Shift+ArrowLeft")
    ana.page.keyboard.press("Enter")
    ana.said("Saved for")
    [entry] = live(DecisionLog(run, RUN_ID).entries())
    assert entry.candidate == PARK
    moved = [x for x, _ in shapely.from_wkt(entry.outline).exterior.coords]
    assert any(x == pytest.approx(480_150 - 15, abs=0.1) for x in moved)
    ana.press("d")
    ana.page.keyboard.press("Enter")
    ana.said("Saved for p-")
    assert ana.shown().startswith("p-")


def test_two_browsers_at_once_see_each_other_and_a_third_settles(serve, open_page):
    links = serve("ana", "ben")
    ana, ben = (open_page(link) for link in links)
    ana.press("1")
    ana.said("Saved")
    ben.row(PARK, "Walled")
    ben.press("2")
    ben.said("Saved")
    ana.row(PARK, "differ")
    ana.page.click("#agree")
    ana.page.wait_for_selector("dialog[open]")
    assert "0 of 1 verdicts agree" in ana.text("#dialog")


def test_blind_reviewers_are_shown_no_score(serve, open_page):
    [link] = serve("ana", blind=True)
    ana = open_page(link)
    ana.page.select_option("#filter", "all")
    ana.page.click(f"#row-{PARK}")
    ana.settled()
    assert "Score hidden" in ana.text("#words")
    assert "Why this score" not in ana.text("#words")
    assert "0.93" not in ana.text("body")
    assert ana.page.is_disabled("#heat")


def test_names_from_files_are_text_and_never_markup(serve, open_page):
    [link] = serve("<b id=who1>ana</b>")
    page = open_page(link)
    assert "<script>alert('x')</script>" in page.text("#words")
    assert page.page.locator("script:not([src])").count() == 0
    assert page.page.locator("#who1").count() == 0


SCREENS = [
    {"viewport": {"width": 1280, "height": 800}},
    {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    {"viewport": {"width": 640, "height": 400}},  # 1280 x 800 at 200 %
    {"viewport": {"width": 820, "height": 1180}, "reduced_motion": "reduce"},
    {"viewport": {"width": 360, "height": 740}},
]
"""Laptop, dark, enlarged twice, tablet, telephone."""


@pytest.mark.parametrize("screen", SCREENS)
def test_no_accessibility_fault_on_any_screen(serve, open_page, screen):
    needs_axe = needs_package("axe_playwright_python.sync_playwright")
    [link] = serve("ana")
    ana = open_page(link, **screen)
    ana.press("1")
    ana.said("Saved")
    for prepare in ((), ("e",), ("Escape", "?")):
        ana.press(*prepare)
        ana.page.wait_for_timeout(300)
        found = needs_axe.Axe().run(ana.page)
        assert found.violations_count == 0, found.generate_report()
    width = ana.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "the page must not scroll sideways"


def test_every_control_is_reached_by_tab_and_has_a_name(serve, open_page):
    [link] = serve("ana")
    ana = open_page(link)
    ana.page.keyboard.press("?")
    ana.page.keyboard.press("Escape")
    seen = set()
    for _ in range(60):
        ana.page.keyboard.press("Tab")
        seen.add(
            ana.page.evaluate("document.activeElement.id || document.activeElement.textContent")
        )
    assert {"undo", "agree", "help", "filter", "rows", "map", "kind", "note", "save"} <= seen


def test_a_site_without_a_layout_is_shown_and_cannot_be_judged(serve, open_page):
    [link] = serve("ana")
    ana = open_page(link)
    ana.page.select_option("#filter", "not_detected")
    ana.page.click("#row-xx-drawn-house")
    ana.settled()
    assert "Nothing was found at this registered site" in ana.text("#words")
    assert ana.page.locator("#verdicts button:disabled").count() == 3


def test_a_missing_picture_leaves_the_outline_and_a_sentence(serve, open_page, run):
    (run.parent / "drawn scene.tif").unlink()
    [link] = serve("ana")
    ana = open_page(link)
    assert "not where it was" in ana.text("#unseen")
    ana.press("3")
    ana.said("Saved: Cannot tell")


def test_a_program_that_went_away_costs_no_typed_word(serve, open_page, run):
    [link] = serve("ana")
    ana = open_page(link)
    ana.page.context.set_offline(True)
    ana.press("n")
    ana.page.keyboard.type("A long thought")
    ana.page.keyboard.press("Escape")
    ana.page.keyboard.press("1")
    ana.page.wait_for_selector("#alert:not([hidden])")
    assert "does not answer" in ana.text("#alert")
    assert ana.page.input_value("#note") == "A long thought"
    ana.page.context.set_offline(False)
    ana.page.keyboard.press("1")
    ana.said("Saved")
    [entry] = live(DecisionLog(run, RUN_ID).entries())
    assert entry.note == "A long thought"
    ana.faults.clear()  # the browser's own words about being offline
