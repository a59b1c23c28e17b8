"""From switches, stacks and looks to a profile of what threads waited for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import attribute
from perfnb.capture.offcpu.frames import Frames, Life
from perfnb.capture.offcpu.kerneltimeline import KernelTimeline
from perfnb.capture.offcpu.loops import task_rows
from perfnb.capture.offcpu.queue import wakeups_cut_off
from perfnb.capture.offcpu.reasons import GIL, LOCK, LOCK_OR_GIL
from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED
from perfnb.capture.offcpu.shares import with_shares
from perfnb.capture.offcpu.tasks import TaskLooks
from perfnb.capture.offcpu.timeline import Reasons, Stops, Timeline
from perfnb.capture.offcpu.waits import UNKNOWN as NO_STACK
from perfnb.capture.pyspy_profile import (
    NOT_YET,
    Recording,
    Seen,
    facts,
    instants,
    readable,
    seen_threads,
)
from perfnb.errors import NoSamples
from perfnb.model import Profile, ProfileBuilder
from perfnb.units import ValueType


def build_waits(
    recording: Recording,
    timeline: Timeline,
    backend: str,
    tasks: TaskLooks | None = None,
    ours: Collection[int] = (),
) -> Profile:
    """Return the profile of what threads waited for, or of all that they did.

    Parameters
    ----------
    recording : Recording
        With py-spy's stacks; its `spec.kind` says what is wanted.
    timeline : Timeline
        What is known of the threads' states.
    backend : str
        Who recorded it.
    tasks : TaskLooks, optional
        What tasks of event loops awaited.
    ours : collection of int
        Threads and processes that are the profiler's own.

    Raises
    ------
    NoSamples
        If no instant fell inside the window, or no thread waited.
    ToolFailed
        If py-spy's output makes no sense.
    """
    r = recording
    mine = instants(r)
    builder = ProfileBuilder(ValueType(r.spec.weighs, "ns"))
    with readable():
        seen = [one for one in seen_threads(r, builder) if one.thread.tid not in ours]
    reasons = Reasons((LOCK, GIL, LOCK_OR_GIL))
    lives = [life for one in seen if (life := _life(r, one, timeline, reasons)) is not None]
    kernel = timeline if isinstance(timeline, KernelTimeline) else None
    frames = Frames(builder, reasons, lives, kernel, r.spec.kernel, ours)
    if r.spec.kind == "offcpu":
        rows, explained = task_rows(tasks, builder, lives, frames.label)
        samples = frames.samples((BLOCKED, RUNNABLE), [rows], explained)
    else:
        samples = frames.samples((BLOCKED, RUNNABLE, ON, STOPPED))
    if not len(samples):
        raise NoSamples(
            f"no Python thread waited in {(r.ended_ns - r.started_ns) / 1e9:.3g} s",
            "`%%flame` shows what runs",
        )
    base = facts(r, mine, 0)
    notes = [*base.notes]
    if r.spec.kernel and kernel is None:
        notes.append("kernel frames are seen by the bpftrace backend only")
    if r.spec.subprocesses:
        notes.append(
            "what child processes waited for is not looked up: their waits have no reasons"
        )
    metadata = replace(
        base,
        backend=backend,
        state_unknown=None,
        truncated=timeline.truncated,
        notes=tuple(notes),
        extra={
            "threads": [_totals(life) for life in lives],
            "offcpu": {
                "level": timeline.level,
                "level_text": timeline.text,
                "level_help": timeline.help,
                **({} if timeline.lost is None else {"lost": timeline.lost}),
            },
        },
    )
    return with_shares(Profile(builder.value, builder.tables(), samples, metadata))


def _life(r: Recording, seen: Seen, timeline: Timeline, reasons: Reasons) -> Life | None:
    ticks, thread = seen.ticks, seen.thread
    stack = np.where(ticks.missed | (seen.stack == NOT_YET), NO_STACK, seen.stack)
    stops = Stops(
        ticks.stopped - r.clock.offset_ns,
        ticks.released - r.clock.offset_ns,
        stack,
        (r.started_ns, r.ended_ns),
    )
    segments = timeline.of(thread, stops)
    if segments is None:
        return None
    gil, either = reasons.number(GIL), reasons.number(LOCK_OR_GIL)
    why = timeline.why(thread, segments, reasons)
    # Which of the two, neighbours tell: it is as if nobody had looked.
    futex = why == either
    pieces = attribute(
        segments, stack, (stops.stopped + stops.released) // 2, np.where(futex, -1, why), gil
    )
    if futex.any():
        pieces = replace(pieces, reason=_settled(pieces, segments.bound, futex, reasons))
    pieces = wakeups_cut_off(pieces, timeline.tails(thread, pieces, segments))
    return Life(thread, segments, pieces)


def _settled(
    pieces: Any, bound: NDArray[np.int64], futex: NDArray[np.bool_], reasons: Reasons
) -> NDArray[np.int64]:
    """Return the reasons of pieces in which a thread waited for a lock or the GIL.

    Where its stack is one of waits for a lock, it is that. Elsewhere it came back from some other
    wait and needed the GIL to go on.
    """
    segment = np.clip(np.searchsorted(bound, pieces.start, side="right") - 1, 0, len(futex) - 1)
    mine = (pieces.state == BLOCKED) & futex[segment]
    known = np.isin(pieces.reason, reasons.of_futexes)
    other = np.where(pieces.reason < 0, reasons.number(LOCK_OR_GIL), reasons.number(GIL))
    return np.where(mine & ~known, other, pieces.reason)


def _totals(life: Life) -> dict[str, Any]:
    """Return a thread's row of the table that is shown with the picture."""
    spent = np.bincount(life.pieces.state, life.pieces.duration, 4).astype(np.int64)
    blocked = (life.segments.state == BLOCKED) & ~life.segments.disturbed
    begins = blocked & ~np.append(False, life.segments.state[:-1] == BLOCKED)
    return {
        "pid": life.thread.pid,
        "tid": life.thread.tid,
        "name": life.thread.name,
        "wall_ns": int(life.pieces.duration.sum()),
        "cpu_ns": int(spent[ON]),
        "runqueue_ns": int(spent[RUNNABLE]),
        "blocked_ns": int(spent[BLOCKED]),
        "stopped_ns": int(spent[STOPPED]),
        "voluntary": int(begins.sum()),
        "involuntary": int((life.segments.state == RUNNABLE).sum()),
    }
