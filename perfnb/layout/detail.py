"""As much of a call tree as can be seen: what is too narrow is summed, and opened when asked for.

A tree of a million nodes stays where it is; a view gets the nodes that are at least half a
pixel wide, and one box, ``…``, for what each of them lost. Whoever zooms in gets more below:
below a node, what is wide enough now; below a ``…``, what it sums, and where those are too
many to be seen even now, smaller ``…`` that divide them. So everything can be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from perfnb.layout.detail_look import Look
from perfnb.layout.detail_result import Result
from perfnb.layout.detail_types import DEEPEST, PARTS, Detail, Place, Rest
from perfnb.model import CallTree
from perfnb.model.tables import Int64

__all__ = ["DEEPEST", "PARTS", "Closer", "Detail", "Place", "Rest", "detail"]


def detail(tree: CallTree, place: Place = 0, pixels: int = 1600) -> Detail:
    """Return what can be seen of a tree whose weights are not negative.

    Parameters
    ----------
    tree : CallTree
        Of any size.
    place : int or Rest
        What fills the view.
    pixels : int
        How wide the view is.
    """
    return Closer(tree).look([] if place == 0 else [place], pixels)


@dataclass(frozen=True, eq=False)
class Closer:
    """Looks at one tree; what every look needs is computed once."""

    tree: CallTree

    @cached_property
    def first(self) -> Int64:
        """Where each row's children begin; the next one's is where they end."""
        parent = self.tree.parent
        children = np.bincount(parent[1:], minlength=len(parent))
        return np.concatenate([[1], 1 + np.cumsum(children)])

    @cached_property
    def size(self) -> Int64:
        """How many nodes each row stands for, itself and all below."""
        tree = self.tree
        # A box that came with the profile may already be a sum of others.
        size = np.maximum(tree.hidden, 1)
        bounds = np.searchsorted(tree.depth, np.arange(tree.depth[-1] + 2, dtype=tree.depth.dtype))
        for level in range(len(bounds) - 2, 0, -1):
            rows = slice(bounds[level], bounds[level + 1])
            np.add.at(size, tree.parent[rows], size[rows])
        return size

    def look(self, opened: Sequence[Place], pixels: int = 1600) -> Detail:
        """Return what can be seen at the root's width, and below what was zoomed into.

        Parameters
        ----------
        opened : sequence of int or Rest
            What was zoomed into, each inside the one before; those that the last one does not
            lie in are left out. Boxes stay where they are when another place is opened.
        pixels : int
            How wide the view is.
        """
        look = Look(self, pixels)
        for place in self.way(opened):
            look.open(place)
        return Result(look).detail()

    def way(self, opened: Sequence[Place]) -> list[Place]:
        """Return those of the places in which the last one lies, it included."""
        if not opened:
            return []
        last = opened[-1]
        path = self.path(last.node if isinstance(last, Rest) else last)
        return [place for place in opened[:-1] if self._holds(place, last, path)] + [last]

    def _holds(self, place: Place, last: Place, path: set[int]) -> bool:
        if not isinstance(place, Rest):
            return place in path
        if place.node not in path:
            return False
        if isinstance(last, Rest) and last.node == place.node:
            return place.low <= last.low and last.high <= place.high
        return any(place.low <= row < place.high for row in path)

    def path(self, node: int) -> set[int]:
        """Return the rows from `node` to the root."""
        found = set()
        while node >= 0:
            found.add(node)
            node = int(self.tree.parent[node])
        return found

    def children(self, node: int) -> slice:
        """Return the rows of a node's children."""
        return slice(int(self.first[node]), int(self.first[node + 1]))
