"""Giving functions other names, files, modules or kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from perfnb.model import KINDS, Frames, Functions, Profile, Stacks
from perfnb.model.sources import renamed
from perfnb.model.tables import frozen

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
    new_files = [columns[1][row] for row in place]
    profile = replace(profile, sources=renamed(profile.sources, old.file, new_files))
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
        samples=profile.samples.restacked(np.array(new_stack)),
    )
