"""Where the samples of a file lie: found while the file is still being read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from perfnb.formats.pprof.runs import PAD
from perfnb.formats.pprof.sniff import field_at
from perfnb.formats.pprof.varints import Messages

_BLOCK = 1 << 22
"""Bytes that, as columns, stay in the processor's cache."""
_TAG = 0x12
"""Of a sample: field 2, with its size."""
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
        self._held: list[bytes] = []
        self._length, self._enough = 0, _BLOCK

    def feed(self, piece: bytes) -> list[Messages]:
        """Take the next piece of the file, and return the samples that are whole by now."""
        self.size += len(piece)
        if not self._left:
            self.rest.append(piece)
            return []
        self._held.append(piece)
        self._length += len(piece)
        return self._split() if self._length >= self._enough else []

    def finish(self) -> list[Messages]:
        """Return the last samples; what is left of the file is not one."""
        blocks = self._split()
        self.rest += self._held
        return blocks

    def _split(self) -> list[Messages]:
        blocks: list[Messages] = []
        data = b"".join((*self._held, PAD))
        end = len(data) - len(PAD)
        byte = np.frombuffer(data, np.uint8)
        at = 0
        while at < end and self._left:
            ends = np.fromiter(_ends(data, at, end), np.int64)
            if len(ends) > 1:
                large = byte[ends[:-1] + 1] >= 0x80
                blocks.append(Messages.within(data, ends[:-1] + 2 + large, ends[1:]))
                at = int(ends[-1])
                continue
            number, wire, first, after = field_at(data, at, end)
            if after < 0:
                break
            self._left = self._left - 1 if number else 0
            if number == _TAG >> 3 and wire == _TAG & 7:
                blocks.append(Messages.within(data, np.array([first]), np.array([after])))
            else:
                self.rest.append(data[at:after])
                self.types += number == 1
            at = after
        held = data[at:end]
        if not self._left:
            self.rest.append(held)
            held = b""
        self._held, self._length = [held], len(held)
        # A field that is long is not looked at again with every piece.
        self._enough = max(_BLOCK, 2 * len(held))
        return blocks


def _ends(data: bytes, at: int, end: int) -> Iterator[int]:
    """Yield `at`, and where samples end that follow one another from there on.

    Only whole ones, up to one that is of 16 KiB or more, or to another field. This is what no
    column can tell, and all that is done a sample at a time.
    """
    while at <= end:
        yield at
        if data[at] != _TAG:
            return
        size = data[at + 1]
        if size < 0x80:
            at += size + 2
        elif (high := data[at + 2]) < 0x80:
            at += size - 0x80 + (high << 7) + 3
        else:
            return
