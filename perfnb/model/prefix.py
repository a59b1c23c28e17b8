"""The prefix tree of many stacks at once, for readers of large files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int32, Int64, Stacks, frozen

_FEW, _DEEP = 64, 512


def prefix_tree(frame: NDArray[Any], offset: NDArray[Any]) -> tuple[Stacks, Int32]:
    """Merge stacks that begin alike.

    Parameters
    ----------
    frame : int array, shape (frames of all stacks together,)
        Rows of the frames table, each stack root first, one stack after the other.
    offset : int array, shape (stacks + 1,)
        Where each stack begins in `frame`; the last is ``len(frame)``.

    Returns
    -------
    stacks : Stacks
        The tree, parents before their children.
    leaf : int32 array, shape (stacks,)
        The row of each stack; −1 for an empty one.

    Notes
    -----
    One sort for each depth, over the stacks that still share their path with another;
    a stack that is alone on its path is one run of new rows and needs no more sorting.
    Distinct stacks in any order are fastest; equal ones are allowed.
    """
    frame = np.ascontiguousarray(frame, dtype=np.int32)
    start = np.asarray(offset[:-1], dtype=np.int64)
    length = np.asarray(offset[1:], dtype=np.int64) - start
    leaf = np.full(len(start), -1, dtype=np.int64)
    parents: list[NDArray[Any]] = []
    frames: list[NDArray[Any]] = []
    size = 0

    def add(parent: NDArray[Any], row_frame: NDArray[Any]) -> None:
        nonlocal size
        parents.append(parent.astype(np.int32, copy=False))
        frames.append(row_frame)
        size += len(parent)

    active = np.flatnonzero(length > 0)
    node = np.full(len(active), -1, dtype=np.int64)
    depth = 0
    while len(active):
        if len(active) <= _FEW and depth >= _DEEP:
            _one_by_one(frame, start, length, active, node, depth, leaf, size, add)
            break
        # (node, frame) in one number; nodes of this depth are small when counted from the first.
        key = ((node + 1) << 32) | frame[start[active] + depth]
        order = np.argsort(key, kind="stable")
        key, active = key[order], active[order]
        first = np.empty(len(key), dtype=bool)
        first[0] = True
        np.not_equal(key[1:], key[:-1], out=first[1:])
        heads = np.flatnonzero(first)
        group = np.cumsum(first) - 1
        here = size + group
        add((key[heads] >> 32) - 1, (key[heads] & 0xFFFFFFFF).astype(np.int32))
        depth += 1
        leaf[active] = here
        many = np.diff(np.append(heads, len(key))) > 1
        goes_on = length[active] > depth
        alone = goes_on & ~many[group]
        if alone.any():
            _runs(frame, start, length, active[alone], here[alone], depth, leaf, size, add)
        shared = goes_on & many[group]
        active, node = active[shared], here[shared]
    empty = np.empty(0, dtype=np.int32)
    return (
        Stacks(
            frozen(np.concatenate([empty, *parents]), np.int32),
            frozen(np.concatenate([empty, *frames]), np.int32),
        ),
        frozen(leaf, np.int32),
    )


def _runs(
    frame: Int32,
    start: Int64,
    length: Int64,
    rows: NDArray[Any],
    node: NDArray[Any],
    depth: int,
    leaf: Int64,
    size: int,
    add: Any,
) -> None:
    """Add what is left of stacks that share nothing more: a chain of new rows for each."""
    left = length[rows] - depth
    ends = np.cumsum(left)
    begins = ends - left
    count = int(ends[-1])
    parent = np.arange(size - 1, size - 1 + count, dtype=np.int64)
    parent[begins] = node
    within = np.arange(count, dtype=np.int64) - np.repeat(begins, left)
    leaf[rows] = size + ends - 1
    add(parent, frame[np.repeat(start[rows] + depth, left) + within])


def _one_by_one(
    frame: Int32,
    start: Int64,
    length: Int64,
    rows: NDArray[Any],
    node: NDArray[Any],
    depth: int,
    leaf: Int64,
    size: int,
    add: Any,
) -> None:
    """Add a few very deep stacks: for these a look-up a frame is cheaper than a sort a depth."""
    known: dict[tuple[int, int], int] = {}
    for row, here in zip(rows.tolist(), node.tolist(), strict=True):
        for one in frame[start[row] + depth : start[row] + length[row]].tolist():
            here = known.setdefault((here, one), size + len(known))  # noqa: PLW2901
        leaf[row] = here
    pairs = np.array(list(known), dtype=np.int64).reshape(-1, 2)
    add(pairs[:, 0], pairs[:, 1].astype(np.int32))
