"""Say why a sentence cannot be read as a claim, and which can.

    "at most 10 of 30 demolished" ──► names a bound from above ──► InputError, with an example

A claim is a number that was reached.  A sentence with a bound from above, a denial, a plan or
a round number says something else, and read as a claim it would get a verdict on what nobody
said.
"""

from __future__ import annotations

import re

from geo.errors import InputError

EXAMPLE = "413 of 635 buildings demolished by 2025-12-13 in zone A"
"""A claim that can be read, for messages."""

FORMS = "413, 413 of 635, 65% of 635, all 120, none, or at least 413"
"""How a number can be said."""

COUNTED = r"(?=\s*(?:an?\s+|the\s+|total\s+of\s+)*(?:\d|all\b|none\b))"
"""What follows a word that makes a number another one."""

REFUSED = {
    "names a bound from above, and a claim is of so many or more": (
        r"\b(?:at\s+(?:the\s+)?most|no\s+more|not\s+more|fewer|less|only|as\s+many\s+as|maximum|"
        r"max)\b|[<>\u2264\u2265]|\b(?:up\s+to|under|below|just|merely|exactly|precisely)\b"
        + COUNTED
    ),
    "names a number that is not exact": (
        r"\b(?:more\s+than|exceed\w*)\b|[~\u2248]|\b(?:over|above|nearly|almost|about|around|"
        r"roughly|approximately|approx|circa|some|close\s+to)\b" + COUNTED
    ),
    "denies something": (
        r"\b(?:not|never|nor|neither|cannot|yet\s+to|fail(?:s|ed)?|den(?:y|ies|ied))\b"
        r"|n['\u2019]t\b"
    ),
    "speaks of what may be or is to come": (
        r"\b(?:to\s+be|will|would|shall|should|must|might|could|may\s+(?:have|be|well)|"
        r"plan(?:s|ned)?|scheduled)\b"
    ),
    "speaks of what still stands": (
        r"\b(?:remain\w*|stands?|stood|standing|survived?|spared|intact|untouched)\b"
    ),
    "makes an exception": (
        r"\b(?:all\s+but|except\w*|excluding|apart\s+from|other\s+than|but\s+for)\b"
    ),
    "says a number in words": (
        r"\b(?:half|halves|dozens?|hundreds?|thousands?|millions?|lakhs?|"
        r"(?:thirds?|quarters?|most|majority)\s+of)\b"
    ),
}
"""What no claim says, and why not."""


def refuse(rest: str, said: str) -> None:
    """Refuse what is no claim, whatever number stands in it.

    Args:
        rest: the sentence without its day, and without the words that say *at least*.
        said: the whole sentence, for the message.

    Raises:
        InputError: it is one of those.
    """
    for why, pattern in REFUSED.items():
        if found := re.search(pattern, rest, re.IGNORECASE):
            raise unread(said, f"{why} ('{found.group(0).strip()}')")


def unread(said: str, why: str) -> InputError:
    """Put into a sentence why a claim cannot be read, and what to say instead."""
    return InputError(
        f"The claim '{said}' cannot be read: it {why}. Say it like '{EXAMPLE}', the number as "
        f"{FORMS}; or give a TOML file with [[claim]] tables."
    )
