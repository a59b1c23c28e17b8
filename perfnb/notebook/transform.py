"""The input transformer that lets a cell under ``%%flame`` or ``%%offcpu`` run as what it is."""

from __future__ import annotations

import re
import token
from collections.abc import Iterator
from tokenize import TokenInfo

from IPython.core.inputtransformer2 import cell_magic, make_tokens_by_line

from perfnb.errors import OptionError
from perfnb.notebook.options import parse
from perfnb.notebook.parser import MAGICS

_MAGIC = re.compile(rf"^%%({'|'.join(MAGICS)})(?:[ \t]+(.*?))?[ \t]*$")
_BLANK = {token.COMMENT, token.NL, token.NEWLINE, token.INDENT, token.DEDENT, token.ENDMARKER}


def flame_cell(lines: list[str]) -> list[str]:
    """Replace the line ``%%flame …`` by a statement that starts the recording.

    The other lines keep their numbers. A cell that is not under one of `MAGICS` is returned
    as it is, and so is one whose options do not fit or that is empty: for those IPython
    calls the magic, which says so.

    Parameters
    ----------
    lines : list of str
        The cell, with line ends.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    match = _MAGIC.match(lines[first].rstrip("\n")) if first is not None else None
    if first is None or match is None:
        return lines
    magic, line, body = match[1], (match[2] or "").strip(), lines[first + 1 :]
    try:
        if parse(line, magic).help:
            return [f"get_ipython().run_line_magic({magic!r}, {line!r})\n"]
        if not "".join(body).strip():
            return lines
    except OptionError:
        return lines
    start = f"get_ipython().run_line_magic({magic!r}, {('--rest-of-cell ' + line).strip()!r})"
    inner = next((i for i, text in enumerate(body) if text.strip()), 0)
    if body[inner].startswith("%%"):
        # Another cell magic follows: it gets its own body.
        called: list[str] = cell_magic(body[inner:])
        return ["\n"] * first + [start + "\n"] + ["\n"] * inner + called
    # IPython takes off the indentation that all lines share, and empty lines at the top.
    margin = re.match(r"[ \t]*", body[inner])
    indent = margin[0] if margin else ""
    if end := _end_of_futures(body):
        # Nothing but comments and a docstring may come before these.
        row, column = end
        body[row] = f"{body[row][:column]}; {start}{body[row][column:]}"
        start = f"# %%{magic}"
    return ["\n"] * first + [f"{indent}{start}\n"] + body


def _end_of_futures(body: list[str]) -> tuple[int, int] | None:
    """Return line and column where the last ``from __future__ import …`` ends, if there is one."""
    end = None
    if "__future__" in "".join(body):
        for statement in _statements(body):
            if [word.string for word in statement[:2]] == ["from", "__future__"]:
                row, column = statement[-1].end
                end = row - 1, column
            elif any(word.type != token.STRING for word in statement):
                break
    return end


def _statements(body: list[str]) -> Iterator[list[TokenInfo]]:
    for line in make_tokens_by_line(body):
        words: list[TokenInfo] = []
        for word in line:
            if word.string == ";":
                yield words
                words = []
            elif word.type not in _BLANK:
                words.append(word)
        if words:
            yield words
