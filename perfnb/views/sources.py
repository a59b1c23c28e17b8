"""Which source texts are stored with a picture."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from perfnb.model import KINDS, Profile
from perfnb.model.calltree import CELL_FILE
from perfnb.model.sources import source_of
from perfnb.transform.mine import mine

AROUND = 15
"""Lines before and after a sampled one, where no function is known to hold it."""

_PYTHON = KINDS.index("python")

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")

Span = tuple[int, int]
"""First and last line, both of it."""


def stored_sources(
    profile: Profile, what: str, rename: Callable[[str], str] = str
) -> dict[str, dict[str, Any]]:
    """Return the texts of a profile's functions as `perfnb.views.tables.pack` takes them.

    Parameters
    ----------
    profile : Profile
        With the files' whole paths.
    what : {"notebook", "mine", "all", "none"}
        Those of cells; those of the user's own files too; those of all Python files; or none.
        Of a cell everything is stored, of other files the functions that are in the profile.
    rename : callable, optional
        From a file to the name that it has in the picture.
    """
    if what == "none":
        return {}
    functions = profile.tables.functions
    wanted = functions.kind == _PYTHON
    if what != "all":
        cell = [file.startswith(CELL_FILE) for file in functions.file]
        wanted &= np.array(cell, dtype=bool) if what == "notebook" else mine(profile)
    files = dict.fromkeys(functions.file[row] for row in np.flatnonzero(wanted).tolist())
    seen = _seen(profile, files)
    stored: dict[str, dict[str, Any]] = {}
    for file in files:
        # A profile may come from anyone, and name any file: only programs are passed on.
        kept = profile.sources.get(file)
        has_text = kept is not None and kept.text is not None
        if not (has_text or file.endswith((".py", ".pyw", ".pyx"))):
            continue
        source = source_of(profile, file)
        if not source.lines:
            continue
        name = rename(file)
        whole = file.startswith(CELL_FILE)
        spans = [(1, len(source.lines))] if whole else spans_of(source.lines, *seen[file])
        chunks = [
            {"first": first, "text": "\n".join(source.lines[first - 1 : last])}
            for first, last in spans
        ]
        if chunks:
            # Nor does the note name a folder of the author's.
            note = source.note.replace(file, name)
            stored.setdefault(name, {"note": note, "chunks": chunks})
    return stored


def spans_of(lines: Sequence[str], sampled: Iterable[int], names: Iterable[str] = ()) -> list[Span]:
    """Return the parts of a Python file that a profile is about, in order, none touching.

    Parameters
    ----------
    lines : sequence of str
        The file's text.
    sampled : iterable of int
        Lines: of each the whole innermost function around it, decorators included, or
        `AROUND` lines before and after one that is in no function.
    names : iterable of str
        Functions of which no line is known: every one that is called so.
    """
    named = _functions("\n".join(lines))
    functions = [span for spans in named.values() for span in spans]
    spans = [span for name in names for span in named.get(name.rpartition(".")[2], ())]
    for line in sampled:
        if not 1 <= line <= len(lines):
            continue
        around = [span for span in functions if span[0] <= line <= span[1]]
        beside = (max(1, line - AROUND), min(len(lines), line + AROUND))
        # Of nested ones that which begins last is the innermost.
        spans.append(max(around, default=beside))
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _functions(text: str) -> dict[str, list[Span]]:
    """Return where the functions of each name are."""
    try:
        with warnings.catch_warnings():
            # What is odd about a program is for its author to hear, when it is run.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, list[Span]] = {}
    # Statements only: `ast.walk` goes through every expression too, for most of the time.
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        for block in _BLOCKS:
            left += getattr(node, block, ())
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found.setdefault(node.name, []).append((first, node.end_lineno or node.lineno))
    return found


def _seen(profile: Profile, files: Iterable[str]) -> dict[str, tuple[set[int], set[str]]]:
    """Return the lines of each file's frames, and the names of its functions without one."""
    functions, frames = profile.tables.functions, profile.tables.frames
    found: dict[str, tuple[set[int], set[str]]] = {file: (set(), set()) for file in files}
    for function, line in zip(frames.function.tolist(), frames.line.tolist(), strict=True):
        if (of_file := found.get(functions.file[function])) is None:
            continue
        if line > 0:
            of_file[0].add(line)
        else:
            of_file[1].add(functions.name[function])
    return found
