"""The prefix tree of a pprof file's stacks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.tables import Locations
from perfnb.formats.pprof.varints import Damaged, packed
from perfnb.model import Stacks
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import Int32, Int64

_STACKS = 1 << 14
_NONE = np.empty(0, dtype=np.int32)


def tree(
    stacks: Sequence[bytes], locations: Locations, pool: Executor
) -> tuple[Stacks, NDArray[np.int32]]:
    """Return the prefix tree of distinct stacks, and the row of each.

    Raises
    ------
    Damaged
        If a location is not there; `index` is that of the stack.
    """
    begins = range(0, len(stacks), _STACKS)
    parts = [pool.submit(_frames, stacks, begin, locations) for begin in begins]
    found = [part.result() for part in parts]
    # The file has the innermost call first, the tree wants the outermost: all of it backwards.
    frame = np.concatenate([*(part[::-1] for part, _ in reversed(found)), _NONE])
    size = np.concatenate([*(part[::-1] for _, part in reversed(found)), _NONE])
    rows, leaf = prefix_tree(frame, np.append(0, np.cumsum(size)))
    return rows, leaf[::-1]


def _frames(stacks: Sequence[bytes], begin: int, locations: Locations) -> tuple[Int32, Int64]:
    """Return the frames of `_STACKS` stacks, one after the other, and how many each has."""
    frames, sizes = [_NONE], [_NONE.astype(np.int64)]
    done = begin
    try:
        for ids, length in packed(stacks[begin : begin + _STACKS]):
            ends = np.cumsum(length)
            try:
                rows = locations.ids.rows(ids)
            except Damaged as error:
                owner = int(np.searchsorted(ends, error.index, "right"))
                raise Damaged(done + owner - begin, error.what) from error
            if not locations.single:
                times = locations.count[rows]
                after = np.cumsum(times)
                # Those of one location lie behind one another; so does what is wanted.
                lead = np.repeat(locations.first[rows] - after + times, times)
                rows = lead + np.arange(len(lead))
                length = np.diff(np.append(0, after)[ends], prepend=0)  # noqa: PLW2901
            frames.append(locations.frame[rows])
            sizes.append(length)
            done += len(length)
    except Damaged as error:
        raise Damaged(begin + error.index, error.what) from error
    return np.concatenate(frames), np.concatenate(sizes)
