"""Protobuf's numbers and messages, decoded many at a time.

A reader of a million small messages cannot afford a Python object for each. Here all of them
lie behind one another in one buffer and are read in step: the first field of every message,
then the second of those that have one, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.runs import PAD, Runs, UInt64, words
from perfnb.model.tables import Int64

VARINT, SIZED = 0, 2
"""Wire types."""

_FIXED = np.array([0, 8, 0, 0, 0, 4, 0, 0])
"""Bytes of a field of each wire type, if all fields of it have as many."""
_KNOWN = np.array([True, True, True, False, False, True, False, False])
_MOST_FIELDS = 4096
"""Of one message. Real ones have a few dozen: what there may be more of is packed into one."""
_NEVER = 1 << 60
"""Where a number of more than ten bytes ends."""
_CHUNK = 1 << 20
"""Bytes that, as numbers, stay in the processor's cache."""
_ONES, _SEVENS, _EIGHTHS = np.array([0x01, 0x7F, 0x80], dtype=np.uint64) * 0x0101010101010101
_LOW_HALVES = np.array([0x7F007F007F007F, 0x3FFF00003FFF, 0xFFFFFFF], dtype=np.uint64)
"""Of the bits that are already together in each two, four and eight bytes."""


class Damaged(Exception):
    """A message breaks the rules.

    Parameters
    ----------
    index : int
        Which of the messages.
    what : str
        What is wrong with it.
    """

    def __init__(self, index: int, what: str) -> None:
        super().__init__(what)
        self.index = index
        self.what = what


def refuse(bad: NDArray[np.bool_], what: str, message: Int64 | None = None) -> None:
    """Raise `Damaged` for the first that is bad, if any is.

    Parameters
    ----------
    bad : bool array
        Which are.
    what : str
        What is wrong with them.
    message : int64 array, optional
        Which message each belongs to, if that is not its own index.
    """
    if bad.any():
        row = int(np.argmax(bad))
        raise Damaged(row if message is None else int(message[row]), what)


class Fields(NamedTuple):
    """One field of each of many messages; shape (n,) each.

    Attributes
    ----------
    message : int64
        Which messages; none twice, in ascending order.
    number, wire : int64
        The field's number and wire type.
    value : uint64
        What a varint holds.
    tag, start, stop : int64
        Where in the buffer the field begins, its content begins, and both end.
    """

    message: Int64
    number: Int64
    wire: Int64
    value: UInt64
    tag: Int64
    start: Int64
    stop: Int64

    def of(self, number: int, *wires: int) -> Fields:
        """Return those with this number and one of these wire types."""
        typed = np.logical_or.reduce([self.wire == wire for wire in wires])
        chosen = (self.number == number) & typed
        return self if chosen.all() else Fields(*(column[chosen] for column in self))


class Messages:
    """Messages of one type, behind one another.

    Parameters
    ----------
    messages : sequence of bytes
        Each one, as protobuf encodes it.
    """

    def __init__(self, messages: Sequence[bytes]) -> None:
        length = np.fromiter(map(len, messages), np.int64, len(messages))
        end = np.cumsum(length)
        self._lie(b"".join((*messages, PAD)), end - length, end)

    @classmethod
    def within(cls, data: bytes, begin: Int64, end: Int64) -> Messages:
        """Return messages that lie in a buffer that ends with `PAD`."""
        made = cls.__new__(cls)
        made._lie(data, begin, end)
        return made

    def _lie(self, data: bytes, begin: Int64, end: Int64) -> None:
        self.data, self.begin, self.end = data, begin, end
        self.bytes = np.frombuffer(data, np.uint8)
        # A word from every byte on, so that most numbers are one look-up.
        self._words = words(data)

    def __len__(self) -> int:
        return len(self.end)

    def fields(self) -> Iterator[Fields]:
        """Yield the first field of every message, then the second, and so on.

        Raises
        ------
        Damaged
            If a field is cut off or of no known wire type, or there are too many.
        """
        message = np.flatnonzero(self.end > self.begin)
        at, end = self.begin[message], self.end[message]
        for _ in range(_MOST_FIELDS):
            if not len(message):
                return
            tag, begin = self.numbers(at)
            refuse(begin > end, "a field's tag is cut off", message)
            number, wire = (tag >> 3).astype(np.int64), (tag & 7).astype(np.int64)
            refuse((number == 0) | ~_KNOWN[wire], "not a field that protobuf knows", message)
            value, after = self.numbers(begin)
            sized, fixed = wire == SIZED, _FIXED[wire]
            size = np.where(sized, np.minimum(value, _NEVER).astype(np.int64), 0)
            stop = np.where(fixed > 0, begin + fixed, after + size)
            refuse(stop > end, "a field is cut off", message)
            yield Fields(message, number, wire, value, at, np.where(sized, after, begin), stop)
            more = stop < end
            message, at, end = message[more], stop[more], end[more]
        refuse(np.ones(len(message), bool), f"more than {_MOST_FIELDS:,} fields", message)

    def numbers(self, at: Int64) -> tuple[UInt64, Int64]:
        """Return the varints at these places in the buffer, and where each ends."""
        first = self.bytes[at]
        if not len(at) or first.max() < 0x80:
            return first.astype(np.uint64), at + 1
        value, size = _word(self._words[at])
        stop = at + size
        if not size.all():
            long = np.flatnonzero(size == 0)
            rest, more = _word(self._words[at[long] + 8])
            value[long] |= rest << 56
            stop[long] += np.where((more == 1) | (more == 2), 8 + more, _NEVER)
        return value, stop

    def column(self, count: int) -> UInt64:
        """Return fields 1 to `count` that are single varints, the others ignored.

        Returns
        -------
        uint64 array, shape (count + 1, messages)
            Row n is field n; 0 where it is not given.
        """
        columns = np.zeros((count + 1, len(self)), dtype=np.uint64)
        for some in self.fields():
            chosen = np.flatnonzero((some.number <= count) & (some.wire == VARINT))
            columns[some.number[chosen], some.message[chosen]] = some.value[chosen]
        return columns

    def parts(self, found: Sequence[Fields]) -> tuple[list[bytes], Int64]:
        """Return the contents of fields in the order of their messages, and which those are."""
        message, start, stop = _in_order(found, whole=False)
        return Runs(self.data, start, stop).cut(), message

    def joined(self, found: Sequence[Fields], *, whole: bool = False) -> Runs:
        """Return what each message has in some fields, put together.

        Parameters
        ----------
        found : sequence of Fields
            Which fields.
        whole : bool
            With their tags.
        """
        message, start, stop = _in_order(found, whole=whole)
        begin, end = np.zeros((2, len(self)), dtype=np.int64)
        head = np.ones(len(message), dtype=bool)
        head[1:] = (message[1:] != message[:-1]) | (start[1:] != stop[:-1])
        message, start, stop = message[head], start[head], stop[np.roll(head, -1)]
        data = self.data
        if (message[1:] == message[:-1]).any():
            # With gaps between: lay them side by side.
            size = stop - start
            after = np.cumsum(size)
            places = np.arange(after[-1]) + np.repeat(start - after + size, size)
            data = self.bytes[places].tobytes() + PAD
            start, stop = after - size, after
        # Of several, the first begins it and the last ends it.
        begin[message[::-1]] = start[::-1]
        end[message] = stop
        return Runs(data, begin, end)


