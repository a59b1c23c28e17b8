"""Cutting off the end of a wait: woken, but without a CPU yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.segments import BLOCKED, RUNNABLE, Segments

_LEAST_NS = 20_000


def tails_by_count(
    pieces: Attributed, segments: Segments, spells: dict[str, NDArray[Any]]
) -> NDArray[np.int64]:
    """Return how long each wait's thread had been woken without having a CPU, in ns.

    Parameters
    ----------
    pieces : Attributed
        Of one thread; its switches tell when it got a CPU, but not since when it wanted one.
    segments : Segments
        What it did.
    spells : dict of str to array
        What was seen of it; see `perfnb.capture.offcpu.watched.Watched.of`.

    Notes
    -----
    The kernel counts each thread's time in run queues. Between two looks at that count, what is
    not explained by preemption belongs to the waits that ended between them, in equal parts:
    mostly there is one.
    """
    at, delay = spells["first"], spells["delay"]
    if len(at) < 2 or not len(pieces):
        return np.zeros(len(pieces), dtype=np.int64)
    preempted = segments.state == RUNNABLE
    queued = np.append(0, np.cumsum(np.where(preempted, np.diff(segments.bound), 0)))
    explained = np.diff(np.interp(at, segments.bound, queued))
    rest = np.maximum(np.diff(delay) - explained, 0)
    # Every way out of a wait goes through a run queue, those that py-spy forced too.
    out = segments.bound[1:][segments.state == BLOCKED]
    many = np.diff(np.searchsorted(out, at))
    each = np.where(many > 0, rest / np.maximum(many, 1), 0)
    end = pieces.start + pieces.duration
    which = np.searchsorted(at, end, side="right") - 1
    inside = (which >= 0) & (which < len(each))
    return np.where(inside, each[np.clip(which, 0, len(each) - 1)], 0).astype(np.int64)


def wakeups_cut_off(pieces: Attributed, tails: NDArray[np.int64]) -> Attributed:
    """Return the pieces with the run-queue time at the ends of waits told apart.

    Parameters
    ----------
    pieces : Attributed
        Of one thread.
    tails : int64, shape (pieces,)
        How long each wait's thread had been woken, ns; less than 20 µs is left where it is.
    """
    # The wait ended if it is not a part of one that goes on under another stack.
    ended = np.append(pieces.state[1:] != BLOCKED, False)[: len(pieces)]
    tail = np.where(ended & (pieces.state == BLOCKED), tails, 0)
    tail = np.minimum(tail, pieces.duration * 9 // 10)
    rows = np.flatnonzero(tail >= _LEAST_NS)
    if not len(rows):
        return pieces
    end = pieces.start + pieces.duration
    order = np.argsort(np.concatenate([np.arange(len(pieces)) * 2, rows * 2 + 1]), kind="stable")
    source = np.concatenate([np.arange(len(pieces)), rows])[order]
    new = np.concatenate([np.zeros(len(pieces), bool), np.ones(len(rows), bool)])[order]
    tails = tail[source]
    short = np.isin(source, rows) & ~new
    start = np.where(new, end[source] - tails, pieces.start[source])
    duration = np.where(new, tails, pieces.duration[source] - np.where(short, tails, 0))
    return replace(
        pieces,
        start=start,
        duration=duration,
        state=np.where(new, RUNNABLE, pieces.state[source]).astype(np.uint8),
        stack=pieces.stack[source],
        how=pieces.how[source],
        reason=np.where(new, -1, pieces.reason[source]),
    )
