"""Series small enough to work out by hand: every pixel of a place follows one curve."""

import numpy as np

from geo.series.looks import LEAST, OPTICAL, Looks

FIELD = {"green": 0.6, "light": -2.3, "warm": 0.2, "rough": 0.05}
"""A green field."""

BARE = {"green": 0.15, "light": -1.8, "warm": 0.55, "rough": 0.05}
"""Bulldozed ground."""

ROOFS = {"green": 0.1, "light": -1.4, "warm": 0.1, "rough": 0.25}
"""Roofs beside yards."""

RUBBLE = {"green": 0.12, "light": -1.75, "warm": 0.35, "rough": 0.06}
"""What is left of them."""

WATER = {"green": -0.3, "light": -3.0, "warm": -0.1, "rough": 0.03}
"""A flood."""

RED_ROOFS = {"green": 0.08, "light": -1.75, "warm": 0.6, "rough": 0.22}
"""The same roofs, painted."""

SIDE = 6
"""Pixels of a place."""


def days(years=3.0, every=12.0):
    """Days of looks, evenly spaced, from the first of January 2020."""
    return 18_262 + np.arange(0, 365.25 * years, every)


def states(when, *steps):
    """Put (first day, state) one after the other: (T, F)."""
    curve = np.empty((len(when), len(OPTICAL)))
    for start, state in steps:
        curve[when - when[0] >= start] = [state[name] for name in OPTICAL]
    return curve


def looks_of(curve, when, *, seed=0, noise=0.01, hidden=()):
    """Make looks of a place whose pixels all follow a curve, with a little noise of their own.

    Args:
        curve: (T, F).
        when: (T,) days.
        seed: of the noise.
        noise: standard deviation.
        hidden: numbers of looks under cloud.
    """
    rng = np.random.default_rng(seed)
    values = curve[:, :, None, None] + rng.normal(0, noise, (*curve.shape, SIDE, SIDE))
    values[list(hidden)] = np.nan
    return Looks(
        values=values.astype(np.float32),
        days=when,
        names=OPTICAL,
        least=tuple(LEAST[name] for name in OPTICAL),
    )


PLACE = np.ones((SIDE, SIDE), bool)
"""All of it."""
