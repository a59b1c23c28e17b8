"""Sums and positions over a prefix tree of millions of rows, without a loop over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int64


@dataclass(frozen=True, eq=False)
class Forest:
    """The rows of a prefix tree in runs: each row of a run is the only child of the one before.

    Stacks of real programs share their beginnings and then go their own ways, so that
    there are many times fewer runs than rows; what needs a pass for each level is done on runs.

    Parameters
    ----------
    parent : int array, shape (rows,)
        −1 for a root; always below the row's own index.
    """

    parent: NDArray[Any]

    def __len__(self) -> int:
        return len(self.parent)

    @cached_property
    def first(self) -> Int64:
        """The first row of each run."""
        parent = self.parent
        if not len(parent):
            return np.zeros(0, dtype=np.int64)
        children = np.bincount(parent + 1, minlength=len(parent) + 1)[1:]
        begins = np.empty(len(parent), dtype=bool)
        begins[0] = True
        above = np.arange(-1, len(parent) - 1, dtype=parent.dtype)
        begins[1:] = ((parent != above) | (children[above] != 1))[1:]
        return np.flatnonzero(begins)

    @cached_property
    def run(self) -> Int64:
        """The run of each row."""
        return self._of_rows(np.arange(len(self.first)))

    @cached_property
    def run_parent(self) -> Int64:
        """The run above each run; −1 for one that begins with a root."""
        above = self.parent[self.first]
        return np.where(above < 0, -1, self.run[above]) if len(above) else self.first

    @cached_property
    def _length(self) -> Int64:
        return np.diff(np.append(self.first, len(self)))

    @cached_property
    def _levels(self) -> list[Int64]:
        """The runs by the number of runs above them."""
        above = self.run_parent
        level = (above >= 0).astype(np.int64)
        far = above.copy()
        # Pointer doubling: how far `far` is away is known at every step.
        while len(rows := np.flatnonzero(far >= 0)):
            up = far[rows]
            level[rows] += level[up]
            far[rows] = far[up]
        order = np.argsort(level, kind="stable")
        deepest = int(level[order[-1]]) if len(order) else 0
        return np.split(order, np.searchsorted(level[order], np.arange(1, deepest + 1)))

    def from_the_root(self) -> Iterator[tuple[Int64, Int64]]:
        """Yield runs below others, and those others, from the root on."""
        for runs in self._levels[1:]:
            yield runs, self.run_parent[runs]

    @cached_property
    def depth(self) -> Int64:
        """The depth of each row, 1 for a root."""
        base = np.zeros(len(self.first), dtype=np.int64)
        for runs, above in self.from_the_root():
            base[runs] = base[above] + self._length[above]
        return self._of_rows(base - self.first) + np.arange(1, len(self) + 1)

    def totals(self, own: NDArray[Any]) -> Int64:
        """Return for each row the sum of `own`, int of shape (rows,), over it and all below."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        running = np.concatenate([[0], np.cumsum(own, dtype=np.int64)])
        end = self.first + self._length
        own_total = running[end] - running[self.first]
        below = np.zeros(len(self.first), dtype=np.int64)
        for runs in reversed(self._levels[1:]):
            np.add.at(below, self.run_parent[runs], own_total[runs] + below[runs])
        total: Int64 = self._of_rows(below + running[end])
        total -= running[:-1]
        return total

    @cached_property
    def span(self) -> tuple[Int64, Int64]:
        """Where each row stands in depth-first order, and where what is below it ends."""
        size = self.totals(np.ones(len(self), dtype=np.int64))
        of_run = size[self.first]
        # Siblings stand one after the other: sums within each parent's group.
        order = np.argsort(self.run_parent, kind="stable")
        before = np.concatenate([[0], np.cumsum(of_run[order])[:-1]]) if len(order) else order
        sorted_parent = self.run_parent[order]
        group = np.searchsorted(sorted_parent, sorted_parent)
        place = np.zeros(len(order), dtype=np.int64)
        place[order] = before - before[group]
        for runs, above in self.from_the_root():
            place[runs] += place[above] + self._length[above]
        enter = self._of_rows(place - self.first) + np.arange(len(self))
        return enter, enter + size

    def _of_rows(self, of_runs: Int64) -> Int64:
        return np.repeat(of_runs, self._length)
