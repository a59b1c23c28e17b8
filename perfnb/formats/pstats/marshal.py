"""The part of Python's marshal format that pstats files are made of.

``marshal.loads`` trusts its input: a damaged file may crash the interpreter, or make it ask
for any amount of memory. This reads tables, tuples, strings and numbers as Python 2.7 to 3.14
write them, and nothing else.
"""

from __future__ import annotations

import struct
from typing import Any, Final

_FLAG: Final = 0x80
_DEPTH: Final = 4
_END: Final = object()


class Broken(Exception):
    """What stands at `at` is not part of a statistics file."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(what)
        self.at = at


def loads(data: bytes) -> Any:
    """Return the value in `data`: dicts and tuples of str, int and float.

    Raises
    ------
    Broken
        If it is damaged, ends early or holds anything else.
    """
    reader = _Reader(data)
    value = reader.value(_DEPTH)
    if value is _END:
        raise Broken(0, "the end of a table that has not begun")
    if reader.at != len(data):
        raise Broken(reader.at, f"{len(data) - reader.at} bytes after the end of the table")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self._kept: list[Any] = []
        self._interned: list[str] = []

    def value(self, depth: int) -> Any:
        """Return the next value, which may hold others `depth` levels deep."""
        start = self.at
        code = self._take(1)[0]
        slot = -1
        found: Any
        if code & _FLAG:
            slot = len(self._kept)
            self._kept.append(_END)
        kind = chr(code & ~_FLAG)
        if kind in "{()":
            if not depth:
                raise Broken(start, "nested too deeply")
            found = self._table(depth) if kind == "{" else self._tuple(kind, depth)
        elif kind == "r":
            found = self._reference(start)
        elif kind == "0":
            found = _END
        else:
            found = self._plain(kind, start)
        # A table that appeared twice could be as large as its file at each of its places.
        if slot >= 0 and not _holds_table(found):
            self._kept[slot] = found
        return found

    def _table(self, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while True:
            start = self.at
            key = self.value(depth - 1)
            if key is _END:
                return found
            value = self.value(depth - 1)
            if value is _END:
                raise Broken(self.at, "a key without a value")
            try:
                found[key] = value
            except TypeError:
                raise Broken(start, "a key that is itself a table") from None

    def _tuple(self, kind: str, depth: int) -> tuple[Any, ...]:
        count = self._take(1)[0] if kind == ")" else self._length()
        found = []
        for _ in range(count):
            found.append(self.value(depth - 1))
            if found[-1] is _END:
                raise Broken(self.at, "a tuple that ends early")
        return tuple(found)

    def _reference(self, start: int) -> Any:
        place = self._length(of_bytes=False)
        if place >= len(self._kept) or self._kept[place] is _END:
            raise Broken(start, f"nothing that could be meant by reference {place}")
        return self._kept[place]

    def _plain(self, kind: str, start: int) -> str | int | float:
        match kind:
            case "z" | "Z":
                return self._take(self._take(1)[0]).decode("latin-1")
            case "a" | "A":
                return self._take(self._length()).decode("latin-1")
            case "u" | "t" | "s":
                text = self._take(self._length()).decode("utf-8", "replace")
                if kind == "t":
                    self._interned.append(text)
                return text
            case "R":
                place = self._length(of_bytes=False)
                if place >= len(self._interned):
                    raise Broken(start, f"nothing that could be meant by string {place}")
                return self._interned[place]
            case "i":
                return int.from_bytes(self._take(4), "little", signed=True)
            case "I":
                return int.from_bytes(self._take(8), "little", signed=True)
            case "l":
                return self._long(start)
            case "g":
                value: float = struct.unpack("<d", self._take(8))[0]
                return value
            case "f":
                try:
                    return float(self._take(self._take(1)[0]))
                except ValueError:
                    raise Broken(start, "a number that is none") from None
        raise Broken(start, f"a value of type {kind!r}, which has no place in statistics")

    def _long(self, start: int) -> int:
        count = int.from_bytes(self._take(4), "little", signed=True)
        if abs(count) > 5:
            raise Broken(start, "a number of more than 75 bits")
        value = 0
        for place in range(abs(count)):
            value |= int.from_bytes(self._take(2), "little") << (15 * place)
        return -value if count < 0 else value

    def _length(self, *, of_bytes: bool = True) -> int:
        start = self.at
        length = int.from_bytes(self._take(4), "little", signed=True)
        if length < 0 or (of_bytes and length > len(self.data) - self.at):
            raise Broken(start, f"a length of {length}, with {len(self.data) - self.at} bytes left")
        return length

    def _take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise Broken(len(self.data), "the file ends early")
        self.at += count
        return taken


def _holds_table(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, tuple) and any(_holds_table(one) for one in value)
    )
