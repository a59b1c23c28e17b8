"""One subtree of the picture, and the two halves of a sandwich."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile, Tables
from perfnb.model.calltree import CELL_FILE, frame_label
from perfnb.model.contract import nearest, outermost
from perfnb.model.forest import Forest
from perfnb.model.tables import frozen
from perfnb.transform.frames import focus, focus_rows, matching_rows
from perfnb.transform.invert import invert
from perfnb.transform.select import choose


def subtree(profile: Profile, *path: str) -> Profile:
    """Return the samples whose stacks begin with a path; its last frame becomes their root.

    Parameters
    ----------
    profile : Profile
        Where to choose from.
    *path : str
        Frames as a picture names them, from the root on: ``load``, ``load:12``, ``In [5] load``,
        ``In [5]:12 load``. What a name without a line fits, it takes of every line. Without a
        path, everything is returned.
    """
    stacks = profile.tables.stacks
    if not path:
        return profile
    rows = np.flatnonzero(stacks.parent < 0)
    inside = np.zeros(len(stacks) + 1, dtype=bool)
    for step, entry in enumerate(path):
        if step:
            inside[:] = False
            inside[rows] = True
            rows = np.flatnonzero(inside[stacks.parent])
        rows = rows[_frames_of(profile.tables, entry)[stacks.frame[rows]]]
    found = np.zeros(len(stacks), dtype=bool)
    found[rows] = True
    return focus_rows(profile, found)


def inverted_subtree(profile: Profile, *path: str) -> Profile:
    """Return ``profile.inverted().subtree(*path).inverted()``, without turning stacks round.

    Those are the samples whose stacks end with the path, leaf first, cut off below its last frame.
    """
    stacks = profile.tables.stacks
    if not path:
        return profile
    # From each sample up its stack, as long as the path fits; row −1 is above every root.
    here = profile.samples.stack.astype(np.int64)
    above, frame = np.append(stacks.parent, -1), np.append(stacks.frame, -1)
    for step, entry in enumerate(path):
        here = above[here] if step else here
        here = np.where(np.append(_frames_of(profile.tables, entry), False)[frame[here]], here, -1)
    chosen = choose(profile, here >= 0)
    samples = replace(chosen.samples, stack=frozen(here[here >= 0], np.int32))
    return chosen.with_samples(samples)


def callees(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return what matching functions called, below the outermost of them on each stack."""
    return focus(profile, pattern, exact=exact, file=file)


def callers(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return what called matching functions: each stack from the outermost of them up."""
    forest = Forest(profile.tables.stacks.parent)
    match = matching_rows(profile, pattern, exact=exact, file=file)
    end = np.append(nearest(forest, outermost(forest, match)), -1)[profile.samples.stack]
    chosen = choose(profile, end >= 0)
    samples = replace(chosen.samples, stack=frozen(end[end >= 0], np.int32))
    return invert(chosen.with_samples(samples))


def _frames_of(tables: Tables, entry: str) -> NDArray[np.bool_]:
    """Return which frames a path's entry names."""
    functions, frames = tables.functions, tables.frames
    found = np.zeros(len(frames), dtype=bool)
    labels = [frame_label(functions, row, 0) for row in range(len(functions))]
    whole = np.array([label == entry for label in labels], dtype=bool)
    if len(frames):
        found |= whole[frames.function]
    # Few functions can have a label of this beginning, so that few frames are looked at.
    text, _, line = entry.rpartition(":")
    able = np.array(
        [
            file.startswith(CELL_FILE) and entry.startswith(file)
            if file.startswith(CELL_FILE)
            else bool(line) and name == text
            for name, file in zip(functions.name, functions.file, strict=True)
        ],
        dtype=bool,
    )
    if not able.any():
        return found
    for row in np.flatnonzero(able[frames.function] & (frames.line > 0)).tolist():
        function, at = int(frames.function[row]), int(frames.line[row])
        name, file = functions.name[function], functions.file[function]
        in_cell = file.startswith(CELL_FILE)
        found[row] |= entry == (frame_label(functions, function, at) if in_cell else f"{name}:{at}")
    return found
