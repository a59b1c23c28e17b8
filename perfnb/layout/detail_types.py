"""What is shown of a call tree, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from perfnb.model.tables import Int32, Int64

DEEPEST = 4000
"""Rows that are shown below a node: more are endless recursion."""

PARTS = 32
"""Into how many boxes a ``…`` is divided whose nodes are too many to be seen."""


class Rest(NamedTuple):
    """Children of `node`, among the rows from `low` up to `high`, that are not shown."""

    node: int
    low: int
    high: int


Place = int | Rest
"""What can be zoomed into: a node, by its row in the tree, or a ``…``."""


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """A part of a call tree, breadth-first, siblings in the tree's order, a ``…`` the last.

    Attributes
    ----------
    row : int32
        The node's row in the tree; −1 for a ``…``.
    parent : int32
        The row in this table; −1 for the root.
    self, total, self_samples, total_samples : int64
        As in the tree; the self of a node is as it is there, and what a ``…`` has that no box
        below it shows is its self: Σ self is the total of the root.
    hidden : int64
        For a ``…``, how many nodes are summed in it, whether they are shown below it or not;
        0 for a node.
    rests : tuple of Rest
        The ``…``, in the order of their rows.
    """

    row: Int32
    parent: Int32
    self: Int64
    total: Int64
    self_samples: Int64
    total_samples: Int64
    hidden: Int64
    rests: tuple[Rest, ...]

    def __len__(self) -> int:
        return len(self.row)
