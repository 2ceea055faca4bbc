"""A reviewer's browser: real Chromium, the program as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import needs, needs_package

CHROMIUM = "/usr/bin/chromium"
MAIN = "from aoi.cli import main; main()"


@pytest.fixture(scope="module")
def chromium():
    """A real Chromium; skipped on a laptop without one."""
    needs(Path(CHROMIUM).exists(), "Chromium (Debian: chromium)")
    playwright = needs_package("playwright.sync_api")
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Page:
    """A reviewer's browser, and all it complained of."""

    def __init__(self, browser, link, **screen):
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **screen}
        )
        self.page = self.context.new_page()
        self.faults, self.strangers = [], []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._asked)
        self.page.goto(link)
        self.page.wait_for_selector("body[data-ready]", timeout=60_000)
        self.settled()

    def _heard(self, message):
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    def _asked(self, request):
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            self.strangers.append(request.url)

    def until(self, words, arg=None):
        """Ask until it is so; the page's own policy forbids scripts that would wait inside."""
        for _ in range(200):
            if self.page.evaluate(words, arg):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never came true: {words} with {arg}")

    def settled(self):
        """Wait until the chosen layout is told."""
        self.until("() => document.body.dataset.shown === document.body.dataset.layout")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(60)
        self.settled()

    def shown(self):
        return self.page.evaluate("document.body.dataset.layout")

    def said(self, words):
        self.until(
            "words => document.getElementById('live').textContent.includes(words)", words
        )

    def row(self, name, words):
        """Wait until a row of the queue says something."""
        self.until(
            "([id, words]) => document.getElementById('row-' + id).textContent.includes(words)",
            [name, words],
        )

    def text(self, selector):
        return self.page.inner_text(selector)


@pytest.fixture
def serve(run):
    """Start the program as a person does; give a link for each reviewer."""
    programs = []

    def start(*names, blind=False, folders=(run,)):
        words = [word for name in names for word in ("--by", name)] + ["--blind"] * blind
        program = subprocess.Popen(
            [sys.executable, "-c", MAIN, "review", *map(str, folders), "--port", "0", *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        programs.append(program)
        return [program.stdout.readline().split(": ", 1)[1].strip() for _ in names]

    yield start
    for program in programs:
        program.terminate()
        program.wait()
        program.stdout.close()


@pytest.fixture
def open_page(chromium):
    pages = []

    def opened(link, **screen):
        pages.append(Page(chromium, link, **screen))
        return pages[-1]

    yield opened
    for one in pages:
        one.context.close()
    for one in pages:
        assert one.faults == []
        assert one.strangers == [], "the page asked another host"
