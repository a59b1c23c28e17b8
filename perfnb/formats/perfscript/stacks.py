"""Stacks as perf prints them, each text taken apart only when it is new.

Many samples share most of their callers, few all of their lines: the addresses at the leaf
differ. So a stack is cut into its leaf and pieces of some lines, counted from the root, and
what was seen before is looked up as text, piece by piece.
"""

from __future__ import annotations

from array import array

import numpy as np

from perfnb.formats.perfscript.lines import INLINED, frame_facts
from perfnb.model import ProfileBuilder, Stacks
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import Int32

_PIECE = 800
_KEPT = 1 << 26
"""Bytes of text that are remembered."""


class NotAFrame(Exception):
    """A line of a stack is none."""


class StackTexts:
    """The distinct stacks of a text.

    Parameters
    ----------
    builder : ProfileBuilder
        Where frames are interned.
    """

    def __init__(self, builder: ProfileBuilder) -> None:
        self._pieces = _Pieces(builder)
        self._rows: dict[tuple[int, ...], int] = {}

    def row(self, text: bytes, begin: int, end: int) -> int:
        """Return the row of the stack whose lines are ``text[begin:end]``, leaf first."""
        if begin == end:
            return self._rows.setdefault((), len(self._rows))
        pieces = self._pieces
        if not pieces.inlined:
            key = self._key(text, begin, end)
        if pieces.inlined:
            # Inlined frames are to stay together with what they are inlined into.
            key = (pieces[text[begin:end]],)
        return self._rows.setdefault(key, len(self._rows))

    def _key(self, text: bytes, begin: int, end: int) -> tuple[int, ...]:
        piece = self._pieces.__getitem__
        key = []
        leaf = text.find(b"\n", begin, end)
        if leaf < 0:
            leaf = end
        while end - leaf > _PIECE + _PIECE // 3:
            cut = text.find(b"\n", end - _PIECE, end)
            if cut < 0:
                # One line that is longer than a piece.
                cut = text.rfind(b"\n", leaf, end)
            key.append(piece(text[cut + 1 : end]))
            end = cut
        if end > leaf:
            key.append(piece(text[leaf + 1 : end]))
        key.append(piece(text[begin:leaf]))
        return tuple(key)

    def tree(self) -> tuple[Stacks, Int32]:
        """Return the prefix tree, and for each row of this table its row there."""
        frames = list(self._pieces.frames)
        flat = np.frombuffer(
            b"".join([frames[one] for key in self._rows for one in key]), dtype=np.int32
        )
        size = [len(one) // 4 for one in frames]
        sizes = [sum([size[one] for one in key]) for key in self._rows]
        offset = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        return prefix_tree(flat, offset)


class _Lines(dict[bytes, int]):
    """Rows of frames by their lines."""

    def __init__(self, builder: ProfileBuilder) -> None:
        self._builder = builder

    def __missing__(self, line: bytes) -> int:
        facts = frame_facts(line)
        if facts is None:
            raise NotAFrame(line)
        row = self[line] = self._builder.frame(*facts)
        return row


class _Pieces(dict[bytes, int]):
    """Numbers of runs of frames by their text; `frames` has them, root first, as int32."""

    def __init__(self, builder: ProfileBuilder) -> None:
        self.frames: dict[bytes, int] = {}
        self.inlined = False
        self._lines = _Lines(builder)
        self._kept = 0

    def __missing__(self, text: bytes) -> int:
        lines = text.split(b"\n")
        lines.reverse()
        if INLINED in text:
            self.inlined = True
            lines = _with_modules(lines)
        rows = array("i", map(self._lines.__getitem__, lines)).tobytes()
        self._kept += len(text)
        if self._kept > _KEPT:
            # What comes again is taken apart again, and found to be the same by its frames.
            self.clear()
            self._lines.clear()
            self._kept = len(text)
        number = self[text] = self.frames.setdefault(rows, len(self.frames))
        return number


def _with_modules(lines: list[bytes]) -> list[bytes]:
    """Put the module of the function that they are inlined into on lines, root first."""
    home, module = b"", ""
    known = []
    for line in lines:
        address = line.split(None, 1)[:1]
        if INLINED not in line:
            if facts := frame_facts(line):
                home, module = address[0], facts[3]
            known.append(line)
        else:
            # perf does not always print the function itself, which is at the same address.
            here = f" ({module})".encode() if module and address == [home] else b""
            what, tab, source = line.replace(INLINED, b"").partition(b"\v")
            known.append(what + here + tab + source)
    return known
