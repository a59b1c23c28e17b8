"""Turning stacks round: who calls the functions in which the time went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile, Stacks
from perfnb.model.tables import Int32, Int64, frozen, pair


def invert(profile: Profile) -> Profile:
    """Return the profile with every stack from leaf to root; inverting twice gives it back."""
    stacks, samples = profile.tables.stacks, profile.samples
    seen = np.zeros(len(stacks) + 1, dtype=bool)
    seen[samples.stack] = True
    # The stacks that samples have. Of each one: where on the way to its root it is, the new row
    # it has come to, and whether it is the only one there.
    leaf: Int64 = np.flatnonzero(seen[:-1])
    here = leaf
    turned = np.full(len(seen), -1, dtype=np.int64)
    node = np.full(len(leaf), -1, dtype=np.int64)
    alone = np.zeros(len(leaf), dtype=bool)
    parents: list[Int32] = [np.zeros(0, dtype=np.int32)]
    frames: list[Int32] = [np.zeros(0, dtype=np.int32)]
    hidden: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    start = 0
    while len(here):
        frame = stacks.frame[here]
        place, alone, parent, new_frame = _next_level(node, frame, alone)
        parents.append(parent)
        frames.append(new_frame)
        if stacks.hidden is not None:
            behind = np.zeros(len(parent), dtype=np.int64)
            if not start:
                # What a leaf stands for, it stands for as a root.
                np.add.at(behind, place, stacks.hidden[here])
            hidden.append(behind)
        node = start + place
        start += len(parent)
        here = stacks.parent[here].astype(np.int64)
        ends = here < 0
        if ends.any():
            turned[leaf[ends]] = node[ends]
            goes_on = ~ends
            leaf, here, node = leaf[goes_on], here[goes_on], node[goes_on]
            alone = alone[goes_on]
    tree = Stacks(
        frozen(np.concatenate(parents), np.int32),
        frozen(np.concatenate(frames), np.int32),
        None if stacks.hidden is None else frozen(np.concatenate(hidden), np.int64),
    )
    return replace(
        profile,
        tables=profile.tables.with_stacks(tree),
        # Only stacks of samples were turned.
        samples=samples.restacked(turned, wakers=False),
    )


def _next_level(
    node: Int64, frame: Int32, alone: NDArray[np.bool_]
) -> tuple[Int64, NDArray[np.bool_], Int32, Int32]:
    """Merge stacks that are together by their next frame; others go on by themselves.

    Returns
    -------
    place, alone
        Of each stack: its row among this level's, and whether no other is there.
    parent, frame
        Of each of those rows.
    """
    place = np.empty(len(node), dtype=np.int64)
    still_alone = alone.copy()
    together, apart = np.flatnonzero(~alone), np.flatnonzero(alone)
    packed = pair(node[together], frame[together])
    order = np.argsort(packed)
    packed, together = packed[order], together[order]
    first = np.ones(len(packed), dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=first[1:])
    group = np.cumsum(first) - 1
    place[together] = group
    begins = np.flatnonzero(first)
    still_alone[together] = (np.diff(np.append(begins, len(packed))) == 1)[group]
    place[apart] = len(begins) + np.arange(len(apart))
    packed = packed[begins]
    parent = np.concatenate([packed >> 32, node[apart]]).astype(np.int32)
    frames = np.concatenate([packed & 0xFFFFFFFF, frame[apart]]).astype(np.int32)
    return place, still_alone, parent, frames
