"""Leaving out what is too narrow to be seen, without losing its weight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, Frames, Functions, Profile, Samples, Stacks, Tables
from perfnb.model.forest import Forest
from perfnb.model.tables import Int64, frozen

REST = "…"
"""The name of the box into which its parent's narrow ones are summed."""

BOXES, SAMPLES = 100_000, 100_000
"""So that what is stored with a picture stays below 2 MB."""

DEEPEST = 4000
"""Frames of a stack that are drawn: more are endless recursion, and a level each takes time."""


@dataclass(frozen=True, slots=True)
class Condensed:
    """A profile to be drawn, and what was left out for it.

    Attributes
    ----------
    profile : Profile
        With rows of the stacks table that tell how many others they stand for
        (`Stacks.hidden`), and samples that may stand for several (`Samples.count`).
    narrowest : int
        Stacks with no more weight than this are summed; 0 if none are.
    hidden : int
        How many rows of the stacks table those are.
    summed : bool
        Whether equal samples were put together: their times are left out then.
    cut : bool
        Whether what lies below `DEEPEST` frames was summed too, however much it weighs.
    """

    profile: Profile
    narrowest: int = 0
    hidden: int = 0
    summed: bool = False
    cut: bool = False


def condense(profile: Profile, boxes: int = BOXES, samples: int = SAMPLES) -> Condensed:
    """Return a profile that is drawn alike and has a bounded size.

    Parameters
    ----------
    profile : Profile
        Of any size; a small one is returned as it is.
    boxes : int
        About how many rows of the stacks table are kept, those with the largest totals; with
        the boxes that sum the others there are at most twice as many.
    samples : int
        Up to how many samples are kept as they are; more are summed by stack, thread and state.
    """
    stacks = profile.tables.stacks
    forest = Forest(stacks.parent)
    too_deep = len(stacks) > DEEPEST and int(forest.depth.max()) > DEEPEST
    if len(stacks) <= boxes and len(profile) <= samples and not too_deep:
        return Condensed(profile)
    total = _totals(forest, profile.samples.stack, np.abs(profile.samples.weight))
    used = total > 0
    if not profile.samples.weight.all():
        used = _totals(forest, profile.samples.stack, np.int64(1)) > 0
    narrowest, keep = _widest(forest, total, used, boxes)
    if too_deep:
        keep = keep & (forest.depth <= DEEPEST)
    tree, stack = _rebuilt(forest, keep, used, stacks, profile.samples.stack)
    reduced = replace(profile.samples, stack=frozen(stack, np.int32), waker=None, waker_thread=None)
    summed = len(profile) > samples
    if summed:
        reduced = _summed(reduced)
    small = replace(profile, tables=_compact(profile.tables, tree), samples=reduced)
    return Condensed(small, narrowest, int(np.count_nonzero(used & ~keep)), summed, too_deep)


def _widest(
    forest: Forest, total: Int64, used: NDArray[np.bool_], boxes: int
) -> tuple[int, NDArray[np.bool_]]:
    """Return the least total of which rows are left out, and which rows are kept."""
    if np.count_nonzero(used) <= boxes:
        return 0, used
    # A caller's total is never below its callee's: what is kept is a tree.
    narrowest = int(np.partition(total[used], -boxes - 1)[-boxes - 1])
    keep = used & (total > narrowest)
    # Of those as wide as the widest that is left out, the rows near the root are kept.
    equal = used & (total == narrowest)
    by_depth = np.cumsum(np.bincount(forest.depth[equal]))
    fit = int(np.searchsorted(by_depth, boxes - np.count_nonzero(keep), side="right"))
    return narrowest, keep | (equal & (forest.depth < fit))


def _totals(forest: Forest, stack: NDArray[Any], weight: NDArray[Any] | np.int64) -> Int64:
    own = np.zeros(len(forest) + 1, dtype=np.int64)
    np.add.at(own, stack, weight)
    return forest.totals(own[:-1])


