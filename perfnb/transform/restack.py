"""Rewriting every stack of a profile by columns: rows left out, other frames, equal ones merged.

`perfnb.transform.rewrite` does it row by row, for rules that need more than a mark on each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, Frames, Functions, Profile, Stacks, Tables
from perfnb.model.contract import contract
from perfnb.model.forest import Forest
from perfnb.model.tables import Int64, frozen
from perfnb.transform.rename import Identity


def restack(
    profile: Profile,
    forest: Forest,
    kept: NDArray[np.bool_],
    frame: NDArray[Any] | None = None,
) -> Profile:
    """Return the profile with some rows of its stacks table left out, and equal ones merged.

    Parameters
    ----------
    profile : Profile
        What to rewrite.
    forest : Forest
        Of its stacks.
    kept : bool array, shape (stacks,)
        What is below a row that is left out moves to what is above it.
    frame : int array, shape (stacks,), optional
        The new frames, if they change.
    """
    tables, samples = profile.tables, profile.samples
    stacks = tables.stacks
    if frame is None and kept.all():
        return profile
    new = contract(forest, kept, stacks.frame if frame is None else frame)
    hidden = None
    if stacks.hidden is not None:
        behind = np.zeros(len(new.parent), dtype=np.int64)
        np.add.at(behind, new.node[:-1][kept], stacks.hidden[kept])
        hidden = frozen(behind, np.int64)
    changed = Stacks(frozen(new.parent, np.int32), frozen(new.key, np.int32), hidden)
    return replace(
        profile,
        tables=tables.with_stacks(changed),
        samples=samples.restacked(new.node),
    )


def replace_functions(
    profile: Profile, forest: Forest, kept: NDArray[np.bool_], new: Sequence[Identity | None]
) -> Profile:
    """Return the profile with other functions, of no line, in the place of some.

    Parameters
    ----------
    profile, forest, kept
        As `restack` takes them.
    new : sequence of Identity or None, shape (functions,)
        What each function becomes; None leaves it and its lines as they are. The old ones stay
        in the table.
    """
    tables, place = _with_functions(profile.tables, new)
    frames = tables.frames
    exchanged = place[frames.function] >= 0
    wanted = np.unique(place[frames.function[exchanged]])
    # The frame of no line of each function: there may be one already.
    of_function = np.full(len(tables.functions), -1, dtype=np.int64)
    without_line = np.flatnonzero(frames.line == 0)
    of_function[frames.function[without_line]] = without_line
    missing = wanted[of_function[wanted] < 0]
    of_function[missing] = len(frames) + np.arange(len(missing))
    frame = np.where(exchanged, of_function[place[frames.function]], np.arange(len(frames)))
    tables = replace(
        tables,
        frames=Frames(
            frozen(np.concatenate([frames.function, missing]), np.int32),
            frozen(np.concatenate([frames.line, np.zeros(len(missing))]), np.int32),
        ),
    )
    return restack(replace(profile, tables=tables), forest, kept, frame[tables.stacks.frame])


def _with_functions(tables: Tables, new: Sequence[Identity | None]) -> tuple[Tables, Int64]:
    """Return tables with the new functions too, and the row of what each function becomes."""
    old = tables.functions
    rows = zip(old.name, old.file, old.module, old.kind.tolist(), strict=True)
    known: dict[tuple[str, str, str, int], int] = {row: at for at, row in enumerate(rows)}
    place = [
        -1
        if function is None
        else known.setdefault((*function[:3], KINDS.index(function[3])), len(known))
        for function in new
    ]
    functions = old
    if len(known) > len(old):
        name, file, module, kind = zip(*known, strict=True)
        functions = Functions(name, file, module, frozen(kind, np.uint8))
    return replace(tables, functions=functions), np.array(place, dtype=np.int64)
