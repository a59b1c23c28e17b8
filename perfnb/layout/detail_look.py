"""Choosing what is shown of a call tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perfnb.layout.detail_types import DEEPEST, PARTS, Place, Rest

if TYPE_CHECKING:
    from perfnb.layout.detail import Closer

HIDDEN = -1


@dataclass(eq=False)
class Opened:
    """A ``…`` that was zoomed into; the level of what it shows is its place in the list + 1."""

    rest: Rest
    outer: int
    """The level of what it stands among."""
    total: int
    samples: int
    hidden: int
    parts: list[Rest]


class Look:
    """The rows that are shown, each with its level: how many ``…`` it lies in."""

    def __init__(self, closer: Closer, pixels: int) -> None:
        self.closer, self.tree, self.pixels = closer, closer.tree, max(1, pixels)
        total = self.tree.total
        shown = total >= self.least(int(total[0]))
        if len(total) > DEEPEST and self.tree.depth[-1] > DEEPEST:
            shown &= self.tree.depth <= DEEPEST
        shown[0] = True
        self.level = np.where(shown, np.int16(0), np.int16(HIDDEN))
        self.opened: list[Opened] = []

    def least(self, whole: int) -> int:
        """Return the least total that is half a pixel wide, if `whole` fills the view."""
        return max(1, -(-whole // (2 * self.pixels)))

    def open(self, place: Place) -> None:
        """Show more below what was zoomed into."""
        if isinstance(place, Rest):
            self.open_rest(place)
        elif self.tree.total[place] > 0:
            self.force(place)
            level = int(self.level[place])
            self.reveal(np.array([place]), self.least(int(self.tree.total[place])), level)

    def force(self, node: int) -> None:
        """Show a node and those above it."""
        path = []
        while self.level[node] == HIDDEN:
            path.append(node)
            node = int(self.tree.parent[node])
        if path:
            top = path[-1]
            inside = [
                level
                for level, opened in enumerate(self.opened, 1)
                if opened.rest.node == node and opened.rest.low <= top < opened.rest.high
            ]
            self.level[path] = inside[-1] if inside else self.level[node]

    def reveal(self, seeds: NDArray[Any], least: int, level: int) -> None:
        """Show what lies below the seeds, level by level, as far as it is wide enough."""
        first, total, parent = self.closer.first, self.tree.total, self.tree.parent
        inside = np.zeros(len(total), dtype=bool)
        inside[seeds] = True
        low, high = int(seeds[0]), int(seeds[-1]) + 1
        for _ in range(DEEPEST):
            low, high = int(first[low]), int(first[high])
            rows = low + np.flatnonzero(total[low:high] >= least)
            rows = rows[inside[parent[rows]]]
            if not len(rows):
                break
            inside[rows] = True
            self.level[rows[self.level[rows] == HIDDEN]] = level
            low, high = int(rows[0]), int(rows[-1]) + 1

    def open_rest(self, rest: Rest) -> None:
        """Show what a ``…`` sums, or the parts that it is divided into."""
        tree = self.tree
        self.force(rest.node)
        within = slice(max(rest.low, 0), min(rest.high, len(tree)))
        rows = within.start + np.flatnonzero(
            (tree.parent[within] == rest.node) & (self.level[within] == HIDDEN)
        )
        rows = rows[tree.total[rows] > 0]
        if not len(rows):
            return
        total = tree.total[rows]
        whole = int(total.sum())
        least = self.least(whole)
        wide = total >= least
        parts: list[Rest] = []
        if 2 * int(total[wide].sum()) < whole:
            alone, parts = _divided(rest.node, rows[~wide], total[~wide])
            wide |= np.isin(rows, alone)
        outer = max(
            (
                at + 1
                for at, other in enumerate(self.opened)
                if other.rest.node == rest.node
                and other.rest.low <= rest.low
                and rest.high <= other.rest.high
            ),
            default=int(self.level[rest.node]),
        )
        samples, hidden = tree.total_samples[rows].sum(), self.closer.size[rows].sum()
        self.opened.append(Opened(rest, outer, whole, int(samples), int(hidden), parts))
        level = len(self.opened)
        seeds = rows[wide]
        if len(seeds):
            self.level[seeds] = level
            self.reveal(seeds, least, level)


def _divided(node: int, rows: NDArray[Any], total: NDArray[Any]) -> tuple[NDArray[Any], list[Rest]]:
    """Return rows that are a part of their own, and the other parts, of about equal totals."""
    before = np.cumsum(total) - total
    part = before * PARTS // max(1, int(total.sum()))
    begins = np.flatnonzero(np.concatenate([[True], part[1:] != part[:-1]]))
    ends = np.append(begins[1:], len(rows))
    alone = ends - begins == 1
    rests = [
        Rest(node, int(rows[begin]), int(rows[end - 1]) + 1)
        for begin, end in zip(begins[~alone].tolist(), ends[~alone].tolist(), strict=True)
    ]
    return rows[begins[alone]], rests