def _rebuilt(
    forest: Forest,
    keep: NDArray[np.bool_],
    used: NDArray[np.bool_],
    stacks: Stacks,
    samples: NDArray[Any],
) -> tuple[Stacks, Int64]:
    """Return the kept rows with one more for what was lost below each, and the samples' places.

    Those further rows have the frame −1.
    """
    kept = np.flatnonzero(keep)
    number = np.append(np.cumsum(keep) - 1, -1)
    # Totals do not grow along a run: its first rows are kept, further ones used, the last neither.
    counts = [
        np.add.reduceat(flags, forest.first, dtype=np.int64) if len(forest) else forest.first
        for flags in (keep, used)
    ]
    above = np.where(counts[0] > 0, number[forest.first] + counts[0] - 1, -1)
    for runs, parents in forest.from_the_root():
        gone = counts[0][runs] == 0
        above[runs[gone]] = above[parents[gone]]
    lost = np.bincount(above + 1, weights=counts[1] - counts[0], minlength=len(kept) + 1)
    rests = np.flatnonzero(lost)
    rest_of = np.zeros(len(kept) + 1, dtype=np.int64)
    rest_of[rests] = len(kept) + np.arange(len(rests))
    behind = np.zeros(len(kept)) if stacks.hidden is None else stacks.hidden[kept]
    tree = Stacks(
        frozen(np.concatenate([number[stacks.parent[kept]], rests - 1]), np.int32),
        frozen(np.concatenate([stacks.frame[kept], np.full(len(rests), -1)]), np.int32),
        frozen(np.concatenate([behind, lost[rests]]), np.int64),
    )
    place = number[samples]
    gone = (samples >= 0) & ~np.append(keep, True)[samples]
    place[gone] = rest_of[above[forest.run[samples[gone]]] + 1]
    return tree, place


def _compact(tables: Tables, tree: Stacks) -> Tables:
    """Return tables of only the functions and frames that `tree` uses; frame −1 is `REST`."""
    functions, frames = tables.functions, tables.frames
    used, frame = np.unique(tree.frame, return_inverse=True)
    rest = bool(len(used)) and used[0] < 0
    used = used[1:] if rest else used
    called, function = np.unique(frames.function[used], return_inverse=True)
    line = frames.line[used]
    name, file, module, kind = (
        [column[row] for row in called.tolist()]
        for column in (functions.name, functions.file, functions.module, functions.kind)
    )
    if rest:
        synthetic = KINDS.index("synthetic")
        rows = zip(name, file, module, kind, strict=True)
        known = next((i for i, row in enumerate(rows) if row == (REST, "", "", synthetic)), -1)
        if known < 0:
            known = len(name)
            for column, value in ((name, REST), (file, ""), (module, ""), (kind, synthetic)):
                column.append(value)
        # Line −1 would be no line; the largest there is cannot be any other frame's.
        function = np.concatenate([[known], function])
        line = np.concatenate([[2**31 - 1], line])
    return replace(
        tables,
        functions=Functions(tuple(name), tuple(file), tuple(module), frozen(kind, np.uint8)),
        frames=Frames(frozen(function, np.int32), frozen(line, np.int32)),
        stacks=replace(tree, frame=frozen(frame, np.int32)),
    )


def _summed(samples: Samples) -> Samples:
    """Return one sample for each stack, thread and state."""
    state: Any = 0 if samples.state is None else samples.state
    key = (samples.thread.astype(np.int64) << 3) | state
    order = np.lexsort((samples.stack, key))
    stack, key = samples.stack[order], key[order]
    first = np.empty(len(order), dtype=bool)
    first[:1] = True
    first[1:] = (stack[1:] != stack[:-1]) | (key[1:] != key[:-1])
    begins = np.flatnonzero(first)
    count = np.ones(len(order), np.int64) if samples.count is None else samples.count[order]
    return Samples(
        frozen(stack[begins], np.int32),
        frozen(key[begins] >> 3, np.int32),
        frozen(np.add.reduceat(samples.weight[order], begins), np.int64),
        state=None if samples.state is None else frozen(key[begins] & 7, np.uint8),
        count=frozen(np.add.reduceat(count, begins), np.int64),
    )
