"""The prefix tree of many stacks at once, for readers of large files."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int32, Int64, Stacks, frozen

_FEW, _DEEP = 64, 512
_BITS = 62
_BLOCK = 4096


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
    The stacks are sorted; then each adds rows for what it does not share with the one
    before it. Sorting takes a few frames at a time, of the stacks that still share their
    path with another.
    """
    frame = np.ascontiguousarray(frame, dtype=np.int32)
    start = np.asarray(offset[:-1], dtype=np.int64)
    length = np.asarray(offset[1:], dtype=np.int64) - start
    order, shared = _sorted(frame, start, length)
    new = length[order] - shared
    end = np.cumsum(new)
    begin = end - new
    size = int(new.sum())
    frames = np.empty(size, dtype=np.int32)
    source = start[order] + shared - begin
    for some in range(0, len(new), _BLOCK):
        # Many at a time, but in the processor's cache.
        rows = slice(some, some + _BLOCK)
        at = np.repeat(source[rows], new[rows])
        low = int(begin[some])
        at += np.arange(low, low + len(at))
        frames[low : low + len(at)] = frame[at]
    # The rows of a stack are a chain, whose first hangs on the last stack that went less deep.
    parent = np.arange(-1, size - 1, dtype=np.int32)
    adding = np.flatnonzero(new)
    begin, depth = begin[adding], shared[adding]
    before = _last_lower(depth)
    parent[begin] = np.where(depth > 0, begin[before] + depth - depth[before] - 1, -1)
    leaf = np.empty(len(order), dtype=np.int32)
    # A stack that adds nothing is the same as the one before it, or empty.
    leaf[order] = end - 1
    return Stacks(frozen(parent, np.int32), frozen(frames, np.int32)), frozen(leaf, np.int32)


def _sorted(frame: Int32, start: Int64, length: Int64) -> tuple[Int64, Int64]:
    """Return the order of stacks, and how many frames each shares with the one before it."""
    order = np.arange(len(start))
    shared = np.zeros(len(start), dtype=np.int64)
    width = (int(frame.max(initial=0)) + 1).bit_length()
    # Places in the order whose stacks share all frames down to `depth` with a neighbour's, and
    # for each the number of the path they share.
    place = order.copy() if len(frame) else order[:0]
    path = np.zeros(len(place), dtype=np.int64)
    depth = 0
    while len(place):
        if len(place) <= _FEW and depth >= _DEEP:
            _sort_few(frame, start, length, order, shared, place, path, depth)
            break
        rows = order[place]
        # The path, as many frames as fit behind it, and whether there are more, in one number.
        count = max((_BITS - int(path[-1]).bit_length()) // width, 1)
        left, key = length[rows] - depth, np.empty_like(path)
        for low in range(0, len(rows), _BLOCK):
            some = slice(low, low + _BLOCK)
            key[some] = _keys(
                frame, start[rows[some]] + depth, left[some], path[some], width, count
            )
        by_key = np.argsort(key)
        key, left, order[place] = key[by_key], left[by_key], rows[by_key]
        differ = key[1:] ^ key[:-1]
        same = differ == 0
        parting = np.flatnonzero(~same & (differ >> (1 + width * count) == 0))
        alike = np.full(len(parting), depth)
        for step in range(count):
            alike += differ[parting] >> (1 + width * step) == 0
        shared[place[parting + 1]] = alike
        goes_on = left > count
        twin = np.flatnonzero(same & ~goes_on[1:]) + 1
        shared[place[twin]] = depth + left[twin]
        kept = np.flatnonzero((np.append(False, same) | np.append(same, False)) & goes_on)
        place, key = place[kept], key[kept]
        path = np.cumsum(np.append(False, key[1:] != key[:-1]))[: len(kept)]
        depth += count
    return order, shared


def _keys(frame: Int32, begin: Int64, left: Int64, path: Int64, width: int, count: int) -> Int64:
    """Return for each stack the path, the frames from `begin` on, and whether there are more."""
    key = path
    for step in range(count):
        # 0 behind the end: a stack comes before those that begin with it.
        one = frame.take(begin + step, mode="clip").astype(np.int64) + 1
        key = (key << width) | (one * (left > step))
    return (key << 1) | (left > count)


def _sort_few(
    frame: Int32,
    start: Int64,
    length: Int64,
    order: Int64,
    shared: Int64,
    place: Int64,
    path: Int64,
    depth: int,
) -> None:
    """Sort a few very deep stacks, of which the whole rest is looked at."""
    rest = [frame[start[row] + depth : start[row] + length[row]] for row in order[place].tolist()]
    keys = [
        (one, frames.astype(">i4").tobytes())
        for one, frames in zip(path.tolist(), rest, strict=True)
    ]
    by_key = sorted(range(len(keys)), key=keys.__getitem__)
    order[place] = order[place[by_key]]
    for at, (one, other) in zip(place[1:].tolist(), pairwise(by_key), strict=True):
        if path[one] == path[other]:
            size = min(len(rest[one]), len(rest[other]))
            differ = np.flatnonzero(rest[one][:size] != rest[other][:size])
            shared[at] = depth + (int(differ[0]) if len(differ) else size)


def _last_lower(values: Int64) -> Int64:
    """Return for each value the place of the last lower one before it, −1 if there is none."""
    found = np.arange(-1, len(values) - 1)
    todo = np.arange(len(values))
    while len(todo):
        todo = todo[(found[todo] >= 0) & (values[found[todo]] >= values[todo])]
        # All between a value and what is found for it are at least as high as that value.
        found[todo] = found[found[todo]]
    return found
