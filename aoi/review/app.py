"""The page's routes: what the browser may ask, and the sentence it gets where it may not.

    GET /            the page           GET /api/run, queue, changes, layout, agreement
    GET /static/…    what it is made of GET /chip, /tile, /heat, /escape   pictures, on demand
    POST /api/say, /api/undo            the only two that change anything

Only files of ``static`` that were there when the program started are served, by name from a
table; no path from a request ever reaches the disk.  The name of a layout comes last in its
address, for a site or a place may be called ``way/12345``; it too is only looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from aoi.review.answers import crashed, not_so, told, unfit
from aoi.review.door import PASS, Door, Keys
from aoi.review.shelf import Shelf
from aoi.review.tiles import Cut
from aoi.review.told import palette_css, shelf_told
from aoi.review.wish import Wish
from geo.errors import StockadeError

STATIC = Path(__file__).parent / "static"
"""What the page is made of."""

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Files that are served."""

KEEP = "private, max-age=600"
"""How long the browser may keep a picture, so that the next layout is there at once."""


@dataclass(frozen=True, slots=True)
class Office:
    """All that routes lean on."""

    shelf: Shelf
    keys: Keys
    port: int
    files: Mapping[str, tuple[bytes, str]]

    @property
    def cookie(self) -> str:
        """Name of the cookie; cookies do not know ports, so it does."""
        return f"stockade_{self.port}"


class Words(BaseModel):
    """The body of ``/api/say``."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    candidate: str = Field(default="", max_length=100)
    verdict: str | None = Field(default=None, max_length=40)
    kind: str | None = Field(default=None, max_length=40)
    corroboration: str | None = Field(default=None, max_length=40)
    note: str = Field(default="", max_length=4000)
    tags: tuple[str, ...] = Field(default=(), max_length=20)
    outline: list[tuple[float, float]] | None = None
    settle: bool = False
    run: int = Field(default=0, ge=0, description="Of a layout that was drawn just now.")
    since: str = Field(default="", max_length=400, description="What the page knows.")


class Undo(BaseModel):
    """The body of ``/api/undo``."""

    model_config = ConfigDict(extra="forbid")

    again: bool = False
    since: str = Field(default="", max_length=400)


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def _who(request: Request) -> str:
    """Tell who asks, by the key in their cookie.

    Raises:
        HTTPException: 401, without one.
    """
    office = _office(request)
    name = office.keys.who(request.cookies.get(office.cookie))
    if name is None:
        raise HTTPException(401, "Open the link that the terminal printed; it holds your key.")
    return name


def _writer(request: Request) -> str:
    """Tell who asks for a change; our own page knows the pass that goes with their key."""
    office, name = _office(request), _who(request)
    key = request.cookies[office.cookie]
    if request.headers.get(PASS, "") != Keys.pass_of(key):
        raise HTTPException(403, "A change must come from the review page itself. Reload it.")
    return name


Who = Annotated[str, Depends(_who)]
Writer = Annotated[str, Depends(_writer)]
At = Annotated[Office, Depends(_office)]

router = APIRouter()


@router.get("/")
def page(request: Request, office: At, key: str = "") -> Response:
    """Show the page, or take the key out of the address and into a cookie."""
    if key and office.keys.who(key):
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(office.cookie, key, httponly=True, samesite="strict")
        return answer
    if office.keys.who(request.cookies.get(office.cookie)) is None:
        wrong = "This key is not of this session. " if key else ""
        return PlainTextResponse(
            f"{wrong}Open the link that the terminal printed; it holds your key.", 401
        )
    return _file("index.html", office)


@router.get("/static/{name:path}")
def static(name: str, office: At) -> Response:
    """Serve a part of the page."""
    return _file(name, office)


@router.get("/palette.css")
def palette() -> Response:
    """Serve the one palette as variables."""
    return Response(palette_css(), media_type="text/css")


@router.get("/api/run")
def run(request: Request, office: At, who: Who) -> dict[str, object]:
    """Tell of the run, the words to judge with, and who is asking."""
    key = request.cookies[office.cookie]
    return {
        **shelf_told(office.shelf),
        "who": who,
        "pass": Keys.pass_of(key),
        "people": list(office.keys.names),
    }


@router.get("/api/queue")
def queue(office: At, who: Who) -> dict[str, object]:
    """List the layouts."""
    return office.shelf.queue(who)


@router.get("/api/changes")
def changes(office: At, who: Who, since: str) -> dict[str, object]:
    """List what was said since."""
    return office.shelf.changes(who, since)


@router.get("/api/layout/{name:path}")
def layout(name: str, office: At, who: Who) -> dict[str, object]:
    """Tell of one layout."""
    return office.shelf.layout(name, who)


@router.get("/api/agreement")
def agreement(office: At, _: Who) -> dict[str, object]:
    """Tell how far reviewers agree."""
    return office.shelf.agreement()


@router.post("/api/say")
def say(words: Words, office: At, who: Writer) -> dict[str, object]:
    """Write a word down."""
    told = words.model_dump()
    run, since = told.pop("run"), told.pop("since")
    return office.shelf.say(who, Wish(**told), run=run, since=since)


@router.post("/api/undo")
def undo(words: Undo, office: At, who: Writer) -> dict[str, object]:
    """Take one's latest word back, or bring it back."""
    return office.shelf.undo(who, again=words.again, since=words.since)


