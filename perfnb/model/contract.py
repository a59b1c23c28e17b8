"""Leaving rows out of a prefix tree and merging what becomes the same, without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.forest import Forest
from perfnb.model.tables import Int64, pair

ROWS_PER_LEVEL = 64
"""A tree with fewer is so deep that a dictionary merges it faster than a pass for each level."""


@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """A prefix tree made of another.

    Attributes
    ----------
    node : int64, shape (old rows + 1,)
        The new row of each old one, or of the nearest above it that was kept; −1 if none was,
        and for the empty stack, which is the last.
    parent, key : int64, shape (new rows,)
        Parents come before children; (parent, key) is unique.
    """

    node: Int64
    parent: Int64
    key: Int64


def nearest(forest: Forest, marked: NDArray[np.bool_]) -> Int64:
    """Return for each row the nearest marked one at or above it, −1 if there is none."""
    rows = np.arange(len(forest))
    if not len(rows) or marked.all():
        return rows
    # In a run, what was last marked; if that was before the run, it is inherited.
    last = np.maximum.accumulate(np.where(marked, rows, -1))
    first = forest.first
    at_end = last[np.append(first[1:], len(rows)) - 1]
    none = at_end < first
    above = np.full(len(first), -1, dtype=np.int64)
    at_end[none] = -1
    for runs, parents in forest.from_the_root():
        above[runs] = at_end[parents]
        inherit = runs[none[runs]]
        at_end[inherit] = above[inherit]
    here = np.repeat(first, np.diff(np.append(first, len(rows))))
    return np.where(last >= here, last, above[forest.run])


def outermost(forest: Forest, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which marked rows have no marked one above them."""
    rows = np.flatnonzero(marked)
    found = np.zeros(len(marked), dtype=bool)
    found[rows] = np.append(nearest(forest, marked), -1)[forest.parent[rows]] < 0
    return found


def contract(forest: Forest, kept: NDArray[np.bool_], key: NDArray[Any]) -> Contracted:
    """Keep some rows of a prefix tree, and merge siblings of the same key from the root on.

    Parameters
    ----------
    forest : Forest
        The prefix tree.
    kept : bool array, shape (rows,)
        The other rows are left out: what is below them moves to what is above them.
    key : int array, shape (rows,)
        Not negative; read for kept rows only.
    """
    anchor = np.append(nearest(forest, kept), -1)
    old = np.flatnonzero(kept)
    place = np.full(len(forest) + 1, -1, dtype=np.int64)
    place[old] = np.arange(len(old))
    above = place[anchor[forest.parent[old]]]
    node, parent, keys = _merged(above, key[old].astype(np.int64))
    return Contracted(np.append(node, -1)[place[anchor]], parent, keys)


def _merged(above: Int64, key: Int64) -> tuple[Int64, Int64, Int64]:
    """Return each row's merged one, and the parents and keys of these."""
    depth = Forest(above).depth
    deepest = int(depth.max(initial=0))
    if len(above) < deepest * ROWS_PER_LEVEL:
        return _merged_one_by_one(above, key)
    order = np.argsort(depth.astype(np.uint16) if deepest < 1 << 16 else depth, kind="stable")
    bounds = np.cumsum(np.bincount(depth))
    node = np.full(len(above) + 1, -1, dtype=np.int64)
    columns = [np.zeros(0, dtype=np.int64)]
    start = 0
    for low, high in pairwise(bounds.tolist()):
        rows = order[low:high]
        packed = pair(node[above[rows]], key[rows])
        by_pair = np.argsort(packed)
        packed = packed[by_pair]
        new = np.empty(len(packed), dtype=bool)
        new[:1] = True
        np.not_equal(packed[1:], packed[:-1], out=new[1:])
        node[rows[by_pair]] = np.cumsum(new) + (start - 1)
        columns.append(packed[new])
        start += len(columns[-1])
    pairs = np.concatenate(columns)
    return node[:-1], pairs >> 32, pairs & 0xFFFFFFFF


def _merged_one_by_one(above: Int64, key: Int64) -> tuple[Int64, Int64, Int64]:
    known: dict[tuple[int, int], int] = {}
    node = [-1] * (len(above) + 1)
    for row, (up, one) in enumerate(zip(above.tolist(), key.tolist(), strict=True)):
        node[row] = known.setdefault((node[up], one), len(known))
    pairs = np.array(list(known), dtype=np.int64).reshape(-1, 2)
    return np.array(node[:-1], dtype=np.int64), pairs[:, 0], pairs[:, 1]
