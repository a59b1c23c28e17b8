"""Merging stacks level by level: a NumPy pass for each depth, no recursion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int64, pair


def stack_depths(parent: NDArray[Any]) -> Int64:
    """Return the depth of each row of a prefix tree, 1 for a root, by pointer doubling."""
    depth = np.ones(len(parent), dtype=np.int64)
    above = parent.astype(np.int64)
    while np.any(alive := above >= 0):
        rows = np.flatnonzero(alive)
        up = above[rows]
        depth[rows] += depth[up]
        above[rows] = above[up]
    return depth


def merge_levels(
    parent: NDArray[Any], key: NDArray[Any], stack: NDArray[Any], weight: NDArray[Any]
) -> tuple[Int64, Int64, Int64, Int64, Int64]:
    """Merge weighted stacks into a tree whose nodes are distinct paths of keys.

    Parameters
    ----------
    parent, key : int array, shape (stacks,)
        The prefix tree, and what each of its rows is merged by.
    stack, weight : int array, shape (samples,)
        A row of the prefix tree (−1: the root itself) and a weight for each sample.

    Returns
    -------
    parent, depth, key, weight, count : int64 arrays, shape (nodes,)
        Breadth-first, siblings by key, row 0 the root; weights and counts are each
        node's own.
    """
    size = len(parent)
    own = np.zeros(size + 1, dtype=np.int64)
    count = np.zeros(size + 1, dtype=np.int64)
    np.add.at(own, stack, weight)  # index −1 is the last row: the root
    np.add.at(count, stack, 1)
    used = _with_ancestors(parent, count[:size] > 0)
    node = np.zeros(size + 1, dtype=np.int64)  # row −1: the root, node 0
    columns = [np.array([[-1], [0], [-1], [own[-1]], [count[-1]]], dtype=np.int64)]
    start = 1
    rows_used = np.flatnonzero(used)
    depths = stack_depths(parent)[rows_used] if len(rows_used) else rows_used
    order = np.argsort(depths, kind="stable")
    rows_used, depths = rows_used[order], depths[order]
    deepest = int(depths[-1]) if len(depths) else 0
    bounds = np.searchsorted(depths, np.arange(1, deepest + 2))
    for depth in range(1, deepest + 1):
        rows = rows_used[bounds[depth - 1] : bounds[depth]]
        up = node[parent[rows]]
        packed, where = np.unique(pair(up, key[rows]), return_inverse=True)
        node[rows] = start + where
        level = np.zeros((5, len(packed)), dtype=np.int64)
        level[0], level[1], level[2] = packed >> 32, depth, packed & 0xFFFFFFFF
        np.add.at(level[3], where, own[rows])
        np.add.at(level[4], where, count[rows])
        columns.append(level)
        start += len(packed)
    return tuple(np.concatenate(columns, axis=1))


def _with_ancestors(parent: NDArray[Any], used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    used = used.copy()
    rows = np.flatnonzero(used)
    while len(rows):
        up = np.unique(parent[rows])
        rows = up[(up >= 0)]
        rows = rows[~used[rows]]
        used[rows] = True
    return used
