"""The samples of a pprof file: a million of them, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.runs import Distinct, Finder
from perfnb.formats.pprof.tables import Locations
from perfnb.formats.pprof.varints import SIZED, VARINT, Damaged, Fields, Messages, packed, refuse
from perfnb.model import Stacks
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import Int32, Int64

_CHUNK = 1 << 20
"""Bytes that, as columns, stay in the processor's cache."""
_FEWEST = 1 << 10
_NONE = np.empty(0, dtype=np.int32)


class Columns(NamedTuple):
    """What samples have, still as the file spells it.

    Attributes
    ----------
    stack : Distinct
        Ids of locations, packed.
    label : Distinct
        Fields of samples, whole.
    value : int64 array, shape (value types, samples)
    """

    stack: Distinct
    label: Distinct
    value: Int64


def columns(samples: Sequence[bytes], types: int, size: int) -> Columns:
    """Decode samples, of about `size` bytes, as far as tells which of them are alike."""
    stacks, labels = Finder(), Finder()
    value = np.zeros((types, len(samples)), dtype=np.int64)
    step = max(_FEWEST, _CHUNK * len(samples) // max(size, 1))
    for begin in range(0, len(samples), step):
        messages = Messages(samples[begin : begin + step])
        try:
            fields = list(messages.fields())
            found = _values(messages, [some.of(2, VARINT, SIZED) for some in fields], types)
        except Damaged as error:
            raise Damaged(error.index + begin, error.what) from error
        value[:, begin : begin + len(messages)] = found
        stacks.add(messages.joined([some.of(1, VARINT, SIZED) for some in fields]))
        labels.add(messages.joined([some.of(3, SIZED) for some in fields], whole=True))
    return Columns(stacks.distinct(), labels.distinct(), value)


def _values(messages: Messages, found: Sequence[Fields], types: int) -> Int64:
    """Return the values of some samples, shape (value types, samples)."""
    values = np.zeros((types, len(messages)), dtype=np.uint64)
    have = np.zeros(len(messages), dtype=np.int64)
    for some in found:
        filled = some.stop > some.start
        message, at, stop = some.message[filled], some.start[filled], some.stop[filled]
        while len(message):
            nth = have[message]
            refuse(nth >= types, f"more values than the {types} value types", message)
            values[nth, message], at = messages.numbers(at)
            refuse(at > stop, "a value is cut off", message)
            have[message] += 1
            more = at < stop
            message, at, stop = message[more], at[more], stop[more]
    refuse(have < types, f"fewer values than the {types} value types")
    return values.view(np.int64)


def tree(stacks: Sequence[bytes], locations: Locations) -> tuple[Stacks, NDArray[np.int32]]:
    """Return the prefix tree of distinct stacks, and the row of each.

    Raises
    ------
    Damaged
        If a location is not there; `index` is that of the stack.
    """
    frames: list[Int32] = []
    sizes: list[Int64] = []
    done = 0
    single = bool((locations.count == 1).all())
    for ids, length in packed(stacks):
        owner = np.repeat(np.arange(done, done + len(length)), length)
        rows = locations.ids.rows(ids, owner)
        if not single:
            times = locations.count[rows]
            ends = np.cumsum(times)
            within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - times, times)
            length = np.diff(np.append(0, ends)[np.cumsum(length)], prepend=0)  # noqa: PLW2901
            rows = np.repeat(locations.first[rows], times) + within
        frames.append(locations.frame[rows])
        sizes.append(length)
        done += len(length)
    # The file has the innermost call first, the tree wants the outermost: all of it backwards.
    frame = np.concatenate([*(part[::-1] for part in reversed(frames)), _NONE])
    size = np.concatenate([*(part[::-1] for part in reversed(sizes)), _NONE])
    found, leaf = prefix_tree(frame, np.append(0, np.cumsum(size)))
    return found, leaf[::-1]
