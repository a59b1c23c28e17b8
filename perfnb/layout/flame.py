"""Geometry of a flame graph: boxes without pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.model import CallTree


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """One box for each node of a call tree, in its order: by depth, then by x.

    Attributes
    ----------
    depth : int32
        0 for the root.
    x, width : int64
        In units of weight, from the root's left edge. Children lie side by side from
        their parent's left edge; what is left at its right is the parent's self.
    """

    depth: NDArray[np.int32]
    x: NDArray[np.int64]
    width: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.depth)


def layout(tree: CallTree) -> Boxes:
    """Lay out a call tree whose weights are not negative."""
    parent, total = tree.parent.astype(np.int64), tree.total
    x = np.zeros(len(tree), dtype=np.int64)
    # Sums before each node, less the sum before its eldest sibling: the way from the parent's edge.
    before = np.concatenate([[0], np.cumsum(total)[:-1]])
    eldest = np.searchsorted(parent, parent, side="left")
    within = before - before[eldest]
    bounds = np.searchsorted(tree.depth, np.arange(tree.depth[-1] + 2))
    for level in range(1, len(bounds) - 1):
        rows = slice(bounds[level], bounds[level + 1])
        x[rows] = x[parent[rows]] + within[rows]
    return Boxes(tree.depth, x, total)
