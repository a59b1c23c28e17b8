"""Ordinary lines of folded stacks, many at once: no Python object for a name already known.

A name is told from others by 128 bits that are mixed from its words, and its row is found
in a table by these. NumPy does that for all names of a chunk together, a few nanoseconds
each, and other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.model.tables import Int32, Int64

UInt64 = NDArray[np.uint64]

_SEMICOLON, _NEWLINE, _SPACE, _HASH, _ZERO = b";\n #0"
_MOST_DIGITS = 18
_PAD = bytes(16)
_ROUNDS = (4, 8, 16, 32, 64)
"""Up to how many words of a name are mixed: the first of these that holds them all."""
_LONGEST = 8 * _ROUNDS[-1]
_PROBES = 4
_LARGEST = 1 << 24
_NONE = np.empty(0, dtype=np.uint64)
_KEEP = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """The lines of one chunk.

    Attributes
    ----------
    data : bytes
        The chunk, with something around it.
    start, stop : int64 array
        Where in it each name lies.
    row : int32 array
        The row of each name; −1 for one that was not known.
    length : int32 array
        How many names each line has.
    counts : int64 array
        For each line.
    """

    data: bytes
    start: Int64
    stop: Int64
    row: Int32
    length: Int32
    counts: Int64

    def names(self, which: Int64) -> list[bytes]:
        """Return some of the names."""
        data = self.data
        pairs = zip(self.start[which].tolist(), self.stop[which].tolist(), strict=True)
        return [data[start:stop] for start, stop in pairs]


class Known:
    """Rows by the prints of names; never changed, so that threads may share it."""

    def __init__(self, low: UInt64 = _NONE, high: UInt64 = _NONE) -> None:
        self._low, self._high = low, high
        self._table = table = np.full(1 << (4 * len(low)).bit_length(), -1, dtype=np.int32)
        rows = np.arange(len(low), dtype=np.int32)
        slot = _slots(low, table)
        for _ in range(_PROBES):
            free = table.take(slot) < 0
            table[slot[free]] = rows[free]
            rest = table.take(slot) != rows
            rows, slot = rows[rest], (slot[rest] + 1) & (len(table) - 1)

    def __len__(self) -> int:
        return len(self._low)

    def more(self, names: Sequence[bytes]) -> Known:
        """Return what knows these names, too: their rows follow on those that are known."""
        data = b"".join([_PAD, *names, _PAD])
        stop = len(_PAD) + np.cumsum(np.fromiter(map(len, names), np.int64, len(names)))
        start = np.append(len(_PAD), stop[:-1])[: len(names)]
        low, high = _prints(data, start, stop)
        return Known(np.concatenate([self._low, low]), np.concatenate([self._high, high]))

    def find(self, data: bytes, start: Int64, stop: Int64) -> Int32:
        """Return the rows of names; −1 for some that are known, and all that are not."""
        if not len(self):
            return np.full(len(start), -1, dtype=np.int32)
        low, high = _prints(data, start, stop)
        slot = _slots(low, self._table)
        row = self._at(slot, low, high)
        for step in range(1, _PROBES):
            # Somebody else's place was taken, so this one's may be behind it.
            rest = np.flatnonzero(row < 0)
            if not len(rest):
                break
            next_slot = (slot[rest] + step) & (len(self._table) - 1)
            row[rest] = self._at(next_slot, low[rest], high[rest])
        row[stop - start > _LONGEST] = -1
        return row

    def _at(self, slot: Int64, low: UInt64, high: UInt64) -> Int32:
        row: Int32 = self._table.take(slot)
        # A free slot has −1, of which the print is that of another row: still −1.
        same = (self._low.take(row) == low) & (self._high.take(row) == high)
        np.copyto(row, -1, where=~same)
        return row


def scan(chunk: bytes, known: Known) -> Scanned | None:
    """Return the lines of `chunk`; None if there is one that is not names and a whole number.

    Also if it is so large, being one line, that the columns would take much memory.
    """
    if len(chunk) > _LARGEST:
        return None
    data = b"".join([_PAD, chunk, b"" if chunk.endswith(b"\n") else b"\n", _PAD])
    byte = np.frombuffer(data, dtype=np.uint8)
    stop = np.flatnonzero((byte == _SEMICOLON) | (byte == _NEWLINE))
    start = np.empty_like(stop)
    start[0] = len(_PAD)
    np.add(stop[:-1], 1, out=start[1:])
    last = np.flatnonzero(byte[stop] == _NEWLINE)
    first = np.append(0, last[:-1] + 1)
    if ((byte[start[first]] == _HASH) & (byte[start[first] + 1] == _SPACE)).any():
        return None
    found = _counts(byte, stop[last])
    if found is None:
        return None
    stop[last], counts = found
    row = known.find(data, start, stop)
    return Scanned(data, start, stop, row, (last - first + 1).astype(np.int32), counts)


def _counts(byte: NDArray[np.uint8], end: Int64) -> tuple[Int64, Int64] | None:
    """Return where the spaces before the numbers that end there are, and the numbers."""
    at, number = end - 1, np.zeros(len(end), dtype=np.int64)
    going, scale = np.ones(len(end), dtype=bool), 1
    for _ in range(_MOST_DIGITS):
        digit = byte[at] - np.uint8(_ZERO)
        going &= digit < 10
        if not going.any():
            break
        number += going * digit.astype(np.int64) * scale
        at -= going
        scale *= 10
    sound = (byte[at] == _SPACE) & (at < end - 1)
    return (at, number) if sound.all() else None


def _slots(low: UInt64, table: Int32) -> Int64:
    return (low & np.uint64(len(table) - 1)).view(np.int64)


def _prints(data: bytes, start: Int64, stop: Int64) -> tuple[UInt64, UInt64]:
    """Return two words for each name; those of names above `_LONGEST` tell nothing."""
    word = np.frombuffer(data, dtype="<u8", count=len(data) // 8)
    size = stop - start
    low, high = (size.view(np.uint64) * mix for mix in _MIX)
    done = _ROUNDS[0]
    _mix(low, high, word, start, size, range(done))
    for rounds in _ROUNDS[1:]:
        long = np.flatnonzero(size > 8 * done)
        if not len(long):
            break
        some = low[long], high[long]
        _mix(*some, word, start[long], size[long], range(done, rounds))
        low[long], high[long] = some
        done = rounds
    return low, high


def _mix(low: UInt64, high: UInt64, word: UInt64, start: Int64, size: Int64, rounds: range) -> None:
    """Mix some words of each name into its prints; what is behind its end counts as zeros."""
    # Of two aligned words each: that is faster than to read across their borders.
    at = (start >> 3) + rounds[0]
    shift = (start & 7).view(np.uint64) << np.uint64(3)
    back = np.uint64(63) - shift
    here = word.take(at, mode="clip")
    for number in rounds:
        at += 1
        behind = word.take(at, mode="clip")
        here >>= shift
        new = behind << back
        new <<= np.uint64(1)
        new |= here
        new &= _KEEP.take(size - 8 * number, mode="clip")
        _stir(low, new, _MIX[0])
        _stir(high, new, _MIX[1])
        here = behind


def _stir(state: UInt64, new: UInt64, mix: np.uint64) -> None:
    state ^= new
    state *= mix
    state ^= state >> np.uint64(29)
