"""What a terminal can show: safe text, and whether it takes colours."""

from __future__ import annotations

import re
import sys

from rich.cells import cell_len, set_cell_size
from rich.console import Console

_PART = re.compile(r"(?:\([^()]*\)|<[^<>]*>|[^/.:\\])+")
_WEAK = re.compile(r"\d*|func\d+|abi\d+|so|<.*>")
_LONGEST = 1000
_ARGUMENTS = re.compile(r"\([^()]*\)(?: const)?$")


def console(width: int | None = None) -> Console:
    """Return standard output as rich sees it."""
    return _Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `perfnb.cli.main`; rich would end the process with another status."""
        raise BrokenPipeError


def is_plain(out: Console) -> bool:
    """Return whether only text is wanted: no terminal, NO_COLOR, or an old encoding."""
    return not out.is_terminal or out.no_color or not out.encoding.lower().startswith("utf")


def printable(text: str) -> str:
    """Return `text` without what would steer a terminal.

    Names in a file are anyone's: escape sequences, line breaks and marks that turn the
    direction of writing become ``\N{REPLACEMENT CHARACTER}``.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def cut(text: str, width: int, mark: str = "…") -> str:
    """Return `text` in at most `width` columns: what tells most of a name is its end.

    ``pkg.module.Class.method`` becomes ``Class.method``, then ``method``, then ``meth…``.
    """
    if cell_len(text) <= width:
        return text
    # No line is longer than this; a name may be of any length.
    text = text[-_LONGEST:]
    text = _ARGUMENTS.sub("", text) or text
    parts = [*_PART.finditer(text)]
    # Such as Go's "main.func1" and "libc.so.6": no name begins there.
    while len(parts) > 1 and _WEAK.fullmatch(parts[-1][0]):
        parts.pop()
    ends = [text, *(text[part.start() :] for part in parts)]
    shown = next((end for end in ends if cell_len(end) <= width), ends[-1])
    if cell_len(shown) <= width:
        return shown
    if width <= cell_len(mark):
        return ""
    return set_cell_size(shown, width - cell_len(mark)).rstrip() + mark


def warn(message: str) -> None:
    """Say something on standard error that is no error."""
    print(f"perfnb: {printable(message)}", file=sys.stderr)
