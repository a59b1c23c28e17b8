"""The samples of a pprof file: a million of them, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.runs import Distinct, Finder, Printed, Runs, UInt64
from perfnb.formats.pprof.split import Splitter
from perfnb.formats.pprof.varints import SIZED, VARINT, Damaged, Fields, Messages, refuse
from perfnb.model.tables import Int64

_CHUNK = 1 << 22
"""Bytes that, as columns, stay in the processor's cache."""
_FEWEST = 1 << 10
_THREADS = 2
_LABELS = 100
_LOCATIONS, _VALUES, _LABEL = 0x0A, 0x12, 0x1A
"""Tags of the fields of a sample."""


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


class Part(NamedTuple):
    """The columns of a block of samples: `value`, and the others as where they lie."""

    value: Int64
    stack: Printed
    label: Printed


class Decoder:
    """Decodes blocks of samples, as far as tells which are alike, while others are still read.

    Most of the work is NumPy's, which lets go of the interpreter: two threads are twice as fast.
    They have ended when the `with` block is left, however that is.
    """

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(_THREADS, "perfnb-pprof")
        # Finding the samples is work in a row, and has a thread of its own.
        self._line = ThreadPoolExecutor(1, "perfnb-pprof")
        self._splitter = Splitter()
        self._blocks: list[tuple[Messages, int, Future[Part] | None]] = []
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.shutdown(wait=False, cancel_futures=True)
        self.pool.shutdown(cancel_futures=True)
        self._line.shutdown()

    def __len__(self) -> int:
        return self._count

    def read(self, pieces: Iterable[bytes]) -> Splitter:
        """Take a file's samples, and return what else it has."""
        fed = [self._line.submit(self._feed, piece) for piece in pieces]
        fed.append(self._line.submit(self._feed, b""))
        for one in fed:
            one.result()
        return self._splitter

    def _feed(self, piece: bytes) -> None:
        splitter = self._splitter
        for block in splitter.feed(piece) if piece else splitter.finish():
            self.add(block, splitter.types)

    def add(self, block: Messages, types: int) -> None:
        """Add samples that seem to have values of so many types; how many is said at the end."""
        # Values of more types than the block has bytes are no reason to ask for memory.
        sane = types * len(block) <= len(block.data)
        future = self.pool.submit(_decoded, block, types) if sane else None
        self._blocks.append((block, types, future))
        self._count += len(block)

    def extend(self, samples: Sequence[bytes], types: int, size: int) -> None:
        """Add samples, each of them bytes of their own, of about `size` bytes together."""
        step = max(_FEWEST, _CHUNK * len(samples) // max(size, 1))
        for begin in range(0, len(samples), step):
            self.add(Messages(samples[begin : begin + step]), types)

    def columns(self, types: int) -> Future[Columns]:
        """Return all that was added, once it is there: something else can be done meanwhile.

        Its result raises `Damaged` if a sample is, or does not have so many values.
        """
        return self._line.submit(self._columns, types)

    def _columns(self, types: int) -> Columns:
        again = [
            future if guess == types and future else self.pool.submit(_decoded, block, types)
            for block, guess, future in self._blocks
        ]
        stacks, labels = Finder(), Finder()
        value = np.empty((types, self._count), dtype=np.int64)
        begin = 0
        for future, (block, *_) in zip(again, self._blocks, strict=True):
            try:
                part = future.result()
            except Damaged as error:
                raise Damaged(error.index + begin, error.what) from error
            value[:, begin : begin + len(block)] = part.value
            stacks.add(*part.stack)
            labels.add(*part.label)
            begin += len(block)
        label = self.pool.submit(labels.distinct)
        return Columns(stacks.distinct(), label.result(), value)


def _decoded(block: Messages, types: int) -> Part:
    """Return the columns of a block."""
    value, stack, label = _as_usual(block, types) or _anyhow(block, types)
    return Part(value.view(np.int64), (stack, stack.prints()), (label, label.prints()))


def _as_usual(block: Messages, types: int) -> tuple[UInt64, Runs, Runs] | None:
    """Return values, stacks and labels if all samples are as every known tool writes them.

    That is locations, values, labels; the numbers packed. What is not just so is left to
    `_anyhow`, which is several times slower.
    """
    data, begin, end = block.data, block.begin, block.end
    byte = block.bytes
    if not len(block) or (byte[begin] != _LOCATIONS).any():
        return None
    start, stop = _sized(byte, begin)
    if (stop >= end).any() or (byte[stop] != _VALUES).any():
        return None
    at, after = _sized(byte, stop)
    if (after > end).any() or (after - at < types).any():
        return None
    value = np.empty((types, len(block)), dtype=np.uint64)
    for nth in range(types):
        value[nth], at = block.numbers(at)
        if (at > after).any():
            return None
    if (at < after).any():
        return None
    found = value, Runs(data, start, stop), Runs(data, after, end)
    at = after
    for _ in range(_LABELS):
        more = at < end
        if not more.any():
            return found
        if not more.all():
            at, end = at[more], end[more]
        size = byte[at + 1]
        if (byte[at] != _LABEL).any() or (size >= 0x80).any():
            return None
        at = at + 2 + size
        if (at > end).any():
            return None
    return None


def _sized(byte: NDArray[np.uint8], tag: Int64) -> tuple[Int64, Int64]:
    """Return where the contents of fields begin and end; beyond all if it is 16 KiB or more."""
    size = byte[tag + 1].astype(np.int64)
    if size.max() < 0x80:
        return tag + 2, tag + 2 + size
    high = byte[tag + 2].astype(np.int64)
    two = size >> 7
    start = tag + 2 + two
    size = np.where(two, size & 0x7F | high << 7, size)
    size[(two & high >> 7) != 0] = len(byte)
    return start, start + size


def _anyhow(block: Messages, types: int) -> tuple[UInt64, Runs, Runs]:
    """Return values, stacks and labels of any samples that protobuf would read."""
    fields = list(block.fields())
    value = _values(block, [some.of(2, VARINT, SIZED) for some in fields], types)
    stack = block.joined([some.of(1, VARINT, SIZED) for some in fields])
    return value, stack, block.joined([some.of(3, SIZED) for some in fields], whole=True)


def _values(messages: Messages, found: Sequence[Fields], types: int) -> UInt64:
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
    return values
