"""A dossier that prints, fetches nothing and shows no more than its level."""

import re
import sys
from dataclasses import replace

import pytest

from aoi.outputs.dossier import print_pdf, write_dossier
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.outputs.leaving_drawn import judged, leaving
from tests.conftest import needs_package


@pytest.fixture(autouse=True)
def _no_pdf(request, monkeypatch):
    """Printing takes seconds a page; only the tests that ask for it print."""
    if "slow" not in request.keywords:
        monkeypatch.setitem(sys.modules, "weasyprint", None)


def text_of(folder, left, name="dossier.html"):
    write_dossier(folder, left)
    return (folder / name).read_text("utf-8")


def test_there_is_a_page_a_layout_and_one_of_the_run(tmp_path):
    text_of(tmp_path, judged())
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.html"))
    assert names == ["dossier.html", *(f"layouts/c-{n:010x}.html" for n in range(1, 5))]


def test_verdict_reasons_numbers_and_changes_stand_on_the_page(tmp_path):
    text = text_of(tmp_path, judged())
    assert "Not a walled compound" in text
    assert "closed on 96 % of its perimeter" in text
    assert "not measured" in text
    assert "2024-01-01" in text
    assert "accuses nobody" in text
    assert text.count("<article") == 4


def test_changes_outside_all_layouts_stand_on_the_first_page_with_what_was_said(tmp_path):
    left = judged()
    changes = left.layers["changes"].assign(
        compound_id=None, verdict=["as_told", None], verdict_note=["A <new> roof.", None],
        seen_as=["built", None], kind=["built", "unchanged"],
    )  # fmt: skip
    text = text_of(tmp_path, replace(left, layers={**left.layers, "changes": changes}))
    cover = text[: text.index("<article")]
    assert "As told. Built. A &lt;new&gt; roof." in cover
    assert "x-1" in cover
    assert "x-2" not in cover, "what stayed as it was is no change"


def test_pages_ask_for_nothing_and_run_nothing(tmp_path):
    text = text_of(tmp_path, leaving())
    assert "default-src 'none'" in text
    assert re.findall(r"(?:src|href)=\"(?!data:)", text) == []
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_coarse_layout_has_a_cell_and_no_picture(tmp_path):
    text = text_of(tmp_path, leaving("partner"))
    assert text.count("Within a cell around") == 4  # twice each: in the table and on its page
    assert text.count("data:image/jpeg") == 1
    assert "left out of this copy" in text
    assert "ana" not in re.findall(r"Judged by</dt><dd>(.*?)</dd>", text)


def test_most_layouts_are_said_to_be_elsewhere(tmp_path):
    write_dossier(tmp_path, leaving(), limit=2)
    assert "2 of 4 layouts" in (tmp_path / "dossier.html").read_text()


def test_a_run_that_found_nothing_still_has_a_dossier(tmp_path):
    assert "0 of 0 layouts" in text_of(tmp_path, leaving("public", settled={}))


def test_without_the_extra_the_sentence_says_what_to_install(tmp_path):
    with pytest.raises(InputError, match="pip install weasyprint"):
        print_pdf(tmp_path / "x.html", {})


@pytest.mark.slow
def test_the_pdf_has_its_pages_and_its_picture(tmp_path):
    needs_package("weasyprint")
    pdfium = needs_package("pypdfium2")
    write_dossier(tmp_path, leaving(), limit=2)
    with pdfium.PdfDocument(tmp_path / "dossier.pdf") as document:
        assert len(document) == 3
        page = document[1]
        colours = {tuple(c) for c in page.render(scale=0.5).to_numpy().reshape(-1, 3)[::50]}
        words = page.get_textpage().get_text_range()
    assert len(colours) > 30
    assert "c-0000000001" in words
    assert drawn.HOSTILE.split()[0] in words
    with pdfium.PdfDocument(tmp_path / "layouts" / "c-0000000002.pdf") as document:
        assert len(document) == 1
        assert "c-0000000002" in document[0].get_textpage().get_text_range()
