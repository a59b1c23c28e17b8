"""Runs of bytes in a buffer, and which of very many are alike."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int64

UInt64 = NDArray[np.uint64]

PAD = bytes(16)
"""Behind the last run of a buffer, so that a word can be read from its last byte on."""
_LONG = 512
_KEEP = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)[:, None]


def words(data: bytes) -> UInt64:
    """Return the little-endian words that begin at each byte."""
    found: UInt64 = np.ndarray(len(data) - 7, "<u8", data, strides=(1,))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Parts of a buffer that ends with `PAD`."""

    data: bytes
    start: Int64
    stop: Int64

    def __len__(self) -> int:
        return len(self.start)

    def cut(self, rows: Int64 | slice = slice(None)) -> list[bytes]:
        """Return the bytes of all runs, or of some."""
        data = self.data
        pairs = zip(self.start[rows].tolist(), self.stop[rows].tolist(), strict=True)
        return [data[begin:end] for begin, end in pairs]

    def prints(self) -> UInt64:
        """Return 128 bits that tell one run from another, shape (2, runs)."""
        size = self.stop - self.start
        # Longest first: those that go on are always the first few.
        order = np.argsort(-size.astype(np.int32))
        size, at, stop = size[order], self.start[order], self.stop[order]
        low, high = size.astype(np.uint64) * _MIX
        word = words(self.data)
        long, short = np.searchsorted(-size, (-_LONG, -7))
        last = stop - 8
        for offset in range(0, int(size[long]) if long < len(size) else 0, 8):
            end = min(short, np.searchsorted(-size, -offset))
            # The last word overlaps the one before it.
            new = word[np.minimum(at[long:end] + offset, last[long:end])]
            _stir(low[long:end], new, _MIX[0])
            _stir(high[long:end], new, _MIX[1])
        few = word[at[short:]] & _KEEP[size[short:]]
        low[short:] ^= few
        high[short:] ^= few
        prints = np.empty((2, len(size)), dtype=np.uint64)
        prints[:, order] = low, high
        if long:
            digests = b"".join(
                blake2b(run, digest_size=16).digest() for run in self.cut(order[:long])
            )
            prints[:, order[:long]] = np.frombuffer(digests, "<u8").reshape(-1, 2).T
        return prints


def _stir(state: UInt64, word: UInt64, by: np.uint64) -> None:
    state ^= word
    state *= by
    state ^= state >> 29


Printed = tuple[Runs, UInt64]
"""Runs and their prints."""


class Distinct(NamedTuple):
    """What runs are like.

    Attributes
    ----------
    row : int32 array
        For each run, its row of `content`.
    content : list of bytes
        The different ones, in the order in which they first appear.
    """

    row: NDArray[np.int32]
    content: list[bytes]


class Finder:
    """Finds which runs are alike, those of all buffers taken together."""

    def __init__(self) -> None:
        self._parts: list[Runs] = []
        self._prints = [np.empty((2, 0), dtype=np.uint64)]

    def add(self, part: Runs, prints: UInt64) -> None:
        """Add the runs of one buffer, and their prints."""
        self._parts.append(part)
        self._prints.append(prints)

    def distinct(self) -> Distinct:
        """Return what was found."""
        prints = np.concatenate(self._prints, axis=1)
        order = np.argsort(prints[0])
        new, sure = _heads(prints.take(order, axis=1))
        if not sure:
            order = np.lexsort(prints)
            new, _ = _heads(prints.take(order, axis=1))
        heads = np.flatnonzero(new)
        first = np.minimum.reduceat(order, heads) if len(heads) else heads
        by_first = np.argsort(first)
        place = np.empty(len(first), dtype=np.int32)
        place[by_first] = np.arange(len(first))
        row = np.empty(len(order), dtype=np.int32)
        row[order] = np.repeat(place, np.diff(heads, append=len(order)))
        first = first[by_first]
        content: list[bytes] = []
        begin = 0
        for part in self._parts:
            low, high = np.searchsorted(first, (begin, begin + len(part)))
            content += part.cut(first[low:high] - begin)
            begin += len(part)
        return Distinct(row, content)


def _heads(prints: UInt64) -> tuple[NDArray[np.bool_], bool]:
    """Return which of the sorted are new, and whether one half was enough to sort by."""
    differ = prints[:, 1:] != prints[:, :-1]
    new = np.ones(prints.shape[1], dtype=bool)
    new[1:] = differ[0] | differ[1]
    return new, bool((differ[0] >= differ[1]).all())
