"""Say how many there are, so that one is never *1 layouts*.

number, noun ──► "1 layout", "2 layouts", "1,204 layouts"
"""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun.

    Args:
        number: how many.
        one: the noun where it is one.
        many: the noun where it is another number; without it, ``one`` and an s.

    Example:
        >>> counted(1, "pass", "passes"), counted(0, "layout"), counted(1204, "layout")
        ('1 pass', '0 layouts', '1,204 layouts')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
