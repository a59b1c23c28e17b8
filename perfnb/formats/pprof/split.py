"""Where the samples of a file lie: found while the file is still being read."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.runs import PAD
from perfnb.formats.pprof.sniff import field_at
from perfnb.formats.pprof.varints import Messages
from perfnb.model.tables import Int64

_BLOCK = 1 << 22
"""Bytes that, as columns, stay in the processor's cache."""
_TAG = 0x12
"""Of a sample: field 2, with its size."""
_ROUNDS = 32
_FIELDS = 1000
"""To look at one by one; the samples of all that is known lie behind one another."""


class Splitter:
    """Splits a file into samples, and all else, which is for protobuf to read.

    Attributes
    ----------
    rest : list of bytes
        What is no sample; and all that comes after many other fields, samples too.
    types : int
        How many value types were found before and among the samples.
    size : int
        Bytes read.
    """

    def __init__(self) -> None:
        self.rest: list[bytes] = []
        self.types = self.size = 0
        self._left = _FIELDS

    def blocks(self, pieces: Iterable[bytes]) -> Iterator[Messages]:
        """Yield the samples, some at a time, in the order of the file."""
        held: list[bytes] = []
        length, enough = 0, _BLOCK
        for piece in pieces:
            self.size += len(piece)
            held.append(piece)
            length += len(piece)
            if not self._left:
                self.rest += held
                held = []
            elif length >= enough:
                held = [(yield from self._block(held))]
                length = len(held[0])
                # A field that is long is not looked at again with every piece.
                enough = max(_BLOCK, 2 * length)
        self.rest.append((yield from self._block(held)))

    def _block(self, held: list[bytes]) -> Generator[Messages, None, bytes]:
        """Yield the samples of these pieces, and return what is left of the pieces."""
        data = b"".join((*held, PAD))
        end = len(data) - len(PAD)
        at = 0
        while at < end and self._left:
            if data[at] == _TAG:
                begin, stop = _chain(np.frombuffer(data, np.uint8), at, end)
                if len(stop):
                    yield Messages.within(data, begin, stop)
                    at = int(stop[-1])
                    continue
            number, wire, first, after = field_at(data, at, end)
            if after < 0:
                break
            self._left = self._left - 1 if number else 0
            if number == _TAG >> 3 and wire == _TAG & 7:
                yield Messages.within(data, np.array([first]), np.array([after]))
            else:
                self.rest.append(data[at:after])
                self.types += number == 1
            at = after
        return data[at:end]


def _chain(data: NDArray[np.uint8], at: int, end: int) -> tuple[Int64, Int64]:
    """Return where samples begin and end that follow one another from `at` on.

    Only whole ones, up to one that has more than two bytes for its size, or to another field.
    """
    tag = np.flatnonzero(data[at:end] == _TAG) + at
    size, high = data[tag + 1].astype(np.int64), data[tag + 2].astype(np.int64)
    two = size >> 7
    start = tag + 2 + two
    stop = start + np.where(two, size & 0x7F | high << 7, size)
    stop[(two & high >> 7) != 0] = end + 1
    np.minimum(stop, end + 1, out=stop)
    # Many bytes look like a tag. Those at which no other field ends are none; once these are
    # gone, others have lost what led to them.
    ends = np.empty(end + 2, dtype=bool)
    for _ in range(_ROUNDS):
        ends[:] = False
        ends[stop] = ends[at] = True
        told = ends[tag]
        if told.all():
            break
        tag, start, stop = tag[told], start[told], stop[told]
    # Whatever is still between them ends the chain.
    broken = np.flatnonzero((tag[1:] != stop[:-1]) | (stop[:-1] > end))
    count = int(broken[0]) + 1 if len(broken) else len(tag)
    count -= int(stop[count - 1] > end)
    return start[:count], stop[:count]