def _in_order(found: Sequence[Fields], *, whole: bool) -> tuple[Int64, Int64, Int64]:
    """Return message, start and stop of all fields, sorted by message, else as found."""
    found = [some for some in found if len(some.message)]
    if not found:
        return (np.empty(0, dtype=np.int64),) * 3
    message = np.concatenate([some.message for some in found])
    start = np.concatenate([some.tag if whole else some.start for some in found])
    stop = np.concatenate([some.stop for some in found])
    if len(found) == 1:
        return message, start, stop
    order = np.argsort(message, kind="stable")
    return message[order], start[order], stop[order]


def packed(rows: Sequence[bytes]) -> Iterator[tuple[UInt64, Int64]]:
    """Decode rows of packed varints, some rows at a time.

    Yields
    ------
    values : uint64 array
        Of some rows, one after the other.
    count : int64 array
        How many values each of these rows has.

    Raises
    ------
    Damaged
        If a row ends within a number, or a number is too long.
    """
    length = np.fromiter(map(len, rows), np.int64, len(rows))
    end = np.cumsum(length)
    cuts = np.searchsorted(end, np.arange(_CHUNK, int(end[-1]) + 1 if len(end) else 0, _CHUNK))
    bounds = np.unique(np.concatenate([[0], cuts, [len(rows)]])).tolist()
    for low, high in pairwise(bounds):
        data = np.frombuffer(b"".join(rows[low:high]), np.uint8)
        stop = end[low:high] - (end[low - 1] if low else 0)
        last = np.flatnonzero(data < 0x80)
        count = np.diff(np.searchsorted(last, stop), prepend=0)
        full = np.flatnonzero(length[low:high])
        refuse(data[stop[full] - 1] >= 0x80, "a number is cut off", full + low)
        value = data[last].astype(np.uint64)
        size = np.diff(last, prepend=-1)
        for back in range(1, int(size.max(initial=1))):
            longer = np.flatnonzero(size > back)
            if back == 10:
                row = np.searchsorted(stop, last[longer[:1]], side="right")
                raise Damaged(int(row[0]) + low, "a number of more than ten bytes")
            value[longer] = value[longer] << 7 | data[last[longer] - back] & 0x7F
        yield value, count


def _word(word: UInt64) -> tuple[UInt64, Int64]:
    """Return the varint at the begin of each little-endian word, and its size in bytes.

    One that goes on beyond has size 0 and the 56 bits that the word holds.
    """
    ends = ~word & _EIGHTHS
    # All ones up to the end of the first byte that has no continuation bit.
    inside = ends ^ (ends - 1)
    size = (inside & _ONES) * _ONES >> 56
    size[ends == 0] = 0
    # Seven bits of each byte, pulled together in pairs, fours and eights.
    bits = word & inside & _SEVENS
    for step, low in enumerate(_LOW_HALVES):
        bits = bits & low | (bits & ~low) >> np.uint64(1 << step)
    return bits, size.astype(np.int64)
