"""Merging stacks level by level: a NumPy pass for each depth, no recursion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.forest import Forest
from perfnb.model.tables import Int64, pair


def merge_levels(
    forest: Forest,
    key: NDArray[Any],
    stack: NDArray[Any],
    weight: NDArray[Any],
    samples: NDArray[Any] | int = 1,
    hidden: NDArray[Any] | None = None,
) -> tuple[Int64, Int64, Int64, Int64, Int64, Int64]:
    """Merge weighted stacks into a tree whose nodes are distinct paths of keys.

    Parameters
    ----------
    forest : Forest
        The prefix tree of stacks.
    key : int array, shape (stacks,)
        What each of its rows is merged by.
    stack, weight : int array, shape (samples,)
        A row of the prefix tree (−1: the root itself) and a weight for each sample.
    samples : int array, shape (samples,), or int
        How many samples each is.
    hidden : int array, shape (stacks,), optional
        How many rows too narrow to be drawn each row of the tree stands for.

    Returns
    -------
    parent, depth, key, weight, count, hidden : int64 arrays, shape (nodes,)
        Breadth-first, siblings by key, row 0 the root; the last three are each node's own.
    """
    parent = forest.parent
    size = len(parent)
    own = np.zeros(size + 1, dtype=np.int64)
    count = np.zeros(size + 1, dtype=np.int64)
    np.add.at(own, stack, weight)  # index −1 is the last row: the root
    seen = np.zeros(size + 1, dtype=np.int64)
    seen[stack] = 1
    np.add.at(count, stack, samples)
    used = forest.totals(seen[:size]) > 0
    node = np.zeros(size + 1, dtype=np.int64)  # row −1: the root, node 0
    columns = [np.array([[-1], [0], [-1], [own[-1]], [count[-1]], [0]], dtype=np.int64)]
    start = 1
    rows_used = np.flatnonzero(used)
    depths = forest.depth[rows_used]
    order = np.argsort(depths, kind="stable")
    rows_used, depths = rows_used[order], depths[order]
    deepest = int(depths[-1]) if len(depths) else 0
    bounds = np.searchsorted(depths, np.arange(1, deepest + 2))
    for depth in range(1, deepest + 1):
        rows = rows_used[bounds[depth - 1] : bounds[depth]]
        up = node[parent[rows]]
        packed, where = np.unique(pair(up, key[rows]), return_inverse=True)
        node[rows] = start + where
        level = np.zeros((6, len(packed)), dtype=np.int64)
        level[0], level[1], level[2] = packed >> 32, depth, packed & 0xFFFFFFFF
        np.add.at(level[3], where, own[rows])
        np.add.at(level[4], where, count[rows])
        if hidden is not None:
            np.add.at(level[5], where, hidden[rows])
        columns.append(level)
        start += len(packed)
    return tuple(np.concatenate(columns, axis=1))
