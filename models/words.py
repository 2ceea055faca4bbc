"""What people say of a net on its card: its name, what it is for, where it fails.

    CARD.toml ──► words ──► draft of the card ──► measured figures beside them

All else on a card is fixed by the training or measured after it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from geo.errors import InputError, ModelError
from models.card import Card

WORDS = ("name", "version", "intended", "forbidden", "failures")
"""What people may say on a card."""


def read_words(path: Path) -> Card:
    """Read what people say of a net, and nothing but that.

    Numbers there would be believed by every scan, whatever the net was taught with.

    Args:
        path: TOML with keys of ``WORDS``.

    Returns:
        A card that holds these words; its other fields are their defaults.

    Raises:
        InputError: the file is not to be read, or says what is not for words to say.
        ModelError: it is no TOML, or a value in it is none a card can hold.
    """
    try:
        text = path.read_text("utf-8")
        told = Card.from_toml(text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The card's words are not to be read at {path}: {error}.") from error
    except ModelError as error:
        raise ModelError(f"{path.name}: {error}") from error
    if strange := set(tomllib.loads(text)) - set(WORDS):
        raise InputError(
            f"{path.name} says {', '.join(sorted(strange))}, which is not for words to "
            f"say: training fixes it or measures it. --card takes {', '.join(WORDS)}."
        )
    return told
