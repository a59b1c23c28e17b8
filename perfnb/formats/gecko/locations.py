"""What Firefox puts into one string for each frame: function, file or library, line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from perfnb.formats.gecko.schema import Library

_COMPILED_TAIL = re.compile(r"\+ \d{1,20}|\([^()]{0,1000}:[^()]{0,1000}\)")
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)


class Libraries:
    """Where libraries lay in the memory of one process."""

    def __init__(self, libraries: Iterable[Library] | None) -> None:
        known = [
            (library.start, library.end, library.name or "")
            for library in libraries or ()
            if library.start is not None and library.end is not None
        ]
        self._known = sorted(known)
        self._starts = [start for start, _, _ in self._known]

    def at(self, address: str) -> str:
        """Return the name of the library at an address such as ``"0x7f34dd81586a"``."""
        try:
            place = int(address[:20], 16)
        except ValueError:
            return ""
        row = bisect_right(self._starts, place) - 1
        if row < 0:
            return ""
        _, end, name = self._known[row]
        return name if place < end else ""


def location(text: str, libraries: Libraries) -> tuple[str, str, str, int]:
    """Return name, file, module and first line of the function that a frame is in.

    Examples
    --------
    >>> location("read (in libc.so.6) + 12", Libraries(()))
    ('read', '', 'libc.so.6', 0)
    >>> location("draw (https://a.example/b.js:12:3)[4]", Libraries(()))
    ('draw', 'https://a.example/b.js', '', 12)
    >>> location("https://a.example/b.js:12:3", Libraries(()))
    ('(root scope) https://a.example/b.js', 'https://a.example/b.js', '', 12)
    """
    if text.startswith("0x"):
        return text, "", libraries.at(text), 0
    return _compiled(text) or _script(text) or (text, "", "", 0)


def _compiled(text: str) -> tuple[str, str, str, int] | None:
    # Taken apart from its end: names of C++ hold brackets, spaces and colons of their own.
    name, found, rest = text.rpartition(" (in ")
    library, closed, tail = rest.partition(")")
    if not (found and closed) or (tail and not _COMPILED_TAIL.fullmatch(tail.strip(" "))):
        return None
    return name, "", library, 0


def _script(text: str) -> tuple[str, str, str, int] | None:
    body, found, index = text.removesuffix("]").rpartition("[")
    if not (found and text.endswith("]") and _DIGITS.fullmatch(index)):
        body = text
    name = ""
    if body.endswith(")"):
        name, found, body = body[:-1].rpartition(" (")
        if not found:
            return None
    file, _, last = body.rpartition(":")
    if not (file and _DIGITS.fullmatch(last)):
        return None
    line = last
    before, _, middle = file.rpartition(":")
    if before and _DIGITS.fullmatch(middle):
        file, line = before, middle
    # A script may have been loaded by others, which stand before it.
    file = file.rpartition(" -> ")[2]
    return name or f"(root scope) {file}", file, "", int(line)
