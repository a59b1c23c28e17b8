"""Rewriting every stack of a profile from the root, one row of the stacks table at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from perfnb.model import Profile, Stacks
from perfnb.model.tables import frozen

DROPPED = -2
"""The new row of a stack whose samples are dropped."""

Push = Callable[[int, int], int]
"""(new parent, frame) → new row."""

Rule = Callable[[int, int, Push], int]
"""(new row of the parent, frame, push) → new row, −1 for none yet, or `DROPPED`."""


def rewrite(profile: Profile, rule: Rule) -> Profile:
    """Return the profile with its stacks rebuilt.

    Parameters
    ----------
    profile : Profile
        What to rewrite.
    rule : callable
        Called for every used row of the stacks table, parents first.

    Returns
    -------
    Profile
        Without the samples whose stack came out as `DROPPED`.
    """
    tables, samples = profile.tables, profile.samples
    known: dict[tuple[int, int], int] = {}

    def push(parent: int, frame: int) -> int:
        return known.setdefault((parent, frame), len(known))

    parents, frames = tables.stacks.parent.tolist(), tables.stacks.frame.tolist()
    new = [-1] * (len(parents) + 1)  # the last is the row of −1
    for row, (parent, frame) in enumerate(zip(parents, frames, strict=True)):
        new[row] = rule(new[parent], frame, push)
    place = np.array(new, dtype=np.int64)
    keep = place[samples.stack] != DROPPED
    samples = samples.take(keep).restacked(np.where(place == DROPPED, -1, place))
    pairs = np.array(list(known), dtype=np.int32).reshape(-1, 2)
    stacks = Stacks(frozen(pairs[:, 0], np.int32), frozen(pairs[:, 1], np.int32))
    return replace(
        profile,
        tables=tables.with_stacks(stacks),
        samples=samples,
    )
