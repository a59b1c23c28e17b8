"""Transforms of frames: focus, hide, collapse recursion, rename."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import OptionError
from perfnb.model import KINDS, Frames, Functions, Profile, Stacks
from perfnb.model.tables import frozen
from perfnb.transform.rewrite import Push, rewrite


def matching_functions(profile: Profile, pattern: str) -> NDArray[np.bool_]:
    """Return which functions match a regular expression, by name, module or file.

    Case is ignored, and the pattern may match anywhere, as in the search box.
    """
    try:
        found = re.compile(pattern, re.IGNORECASE).search
    except re.error as error:
        raise OptionError(
            f"{pattern!r} is not a regular expression: {error}",
            "put a backslash before characters that are meant as they stand",
        ) from error
    functions = profile.tables.functions
    rows = zip(functions.name, functions.module, functions.file, strict=True)
    return np.array([any(map(found, row)) for row in rows], dtype=bool)


def focus(profile: Profile, pattern: str) -> Profile:
    """Return the subtrees below the outermost matching frames, merged; other samples dropped."""
    match = _frame_matches(profile, pattern)

    def rule(parent: int, frame: int, push: Push) -> int:
        return push(parent, frame) if parent >= 0 or match[frame] else -1

    focused = rewrite(profile, rule)
    return focused.with_samples(focused.samples.take(focused.samples.stack >= 0))


def hide(profile: Profile, pattern: str) -> Profile:
    """Return the profile without matching frames: what they called moves to their callers."""
    match = _frame_matches(profile, pattern)

    def rule(parent: int, frame: int, push: Push) -> int:
        return parent if match[frame] else push(parent, frame)

    return rewrite(profile, rule)


def collapse_recursion(profile: Profile) -> Profile:
    """Return the profile with a function that directly calls itself drawn as one frame."""
    function = profile.tables.frames.function.tolist()
    # The function of each new row's leaf: rows are numbered as they are pushed.
    leaf: dict[int, int] = {}

    def rule(parent: int, frame: int, push: Push) -> int:
        if leaf.get(parent) == function[frame]:
            return parent
        row = push(parent, frame)
        leaf[row] = function[frame]
        return row

    return rewrite(profile, rule)


Identity = tuple[str, str, str, str]
"""(name, file, module, kind) of a function."""


def rename(profile: Profile, change: Callable[[Identity], Identity]) -> Profile:
    """Return the profile with `change` applied to every function; equal ones are merged."""
    tables = profile.tables
    old = tables.functions
    known: dict[Identity, int] = {}
    rows = zip(old.name, old.file, old.module, old.kind.tolist(), strict=True)
    place = [
        known.setdefault(change((name, file, module, KINDS[kind])), len(known))
        for name, file, module, kind in rows
    ]
    columns = list(zip(*known, strict=True)) if known else [(), (), (), ()]
    functions = Functions(
        columns[0], columns[1], columns[2],
        frozen([KINDS.index(kind) for kind in columns[3]], np.uint8),
    )  # fmt: skip
    if len(functions) == len(old):
        return replace(profile, tables=replace(tables, functions=functions))
    frames: dict[tuple[int, int], int] = {}
    new_frame = [
        frames.setdefault((place[function], line), len(frames))
        for function, line in zip(
            tables.frames.function.tolist(), tables.frames.line.tolist(), strict=True
        )
    ]
    stacks: dict[tuple[int, int], int] = {}
    new_stack = [-1] * (len(tables.stacks) + 1)
    pairs = zip(tables.stacks.parent.tolist(), tables.stacks.frame.tolist(), strict=True)
    for row, (parent, frame) in enumerate(pairs):
        new_stack[row] = stacks.setdefault((new_stack[parent], new_frame[frame]), len(stacks))
    pair_of_frame = np.array(list(frames), dtype=np.int32).reshape(-1, 2)
    pair_of_stack = np.array(list(stacks), dtype=np.int32).reshape(-1, 2)
    hidden = None
    if tables.stacks.hidden is not None:
        behind = np.zeros(len(stacks), dtype=np.int64)
        np.add.at(behind, new_stack[:-1], tables.stacks.hidden)
        hidden = frozen(behind, np.int64)
    return replace(
        profile,
        tables=replace(
            tables,
            functions=functions,
            frames=Frames(*(frozen(c, np.int32) for c in pair_of_frame.T)),
            stacks=Stacks(
                frozen(pair_of_stack[:, 0], np.int32), frozen(pair_of_stack[:, 1], np.int32), hidden
            ),
        ),
        samples=replace(
            profile.samples, stack=frozen(np.array(new_stack)[profile.samples.stack], np.int32)
        ),
    )


def _frame_matches(profile: Profile, pattern: str) -> list[bool]:
    match: list[bool] = matching_functions(profile, pattern)[
        profile.tables.frames.function
    ].tolist()
    return match
