"""Ask a STAC catalogue by pystac-client, through our own client and cache.

pystac-client knows the language (paging, conformance, links); what travels goes through
``geo.sources.http``, so that time-outs, retries and checks hold here as for pixels.  Every
answer is kept: a question about days long past is answered from the cache, one about days still
open is asked again, and the kept answer serves only when nobody answers, with a word about it.

    question ──final? in cache?──► page      else ──► Client ──► page, kept
                                               └─ no answer ──► older page + a gap in words

Source: the STAC API specification 1.0; pystac-client.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pystac import Link
from pystac_client.stac_api_io import StacApiIO

from geo.errors import InputError, SourceError
from geo.retry import PassingError
from geo.sources.answers import Ask
from geo.sources.assets import Door
from geo.sources.cache import Page
from geo.sources.links import host_of, is_web, plain

FRESH = timedelta(hours=1)
"""An answer so young is not asked for again: the run that wanted it was stopped."""

log = logging.getLogger(__name__)


class CatalogueIO(StacApiIO):  # type: ignore[misc, unused-ignore] # pystac-client is partly typed
    """How pystac and pystac-client read documents."""

    def __init__(self, door: Door, *, final: bool, refresh: bool = False) -> None:
        """Prepare.

        Args:
            door: how to ask.
            final: whether kept answers are good without asking again.
            refresh: whether even those of the last hour are not.
        """
        super().__init__(max_retries=None)
        self.gaps: dict[str, None] = {}
        """What was answered from an older page, in words; each once."""
        self._door, self._final, self._refresh = door, final, refresh

    def read_text(self, source: Any, *args: Any, **words: Any) -> str:
        """Read a document by its address, its link or its path."""
        if isinstance(source, Link) or is_web(str(source)):
            return str(super().read_text(source, *args, **words))
        return _local(str(source))

    def read_object(self, source: str) -> dict[str, Any] | None:
        """Read a document by its address or its path; None if it is no JSON object."""
        return _object(self.read_text(source))

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> str:
        """Ask a question, or find its answer in the cache."""
        method = (method or "GET").upper()
        if method == "GET":  # a question without a body, not even an empty one
            asked = urlencode(parameters or {}, doseq=True)
            href = f"{href}{'&' if '?' in href else '?'}{asked}" if asked else href
            parameters = None
        # Whole, for a token may be the number of a page; the cache writes down only its hash.
        question = f"{method} {href} {json.dumps(parameters, sort_keys=True)}"
        kept = self._door.cache.page(question)
        if kept and (self._door.offline or self._good(kept)):
            return kept.body.decode()
        if self._door.offline:
            raise SourceError(
                f"What {host_of(href)} says to this is not in the cache, and --offline forbids "
                "to ask. Run it once without."
            )
        ask = Ask(url=href, method=method, body=parameters, headers=headers or {}, pages=False)
        try:
            answer = self._door.client.ask(ask, lambda got: _json(got.body, href))
        except SourceError as error:
            if kept is None:
                raise
            self.gaps[
                f"{host_of(href)} did not answer ({error}) What it said on "
                f"{kept.made:%Y-%m-%d %H:%M} UTC was used; newer scenes may be missing."
            ] = None
            return kept.body.decode()
        self._door.cache.keep_page(question, answer.body)
        return answer.body.decode()

    def _good(self, kept: Page) -> bool:
        """Tell whether a kept answer will do."""
        fresh = datetime.now(UTC) - kept.made < FRESH
        return not self._refresh and (self._final or fresh)


def _json(body: bytes, href: str) -> None:
    """Make sure that an answer is a JSON object before it is kept.

    Raises:
        PassingError: it is not, or was cut short.
    """
    if _object(body) is None:
        raise PassingError(
            f"{host_of(href)} did not answer in JSON. Is {plain(href)[:80]} a STAC catalogue?"
        )


def _object(text: str | bytes) -> dict[str, Any] | None:
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return words if isinstance(words, dict) else None


def _local(href: str) -> str:
    try:
        return Path(href.removeprefix("file://")).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"The catalogue file {href} cannot be read: {error}.") from error
