"""A trace's events, some megabytes at a time, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.source import Source

_KEY = re.compile(rb'"(traceEvents|samples)"\s*:\s*$')
_SPACE = b" \t\r\n"
_MOST = 1 << 32
_PIECE = 1 << 22
_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("{"), ord("[")]] = 1
_STEP[[ord("}"), ord("]")]] = -1
_STRUCTURE = _STEP != 0
_STRUCTURE[[ord('"'), ord(",")]] = True


class Marks(NamedTuple):
    """Brackets and commas outside of strings: where, which, and the depth after each."""

    at: NDArray[np.int64]
    byte: NDArray[np.uint8]
    depth: NDArray[np.int64]


def marks(text: bytes, depth: int) -> Marks:
    """Return the structure of JSON text that begins outside of strings at `depth`."""
    if b"\\" in text:
        # Pairs from the left, so that what is left of a run escapes what follows it.
        text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    array = np.frombuffer(text, dtype=np.uint8)
    at = np.flatnonzero(_STRUCTURE[array])
    byte = array[at]
    quote = byte == ord('"')
    plain = ~quote & (np.cumsum(quote, dtype=np.uint8) % 2 == 0)
    at, byte = at[plain], byte[plain]
    return Marks(at, byte, depth + np.cumsum(_STEP[byte], dtype=np.int64))


class EventStream:
    """Cuts a trace between its events.

    Parameters
    ----------
    source : Source
        The file.

    Attributes
    ----------
    around : bytearray
        The outermost object, its events and samples left out, as far as it was read; ``{}``
        for a mere list.
    closed : bool
        Whether the list of events has an end; a mere list need not.
    """

    def __init__(self, source: Source) -> None:
        self.around = bytearray(b"{}")
        self.closed = True
        self._source = source
        self._pieces = source.pieces(_PIECE)
        self._held = b""
        self._done = 0

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """Yield JSON lists of some ``traceEvents`` or ``samples``, and which.

        Raises
        ------
        MalformedProfile
            If the file is neither a list nor an object with ``traceEvents``, or ends early.
        """
        self._more(1)
        start = self._held
        self._held = start.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
        self._done = len(start) - len(self._held)
        if self._held[:1] == b"[":
            self._take(1)
            yield from self._items("traceEvents", 1)
            while self._more(1 << 24):
                pass
            if rest := self._held.strip(_SPACE):
                raise self._wrong(f"{len(rest):,} bytes follow the end of the list")
            return
        if self._held[:1] != b"{":
            raise self._source.malformed("byte 0", "neither a list of events nor an object")
        self.around.clear()
        depth = 0
        found = set()
        while key := self._until_list(depth):
            found.add(key)
            yield from self._items(key, 2)
            self.around += b"]"
            depth = 1
        if "traceEvents" not in found:
            raise self._source.malformed("$", "there are no traceEvents")

    def _until_list(self, depth: int) -> str:
        """Move to the next list of events or samples; return its key, if there is any."""
        while True:
            found = marks(self._held, depth)
            for at in found.at[(found.depth == 2) & (found.byte == ord("["))].tolist():
                if key := _KEY.search(self._held[max(0, at - 64) : at]):
                    self.around += self._take(at + 1)
                    return key[1].decode()
            commas = np.flatnonzero(found.byte == ord(","))
            if len(commas):
                depth = int(found.depth[commas[-1]])
                self.around += self._take(int(found.at[commas[-1]]) + 1)
            # Twice as much at each look: never the square of the file's length.
            if not self._more(2 * len(self._held)):
                self.around += self._held
                return ""
            if len(self.around) + len(self._held) > _MOST:
                raise self._wrong("too much beside the events")

    def _items(self, key: str, depth: int) -> Iterator[tuple[str, bytes]]:
        while True:
            found = marks(self._held, depth)
            ends = np.flatnonzero(found.depth < depth)
            if len(ends):
                end = int(found.at[ends[0]])
                if found.byte[ends[0]] != ord("]"):
                    raise self._wrong("the list ends with a brace", end)
                yield key, self._listed(end)
                self._take(1)
                return
            commas = found.at[(found.byte == ord(",")) & (found.depth == depth)]
            if len(commas):
                yield key, self._listed(int(commas[-1]))
                self._take(1)
            if self._more(2 * len(self._held)):
                if len(self._held) > _MOST:
                    raise self._wrong("an event of gigabytes")
                continue
            found = marks(self._held, depth)
            # Only a mere list may lack its end, and that between two events.
            if depth > 1 or (len(found.depth) and found.depth[-1] != depth):
                raise self._wrong("the file ends within its events", len(self._held))
            self.closed = False
            yield key, self._listed(len(self._held))
            self._take(len(self._held))
            return

    def _listed(self, end: int) -> bytes:
        return b"[" + self._take(end).strip(_SPACE).removesuffix(b",") + b"]"

    def _take(self, count: int) -> bytes:
        taken, self._held = self._held[:count], self._held[count:]
        self._done += count
        return taken

    def _more(self, length: int) -> bool:
        """Hold at least `length` bytes, if there are; return whether any came."""
        held = [self._held]
        size = before = len(self._held)
        while size < length or size == before:
            piece = next(self._pieces, b"")
            if not piece:
                break
            held.append(piece)
            size += len(piece)
        self._held = b"".join(held)
        return size > before

    def _wrong(self, what: str, further: int = 0) -> Any:
        return self._source.malformed(f"byte {self._done + further}", what)
