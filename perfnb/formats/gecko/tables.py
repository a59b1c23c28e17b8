"""The tables that all threads of a written file have in common."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile
from perfnb.model.tables import Int32

_SURROGATE = re.compile("[\ud800-\udfff]")
_LIBRARY = 1  # what a resource is


def clean(text: str) -> str:
    """Return `text` with what UTF-8 cannot write replaced."""
    return _SURROGATE.sub("\ufffd", text)


def or_null(rows: NDArray[Any]) -> list[int | None]:
    """Return row numbers for JSON, −1 as null."""
    found: list[int | None] = rows.tolist()
    for at in np.flatnonzero(rows < 0).tolist():
        found[at] = None
    return found


class _Strings:
    """Numbers strings."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.rows.setdefault(clean(text), len(self.rows))


def shared_tables(profile: Profile) -> tuple[dict[str, Any], Int32]:
    """Return what samples refer to, and the row there of each stack; at −1 stands −1.

    Only what samples use is there: a part of a recording makes a small file.
    """
    functions, frames, stacks = (
        profile.tables.functions,
        profile.tables.frames,
        profile.tables.stacks,
    )
    used = _used(stacks.parent, profile.samples.stack)
    rows = np.flatnonzero(used)
    stack_row = np.append(np.cumsum(used, dtype=np.int32) - 1, np.int32(-1))
    frame_rows, frame = np.unique(stacks.frame[rows], return_inverse=True)
    function_rows, function = np.unique(frames.function[frame_rows], return_inverse=True)
    line = frames.line[frame_rows]
    chosen = function_rows.tolist()
    n, m = len(chosen), len(frame_rows)
    strings, sources, resources = _Strings(), _Strings(), _Strings()
    files = [functions.file[row] for row in chosen]
    modules = [functions.module[row] for row in chosen]
    tables = {
        "stackTable": {
            "frame": frame.tolist(),
            "prefix": or_null(stack_row[stacks.parent[rows]]),
            "length": len(rows),
        },
        "frameTable": {
            "address": [-1] * m,
            "inlineDepth": [0] * m,
            # Categories are numbered as kinds are.
            "category": functions.kind[frames.function[frame_rows]].tolist(),
            "subcategory": [0] * m,
            "func": function.tolist(),
            "nativeSymbol": [None] * m,
            "innerWindowID": [None] * m,
            "line": or_null(np.where(line > 0, line, -1)),
            "column": [None] * m,
            "length": m,
        },
        "funcTable": {
            "name": [strings(functions.name[row]) for row in chosen],
            "isJS": [False] * n,
            "relevantForJS": [False] * n,
            "resource": [resources(module) if module else -1 for module in modules],
            "source": [sources(file) if file else None for file in files],
            "lineNumber": [None] * n,
            "columnNumber": [None] * n,
            "length": n,
        },
        "resourceTable": {
            "lib": [None] * len(resources.rows),
            "name": [strings(name) for name in resources.rows],
            "host": [None] * len(resources.rows),
            "type": [_LIBRARY] * len(resources.rows),
            "length": len(resources.rows),
        },
        "nativeSymbols": {
            "libIndex": [], "address": [], "name": [], "functionSize": [], "length": 0,
        },
        "sources": {
            "uuid": [None] * len(sources.rows),
            "filename": [strings(file) for file in sources.rows],
            "length": len(sources.rows),
        },
    }  # fmt: skip
    return {**tables, "stringArray": list(strings.rows)}, stack_row


def _used(parent: Int32, stack: Int32) -> NDArray[np.bool_]:
    """Return which stacks are those of samples, or above them."""
    used = np.zeros(len(parent) + 1, dtype=bool)
    used[stack] = True
    found = used[:-1].tolist()
    above = parent.tolist()
    # Children come after their parents.
    for row in range(len(found) - 1, -1, -1):
        if found[row] and above[row] >= 0:
            found[above[row]] = True
    return np.array(found, dtype=bool)
