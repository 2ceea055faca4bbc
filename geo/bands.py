"""What a sensor's numbers mean: which band is which colour, and what a person would call it.

Names are the field's common names (STAC ``eo:common_name``).  Only what rooms need to choose
three bands for a picture stands here; scale, offset and nodata of each archive live with its
source.
"""

from __future__ import annotations

from collections.abc import Sequence

from geo.errors import InputError

RGB = ("red", "green", "blue")
"""The three bands a net sees, in this order."""

COMMON = {
    "r": "red", "red": "red", "b04": "red", "b4": "red",
    "g": "green", "green": "green", "b03": "green", "b3": "green",
    "b": "blue", "blue": "blue", "b02": "blue", "b2": "blue",
    "n": "nir", "nir": "nir", "b08": "nir", "b8": "nir",
    "pan": "pan", "gray": "pan", "grey": "pan", "panchromatic": "pan",
}  # fmt: skip
"""Names met in files, in lower case, and the common name each stands for."""


def choose_rgb(
    names: Sequence[str], asked: Sequence[int] | None = None
) -> tuple[int, int, int]:
    """Choose which bands of a file serve as red, green and blue.

    Args:
        names: one a band, as the file tells (descriptions or colour interpretation); may be
            empty strings.
        asked: band numbers from 1, as ``--bands 3,2,1`` gives them; wins over names.

    Returns:
        Three band indices from 0.  One band serves for all three; without names the first three
        serve.

    Raises:
        InputError: a number is not a band of this file.
    """
    count = len(names)
    if asked is not None:
        if len(asked) not in (1, 3) or not all(1 <= band <= count for band in asked):
            raise InputError(
                f"--bands wants one or three numbers from 1 to {count}, the bands this picture "
                f"has, not {','.join(map(str, asked))}."
            )
        first, second, third = asked if len(asked) == 3 else [asked[0]] * 3
        return first - 1, second - 1, third - 1
    common = [COMMON.get(name.strip().lower(), "") for name in names]
    if all(colour in common for colour in RGB):
        red, green, blue = (common.index(colour) for colour in RGB)
        return red, green, blue
    return (0, 1, 2) if count >= 3 else (0, 0, 0)
