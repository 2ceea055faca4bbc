"""Refuse what names a person, before it leaves.

No program recognises every name.  Three things are done: fields that people fill freely stay
at home unless somebody asks for them; whatever leaves is searched for the marks of a person
(titles before a name, addresses, telephone and passport numbers); and a list of names that the
desk keeps is searched for word by word.  The message tells where, and does not repeat what.

    texts that leave ──► marks, names ──► InputError, or nothing
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from geo.errors import InputError

TITLES = (
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Sir", "Madam", "Col", "Colonel", "Lt",
    "Sgt", "Oknha", "Okhna", "Lok Chumteav", "Daw", "Datuk", "Tan Sri", "Senator",
)  # fmt: skip
"""Words that stand before a person's name, in the region and elsewhere; those that also begin
names of places (Ko, Ma, General) are left to the desk's own list."""

MARKS = {
    "a title and a name": re.compile(
        rf"\b(?:{'|'.join(TITLES)})\.?\s+[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)?", re.UNICODE
    ),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "a telephone number": re.compile(
        r"(?<![\w./-])(?!\d{4}-\d{2}-\d{2})(?=(?:[ ()+-]*\d){8})"  # no date; eight digits
        r"\+?\d[\d ()-]{7,14}\d(?![\w./-])"
    ),
    "a passport number": re.compile(
        r"\b(?:passport|ID)\b[^\w]{0,3}(?:no\.?\s*)?[A-Z]?\d{6,9}\b", re.IGNORECASE
    ),
    "an account in a messenger": re.compile(r"(?<![\w.@/])@[A-Za-z]\w{3,}|\bt\.me/\w+"),
}
"""What gives a person away, and how it is told."""


def refuse_names(texts: Iterable[tuple[str, str]], names: Sequence[str] = ()) -> None:
    """Refuse texts that seem to name a person.

    Args:
        texts: where each stands, in words, and the text.
        names: that must not leave; case and accents do not matter.

    Raises:
        InputError: a text seems to name a person; the message tells where.
    """
    wanted = [re.compile(rf"(?<!\w){re.escape(_plain(name))}(?!\w)") for name in names]
    for where, text in texts:
        for told, pattern in MARKS.items():
            if pattern.search(text):
                raise InputError(_told(where, f"what looks like {told}"))
        if any(pattern.search(_plain(text)) for pattern in wanted):
            raise InputError(_told(where, "a name from your list"))


def read_names(path: Path | None) -> list[str]:
    """Read a list of names that must not leave, one a line; ``#`` begins a remark.

    Raises:
        InputError: it cannot be read.
    """
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The list of names {path} cannot be read: {error}.") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _told(where: str, what: str) -> str:
    return (
        f"{where} holds {what}. No names of persons leave the house: change the text, or leave "
        "it out, and export again."
    )
