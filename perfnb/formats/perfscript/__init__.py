"""What `perf script` prints: a line about each sample, its stack below it, a blank line.

::

    gofmt 28467/28471 [002] 12577.080857:    2004008 cpu-clock:u:
                f400e go/printer.(*printer).print+0x22e (/usr/bin/gofmt)
                eb999 go/printer.(*printer).block+0x1d9 (/usr/bin/gofmt)

Any choice of ``-F`` fields is read that has the addresses. Each event becomes a profile of
its own. A sample weighs its period, as in perf report: how much the event counted since the
last sample (nanoseconds for cpu-clock and task-clock); 1 where periods were not printed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from perfnb.errors import MalformedProfile
from perfnb.formats.perfscript.lines import HEADS, LOST, frame_behind, is_frame
from perfnb.formats.perfscript.profile import Recording
from perfnb.formats.perfscript.stacks import NotAFrame
from perfnb.formats.source import Source
from perfnb.model import Profile

_SIZE = 1 << 18
"""Small chunks stay in the processor's cache, and their memory is used again and again."""
_TAB = 9
_LONGEST = 1 << 29
_OURS = re.compile(
    # A line about a sample and a frame, a sample in one line, or perf's own header.
    rb"^(?:\S.*)?\n\t {0,16}[0-9a-f]+ \S"
    rb"|^ {0,20}\S.{0,60}? ++(?:\d+/ *+)?\d+ ++(?:\[\d+\] ++)?\d+\.(?:\d{6}|\d{9}): ++"
    rb"(?:\d+ ++)?[^\s\d]\S*: "
    rb"|^# perf version : ",
    re.MULTILINE,
)
_Malformed = Callable[[str, str], MalformedProfile]


class PerfScriptImporter:
    """Reads `perf script`'s text."""

    def sniff(self, head: bytes) -> bool:
        """Return whether there is a sample in `head`, or the header that perf writes."""
        return b"\0" not in head and _OURS.search(head.replace(b"\r\n", b"\n")) is not None

    def read(self, source: Source) -> dict[str, Profile]:
        """Return a profile for each event; see `perfnb.formats.base.Importer`."""
        return read_text(source.pieces(_SIZE), source.malformed)


def read_text(pieces: Iterable[bytes], malformed: _Malformed) -> dict[str, Profile]:
    """Return the profiles in a text that comes in pieces of any size.

    Parameters
    ----------
    pieces : iterable of bytes
        The text.
    malformed : callable
        Makes an error of a place and a reason.

    Raises
    ------
    MalformedProfile
        If a line is none that perf prints, or there is no sample at all.
    """
    reader = _Reader(malformed)
    for offset, chunk, bounds in _blocks(pieces, malformed):
        reader.take(offset, chunk, bounds)
    return reader.recording.profiles(malformed)


def _blocks(
    pieces: Iterable[bytes], malformed: _Malformed
) -> Iterator[tuple[int, bytes, list[tuple[int, int]]]]:
    """Yield chunks of text with their offsets, and where in them the blocks lie.

    Blocks stand between blank lines; where there are none, as between samples without
    stacks, one ends with some line. Its last newline is not in it.
    """
    offset = 0
    rest = b""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        # At least as much as was left over: a huge block is not copied over and over.
        if size < max(_SIZE, len(rest)):
            continue
        chunk = b"".join((rest, *held))
        if b"\r\n" in chunk[: 1 << 12]:
            chunk = chunk.replace(b"\r\n", b"\n")
        held, size = [], 0
        text = np.frombuffer(chunk, np.uint8)
        newline = text == 10
        ends = np.flatnonzero(newline[1:] & newline[:-1])
        if len(ends):
            begins = np.append(0, ends + 2)
            yield offset, chunk, list(zip(begins[:-1].tolist(), ends.tolist(), strict=True))
            cut = int(begins[-1])
        else:
            heads = np.flatnonzero(newline[:-1] & (text[1:] != _TAB))
            cut = int(heads[-1]) + 1 if len(heads) and len(chunk) > 4 * _SIZE else 0
            if cut:
                yield offset, chunk, [(0, cut - 1)]
        offset += cut
        rest = chunk[cut:]
        if len(rest) > _LONGEST:
            raise malformed("the end", f"more than {_LONGEST:,} bytes without a blank line")
    last = b"".join((rest, *held)).replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n\n"
    yield offset, last, list(_split(last))


