"""Turning stacks round: who calls the functions in which the time went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile, Stacks
from perfnb.model.tables import frozen, pair


def invert(profile: Profile) -> Profile:
    """Return the profile with every stack from leaf to root; inverting twice gives it back."""
    stacks, samples = profile.tables.stacks, profile.samples
    used, where = np.unique(samples.stack, return_inverse=True)
    here = used.astype(np.int64)
    node = np.full(len(used), -1, dtype=np.int64)
    parents, frames, start = [], [], 0
    hidden: list[NDArray[np.int64]] = []
    while np.any(alive := here >= 0):
        rows = np.flatnonzero(alive)
        packed, place = np.unique(pair(node[rows], stacks.frame[here[rows]]), return_inverse=True)
        node[rows] = start + place
        parents.append(packed >> 32)
        frames.append(packed & 0xFFFFFFFF)
        start += len(packed)
        behind = np.zeros(len(packed), dtype=np.int64)
        if stacks.hidden is not None and not hidden:
            # What a leaf stands for, it stands for as a root.
            np.add.at(behind, place, stacks.hidden[here[rows]])
        hidden.append(behind)
        here[rows] = stacks.parent[here[rows]]
    empty = [np.zeros(0, dtype=np.int64)]
    turned = Stacks(
        frozen(np.concatenate(parents or empty), np.int32),
        frozen(np.concatenate(frames or empty), np.int32),
        None if stacks.hidden is None else frozen(np.concatenate(hidden or empty), np.int64),
    )
    return replace(
        profile,
        tables=profile.tables.with_stacks(turned),
        samples=replace(samples, stack=frozen(node[where], np.int32)),
    )
