"""Give each row at most one column and each column at most one row, at the least total cost.

The problem is an assignment with leftovers.  Most rows quarrel with nobody: their cheapest
column is nobody else's, and they simply take it.  Each row that lost its cheapest column then
looks for the cheapest chain of swaps, and looks only as far as that chain reaches; a solver for
whole matrices would look at everything, for every row.

    pairs (row, col, cost) ──► cheapest each ──► losers: cheapest chain of swaps ──► (R,) cols

Costs are whole numbers, so that ties are ties and nothing hangs on rounding.

Source: shortest augmenting paths, R. Jonker and A. Volgenant, Computing 38, 1987.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
"""(N,) whole numbers: positions and costs."""

NOBODY = -1
"""No column, or no row."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which rows could take which columns, and at what cost."""

    row: Whole
    """(P,) ascending."""

    col: Whole
    """(P,) ascending within a row; a pair occurs once."""

    cost: Whole
    """(P,) any whole numbers."""

    def where(self, wanted: NDArray[np.bool_]) -> Pairs:
        """Keep the wanted pairs; ``wanted`` is (P,)."""
        return Pairs(self.row[wanted], self.col[wanted], self.cost[wanted])


def assign(pairs: Pairs, rows: int, cols: int, *, alone: int) -> Whole:
    """Choose for each row the column it takes.

    Ties go to the lower numbers: sort rows and columns by a stable name beforehand, and the
    order in which they came does not matter.

    Args:
        pairs: what fits.
        rows: how many.
        cols: how many.
        alone: cost of a row that takes no column.

    Returns:
        (rows,) the column taken, or ``NOBODY``.
    """
    deal = _open(pairs, rows, cols, alone)
    for row in deal.losers:
        deal.place(row)
    return np.array(deal.taken, dtype=np.int64)


@dataclass(slots=True)
class _Deal:
    """Who holds what so far, with the prices that prove no swap is cheaper."""

    start: list[int]
    """Where each row's pairs begin; one more than there are rows."""

    col: list[int]
    cost: list[int]
    alone: int
    pays: list[int]
    """Each row's dual: what it pays at least, given the prices."""

    taken: list[int]
    """The column each row holds."""

    owner: list[int]
    """The row each column is held by."""

    losers: list[int]
    """Rows whose cheapest column went to another."""

    rebate: dict[int, int] = field(default_factory=dict)
    """Each column's dual, never positive; absent is 0."""

    def place(self, row: int) -> None:
        """Find the cheapest chain of swaps that gives ``row`` a column, or leaves one alone."""
        newcomer, far = row, 0
        came_from: dict[int, int] = {}  # column to the row that would take it
        reach: dict[int, int] = {}  # column to the least cost of getting there
        heap: list[tuple[int, int]] = []
        done: list[int] = []
        end, last, quits = self.alone - self.pays[row], NOBODY, row
        while True:
            for k in range(self.start[row], self.start[row + 1]):
                col = self.col[k]
                there = far + self.cost[k] - self.pays[row] - self.rebate.get(col, 0)
                if there < reach.get(col, end):
                    reach[col], came_from[col] = there, row
                    heapq.heappush(heap, (there, col))
            if not heap:
                break
            far, col = heapq.heappop(heap)
            if far >= end:
                break
            if far > reach[col]:  # found again, and nearer
                continue
            if self.owner[col] == NOBODY:
                end, last = far, col
                break
            done.append(col)
            row = self.owner[col]
            if far + self.alone - self.pays[row] < end:
                end, quits = far + self.alone - self.pays[row], row
        self._reprice(newcomer, {col: reach[col] for col in done}, end)
        self._swap(newcomer, last, quits, came_from)

    def _reprice(self, newcomer: int, passed: dict[int, int], end: int) -> None:
        """Keep the proof: what was passed on the way gets dearer by what was left to go."""
        self.pays[newcomer] += end
        for col, far in passed.items():
            if far < end:
                self.rebate[col] = self.rebate.get(col, 0) + far - end
                self.pays[self.owner[col]] += end - far

    def _swap(self, newcomer: int, last: int, quits: int, came_from: dict[int, int]) -> None:
        """Hand columns along the chain, from its end back to the newcomer."""
        col = last
        if last == NOBODY:  # the chain ends with a row that goes without
            col, self.taken[quits] = self.taken[quits], NOBODY
            if quits == newcomer:
                return
        row = NOBODY
        while row != newcomer:
            row = came_from[col]
            self.owner[col] = row
            self.taken[row], col = col, self.taken[row]


def _open(pairs: Pairs, rows: int, cols: int, alone: int) -> _Deal:
    """Give each row its cheapest column, the first row of several that want the same."""
    order = np.lexsort((pairs.col, pairs.cost, pairs.row))
    first = order[np.r_[True, np.diff(pairs.row[order]) > 0]] if len(order) else order
    first = first[pairs.cost[first] < alone]
    pays = np.full(rows, alone, dtype=np.int64)
    pays[pairs.row[first]] = pairs.cost[first]
    held, winner = np.unique(pairs.col[first], return_index=True)
    taken = np.full(rows, NOBODY, dtype=np.int64)
    owner = np.full(cols, NOBODY, dtype=np.int64)
    taken[pairs.row[first][winner]] = held
    owner[held] = pairs.row[first][winner]
    wants = np.zeros(rows, dtype=bool)
    wants[pairs.row[first]] = True
    return _Deal(
        start=np.searchsorted(pairs.row, np.arange(rows + 1)).tolist(),
        col=pairs.col.tolist(),
        cost=pairs.cost.tolist(),
        alone=alone,
        pays=pays.tolist(),
        taken=taken.tolist(),
        owner=owner.tolist(),
        losers=np.flatnonzero(wants & (taken == NOBODY)).tolist(),
    )