@router.get("/chip/{number}/{name:path}")
def chip(number: int, name: str, office: At, _: Who, *, small: bool = False) -> Response:
    """Cut the picture of one layout."""
    return _cut(office.shelf.chip(number, name, small=small))


@router.get("/tile/{number}/{level}/{column}/{row}")
def tile(number: int, level: int, column: int, row: int, office: At, _: Who) -> Response:
    """Cut one tile."""
    return _cut(office.shelf.tile(number, level, column, row))


@router.get("/heat/{number}/{head}/{level}/{column}/{row}/{name:path}")
def heat(  # one parameter a part of the path
    number: int, head: str, level: int, column: int, row: int, name: str, office: At, _: Who
) -> Response:
    """Draw one tile of what the net scored, where the score may be seen."""
    return _cut(office.shelf.heat(name, number, head, (level, column, row)))


@router.get("/api/ways/{name:path}")
def ways(name: str, office: At, _: Who) -> dict[str, object]:
    """Tell the gaps of a layout and what the picture of its escape cost covers."""
    found = office.shelf.ways(name)
    return {"box": found.box, "gaps": [asdict(gap) for gap in found.gaps]}


@router.get("/escape/{name:path}")
def escape(name: str, office: At, _: Who) -> Response:
    """Draw what leaving a layout costs."""
    return _cut(Cut(office.shelf.ways(name).cost, "image/png"))


def make_app(shelf: Shelf, keys: Keys, *, port: int) -> FastAPI:
    """Put the page together, behind its door."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.office = Office(shelf, keys, port, _files())
    app.include_router(router)
    app.add_exception_handler(StockadeError, told)
    app.add_exception_handler(RequestValidationError, unfit)
    app.add_exception_handler(HTTPException, not_so)
    app.add_exception_handler(Exception, crashed)
    app.add_middleware(Door, port=port)
    return app


def _files() -> dict[str, tuple[bytes, str]]:
    """Read all there is to serve, once."""
    return {
        path.relative_to(STATIC).as_posix(): (path.read_bytes(), KINDS[path.suffix])
        for path in STATIC.rglob("*")
        if path.suffix in KINDS
    }


def _file(name: str, office: Office) -> Response:
    if name not in office.files:
        raise HTTPException(404, "There is nothing of this name.")
    body, kind = office.files[name]
    return Response(body, media_type=kind)


def _cut(cut: Cut) -> Response:
    return Response(cut.body, media_type=cut.kind, headers={"cache-control": KEEP})
