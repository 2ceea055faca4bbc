"""Let a change head judge two dates of one ground, as fast as the machine allows.

A pair is judged as a scene is (``models.predict``): in tiles, blended, ready to be killed.  Its
picture has six bands, three a date.

    Pictures of one date ──┐
                           ├─ Beside ──► (6, h, w) uint8 ──PairJudge──► appeared, vanished
    Pictures of the other ─┘                                   (a roof that only one date has)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from geo.grid import Grid
from geo.prepare.registration import Pictures
from geo.types import Mask, Picture, Scores
from models.change import HEADS
from models.change_head import Head
from models.checkpoint import Net
from models.judge import Judge
from models.phased_pair import PhasedPair
from models.predict_held import judge_held


@dataclass(frozen=True, slots=True)
class Beside:
    """Two dates shown as one picture of six bands; real is what both show."""

    one: Pictures
    other: Pictures

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window: (6, h, w) uint8 and (h, w) bool."""
        (one, here), (other, there) = (
            date.picture(rows, cols) for date in (self.one, self.other)
        )
        return np.concatenate([one, other]), here & there


class PairJudge(Judge):
    """A change head on its body, made ready for one device."""

    views = 2
    heads = HEADS

    def __init__(
        self, head: Head, net: Net, device: str = "auto", *, dtype: torch.dtype | None = None
    ) -> None:
        """Make the head ready.

        Args:
            head: as ``models.change_head.find_head`` gives it.
            net: the single-date net it belongs to.
            device: ``auto``, ``cpu`` or ``cuda``.
            dtype: as for ``Judge``.

        Raises:
            ModelError: CUDA was asked for and is not there.
        """
        self._set_up(net.card, device, dtype)
        self.head_sha256 = str(head.card.get("weights_sha256"))
        self.module = self._moved(PhasedPair(head.module.eval(), band=self._band))


def turned_of(
    judge: PairJudge, one: Pictures, other: Pictures, grid: Grid
) -> tuple[Scores, Scores]:
    """Judge a pair that is held in memory.

    Returns:
        (H, W) uint8 each: roofs that only ``one`` has, and that only ``other`` has.
    """
    appeared, vanished = judge_held(judge, Beside(one, other), grid)
    return vanished, appeared
