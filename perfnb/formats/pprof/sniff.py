"""Whether a file is pprof's, judged by its first bytes: the format has no magic number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

_NUMBERS = {7, 8, 9, 10, 12, 13, 14, 15}
_SIZED = {1, 2, 3, 4, 5, 6, 11, 13}
_FEW = 100
_MANY = 1_000_000
"""Fields to look at for what the file is, and for where it is broken."""

_TEXTS = (
    b"heap profile:",
    b"--- heapz",
    b"--- growthz",
    b"--- contention",
    b"--- mutex:",
    b"--- threadz",
    b"--- Thread",
    b"goroutine profile: total ",
    b"threadcreate profile: total ",
)


def is_pprof(head: bytes) -> bool:
    """Return whether `head` can be the begin of profile.proto."""
    typed = other = False
    for _, number, wire, content in _walk(head, _FEW):
        if number not in (_SIZED if wire == 2 else _NUMBERS if wire == 0 else ()):
            return False
        if number == 1:
            # A value type, two small numbers, is what tells it from all else.
            if not _is_value_type(content):
                return False
            typed = True
        else:
            other = True
    return typed and other


def legacy(head: bytes) -> str:
    """Return which of pprof's formats before protobuf a file is in; nothing if in none."""
    for begin in _TEXTS:
        if head.startswith(begin):
            return f"“{begin.decode().strip('- :')}” (text)"
    orders: tuple[Literal["little", "big"], ...] = "little", "big"
    for word in (4, 8):
        for order in orders:
            words = [int.from_bytes(head[i * word : i * word + word], order) for i in range(5)]
            if len(head) >= 5 * word and words[:3] == [0, 3, 0] and words[3] and not words[4]:
                return "“cpuprofile” (binary)"
    return ""


def broken_at(data: bytes) -> str:
    """Return where the first field is that cannot be read."""
    at = 0
    for count, (end, *_) in enumerate(_walk(data, _MANY), 1):
        at = end
        if count == _MANY:
            return f"after byte {at}"
    return f"byte {at}"


def field_at(data: bytes, at: int, end: int) -> tuple[int, int, int, int]:
    """Return number, wire type, and where the content of the field at `at` begins and ends.

    The number is 0 if it is no field of a known type; the end is −1 if it is cut off at `end`.
    """
    tag, start = _number(data, at)
    if start < 0 or start > end:
        return 0, 0, start, -1
    number, wire = tag >> 3, tag & 7
    value, stop = _number(data, start)
    if wire in (1, 5):
        stop = start + (8 if wire == 1 else 4)
    elif wire == 2:
        start, stop = stop, stop + value if stop >= 0 else -1
    elif wire != 0:
        number = 0
    if number == 0:
        return 0, wire, start, at
    return number, wire, start, stop if stop <= end else -1


def _walk(data: bytes, most: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (end, number, wire type, content) of whole fields; `number` 0 for what is none.

    Ends at a field that is cut off.
    """
    at = 0
    for _ in range(most):
        number, wire, start, stop = field_at(data, at, len(data))
        if stop < 0:
            return
        yield stop, number, wire, data[start:stop] if number == 1 else b""
        if number == 0:
            return
        at = stop


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at `at` and its end; −1 if it has none."""
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    return value, -1


def _is_value_type(content: bytes) -> bool:
    at = 0
    numbers: list[int] = []
    while at < len(content) and len(numbers) < 2:
        tag, start = content[at], at + 1
        _, at = _number(content, start)
        if at < 0:
            return False
        numbers.append(tag)
    return at == len(content) and numbers in ([], [8], [16], [8, 16], [16, 8])
