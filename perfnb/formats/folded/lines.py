"""The lines of folded stacks as columns, without regard to what their names mean."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from perfnb.formats.folded.names import escape_command
from perfnb.formats.folded.odd import take_apart
from perfnb.formats.folded.scan import Known, Scanned, scan
from perfnb.formats.source import Source
from perfnb.model.tables import Int32, Int64

_BEGIN = b"process "
# A command may hold any character; behind the last quote comes a frame or the count.
_COMMAND = re.compile(
    rb'(?:^|(?<=";))process [0-9]+:"(?:(?!\nprocess [0-9]).)*?"(?=;|[ \t][-0-9.]+\r?$)',
    re.MULTILINE | re.DOTALL,
)
_LONGEST_COMMAND = 1 << 22
MICRO = 10**6
_THREADS = 2
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """Stacks and counts.

    Attributes
    ----------
    names : list of bytes
        The distinct names.
    name : int32 array
        Rows of `names`, each stack root first, one stack after the other.
    offset : int64 array, one longer than there are stacks
        Where each stack begins in `name`.
    counts : tuple of int64 array
        One, or two: before and after.
    micro : bool
        Whether these are millionths, because one of them had a fraction.
    """

    names: list[bytes]
    name: Int32
    offset: Int64
    counts: tuple[Int64, ...]
    micro: bool


class _Rows(dict[bytes, int]):
    """Numbers names as they come: a look-up that `map` does without any Python code."""

    def __missing__(self, name: bytes) -> int:
        row = self[name] = len(self)
        return row


def join_commands(text: bytes) -> bytes:
    """Return lines with nothing in py-spy's names of processes that would divide them."""
    return _COMMAND.sub(escape_command, text) if text.startswith(_BEGIN) else text


def read_lines(source: Source, columns: int) -> Lines:
    """Return the content of a file whose lines end in one or two counts.

    Raises
    ------
    MalformedProfile
        Naming the line that does not.
    """
    found = _Found(source, columns)
    if columns > 1:
        for chunk in _chunks(source):
            found.add_odd(chunk)
        return found.lines()
    _keep_memory()
    # Rows are given in the file's order whichever thread is faster: here, not in the threads.
    with ThreadPoolExecutor(_THREADS) as pool:
        ahead: deque[tuple[bytes, Future[Scanned | None]]] = deque()
        for chunk in _chunks(source):
            ahead.append((chunk, pool.submit(scan, chunk, found.known)))
            # The others wait for the names in the first.
            while len(ahead) > (_AHEAD if len(found.known) else 0):
                found.add(*ahead.popleft())
        for one in ahead:
            found.add(*one)
    return found.lines()


def _keep_memory() -> None:
    """Let the C library keep what is freed, for the next chunk's arrays.

    glibc gives every block of more than 128 KiB back to the system, which clears it page by
    page when it is wanted again, until a larger one has been freed: a tenth of the time.
    """
    np.empty(1 << 24, dtype=np.uint8)


class _Found:
    """What was read up to now."""

    def __init__(self, source: Source, columns: int) -> None:
        self.known = Known()
        self._source = source
        self._columns = columns
        self._rows = _Rows()
        self._missed = 0
        self._names: list[Int32] = [np.empty(0, dtype=np.int32)]
        self._lengths: list[Int32] = [np.empty(0, dtype=np.int32)]
        self._counts: list[list[tuple[Int64, bool]]] = [[] for _ in range(columns)]
        self._number = 1

    def add(self, chunk: bytes, scanned: Future[Scanned | None]) -> None:
        found = scanned.result()
        if found is None:
            self.add_odd(chunk)
            return
        unknown = np.flatnonzero(found.row < 0)
        found.row[unknown] = self._look_up(found.names(unknown))
        self._take(found.row, found.length, [(found.counts, False)], len(found.length))
        self._missed += len(unknown)
        # A look-up costs about as much as making one name known.
        if len(self._rows) > len(self.known) and self._missed > len(self.known) // 4:
            self.known = self.known.more(list(islice(self._rows, len(self.known), None)))
            self._missed = 0

    def add_odd(self, chunk: bytes) -> None:
        """Take a chunk line by line, to tell which is broken, or what else they may hold."""
        odd = take_apart(self._source, self._number, chunk, self._columns)
        length = np.array(odd.length, dtype=np.int32)
        self._take(self._look_up(odd.path), length, odd.counts, odd.lines)

    def _look_up(self, names: list[bytes]) -> Int32:
        return np.fromiter(map(self._rows.__getitem__, names), np.int32, len(names))

    def _take(
        self, name: Int32, length: Int32, counts: list[tuple[Int64, bool]], lines: int
    ) -> None:
        self._names.append(name)
        self._lengths.append(length)
        for held, new in zip(self._counts, counts, strict=True):
            held.append(new)
        self._number += lines

    def lines(self) -> Lines:
        """Return all."""
        lengths = np.concatenate(self._lengths)
        offset: Int64 = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offset[1:])
        micro = any(fractions for held in self._counts for _, fractions in held)
        counts = tuple(_column(self._source, held, micro) for held in self._counts)
        return Lines(list(self._rows), np.concatenate(self._names), offset, counts, micro)


def _chunks(source: Source) -> Iterator[bytes]:
    """Yield whole lines, many at a time, with nothing in them that is not to be split."""
    held: bytes | None = None
    for at, chunk in enumerate(source.lines()):
        text = chunk.removeprefix(b"\xef\xbb\xbf") if at == 0 else chunk
        if at == 0 and text.startswith(_BEGIN):
            held = b""
        if held is None:
            yield text
            continue
        # py-spy tells the process in every line; a command may have line breaks of its own.
        held += text
        cut = held.rfind(b"\n" + _BEGIN) + 1 or (len(held) > _LONGEST_COMMAND) * len(held)
        yield join_commands(held[:cut])
        held = held[cut:]
    if held:
        yield join_commands(held)


def _column(source: Source, held: list[tuple[Int64, bool]], micro: bool) -> Int64:
    """Return all counts in one unit."""
    size = 0.0
    for counts, fractions in held:
        scale = 1 if fractions or not micro else MICRO
        size += float(np.abs(counts.astype(np.float64)).sum()) * scale
    if size >= 2**63:
        raise source.malformed("the whole", "counts too large to be added up")
    parts = [counts if fractions or not micro else counts * MICRO for counts, fractions in held]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