def _split(text: bytes) -> Iterator[tuple[int, int]]:
    begin = 0
    while (end := text.find(b"\n\n", begin)) >= 0:
        yield begin, end
        begin = end + 2


class _Reader:
    """Takes blocks of text apart."""

    def __init__(self, malformed: _Malformed) -> None:
        self.recording = Recording()
        self._malformed = malformed
        self._match: Callable[[bytes], re.Match[bytes] | None] | None = None
        self._found: list[tuple[int, re.Match[bytes]]] = []

    def take(self, offset: int, chunk: bytes, bounds: list[tuple[int, int]]) -> None:
        """Add the samples in the given parts of a chunk."""
        at = 0
        row = self.recording.stacks.row
        try:
            for at, end in bounds:
                # Nearly all blocks are one header and its frames.
                below = chunk.find(b"\n", at, end) + 1
                if below and chunk[below] == _TAB and self._match is not None:
                    found = self._match(chunk[at : below - 1])
                    if found is not None:
                        with contextlib.suppress(NotAFrame):
                            self._found.append((row(chunk, below, end), found))
                            continue
                self._lines(chunk[at:end])
            self.recording.add(self._found)
        except _NotPerf as error:
            raise self._malformed(f"byte {offset + at}", error.args[0]) from error
        except OverflowError as error:
            where = f"byte {offset} to {offset + at}"
            raise self._malformed(where, "a number that does not fit 63 bits") from error
        self._found.clear()

    def _lines(self, block: bytes) -> None:
        """Add what is in a block of any kind, line by line."""
        lines = block.split(b"\n")
        at = 0
        while at < len(lines):
            head = b""
            if lines[at][:1] != b"\t":
                head = lines[at]
                at += 1
            frames: list[bytes] = []
            while at < len(lines):
                line = lines[at]
                if self._is_frame(line):
                    frames.append(line)
                elif frames and line[:2] == b"  ":
                    # Its file and line. They are to be one: stacks are cut at line ends.
                    frames[-1] += b"\v" + line.strip()
                else:
                    break
                at += 1
            self._sample(head, frames)

    def _is_frame(self, line: bytes) -> bool:
        if line[:1] != b" ":
            return line[:1] == b"\t"
        # Some editors make blanks of tabs; but then, names too are padded with them.
        return (self._match is None or not self._match(line)) and is_frame(line)

    def _sample(self, head: bytes, frames: list[bytes]) -> None:
        """Add a sample, or what else perf prints on a line of its own."""
        if not frames:
            if not head.strip():
                return
            if head.startswith(b"# ") or head == b"#":
                self.recording.header.add(head)
                return
            if b"PERF_RECORD_" in head:
                if lost := LOST.search(head):
                    self.recording.lost += int(lost[1])
                return
        found = self._match(head) if self._match else self._first(head, frames)
        if found is None:
            raise _NotPerf(f"not what perf prints of a sample: {_quoted(head)}")
        if not frames and (one := frame_behind(found[6])):
            frames = [one]
        stack = b"\n".join(frames)
        try:
            row = self.recording.stacks.row(stack, 0, len(stack))
        except NotAFrame as error:
            raise _NotPerf(f"not a frame of a stack: {_quoted(error.args[0])}") from error
        self._found.append((row, found))

    def _first(self, head: bytes, frames: list[bytes]) -> re.Match[bytes] | None:
        """Learn from the first sample which fields they all have."""
        for pattern in HEADS:
            found = pattern.fullmatch(head)
            if found and (frames or found[5] or found[6]):
                self._match = pattern.fullmatch
                return found
        return None


class _NotPerf(Exception):
    """A line is none that perf prints."""


def _quoted(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))
