"""From switches, stacks and looks to a profile of what threads waited for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import Attributed, attribute
from perfnb.capture.offcpu.holders import NOBODY, Running
from perfnb.capture.offcpu.queue import wakeups_cut_off
from perfnb.capture.offcpu.reasons import GIL, LOCK, RUN_QUEUE, UNKNOWN, Reason
from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED, Segments
from perfnb.capture.offcpu.shares import HOW, LABEL, with_shares
from perfnb.capture.offcpu.timeline import Stops, Timeline
from perfnb.capture.offcpu.waits import UNKNOWN as NO_STACK
from perfnb.capture.offcpu.watched import Watched
from perfnb.capture.pyspy_profile import (
    NOT_YET,
    Recording,
    facts,
    instants,
    readable,
    seen_threads,
)
from perfnb.errors import NoSamples
from perfnb.model import STATES, Label, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

UNATTRIBUTED = "[unattributed]"
HELD = "[held by the profiler]"


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """One thread: what it did, and with which stacks."""

    thread: Thread
    segments: Segments
    pieces: Attributed


def build_waits(
    recording: Recording, timeline: Timeline, watched: Watched, backend: str
) -> Profile:
    """Return the profile of what threads waited for, or of all that they did.

    Parameters
    ----------
    recording : Recording
        With py-spy's stacks; its `spec.kind` says what is wanted.
    timeline : Timeline
        What is known of the threads' states.
    watched : Watched
        What they were seen waiting in.
    backend : str
        Who recorded it.

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
        seen = seen_threads(r, builder)
    reasons = list(dict.fromkeys((*watched.reasons, GIL, RUN_QUEUE, UNKNOWN)))
    number = np.array([reasons.index(reason) for reason in watched.reasons], dtype=np.int64)
    gil = reasons.index(GIL)
    lives = []
    for one in seen:
        ticks = one.ticks
        stack = np.where(ticks.missed | (one.stack == NOT_YET), NO_STACK, one.stack)
        stops = Stops(
            ticks.stopped - r.clock.offset_ns,
            ticks.released - r.clock.offset_ns,
            stack,
            (r.started_ns, r.ended_ns),
        )
        segments = timeline.of(one.thread, stops)
        if segments is None:
            continue
        why = watched.reason_of(one.thread.tid, segments, number)
        pieces = attribute(segments, stack, (stops.stopped + stops.released) // 2, why, gil)
        pieces = wakeups_cut_off(pieces, segments, watched.of(one.thread.tid))
        lives.append(Life(one.thread, segments, pieces))
    samples = _Rows(builder, reasons, lives).samples(r.spec.kind)
    if not len(samples):
        raise NoSamples(
            f"no Python thread waited in {(r.ended_ns - r.started_ns) / 1e9:.3g} s",
            "`%%flame` shows what runs",
        )
    base = facts(r, mine, 0)
    metadata = replace(
        base,
        backend=backend,
        state_unknown=None,
        profiler_cpu_s=(base.profiler_cpu_s or 0.0) + watched.cpu_s,
        truncated=timeline.truncated,
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


def _totals(life: Life) -> dict[str, Any]:
    """Return a thread's row of the table that is shown with the picture."""
    spent = np.bincount(life.pieces.state, life.pieces.duration, 4).astype(np.int64)
    ours = life.segments.disturbed
    blocked = (life.segments.state == BLOCKED) & ~ours
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


class _Rows:
    """Makes samples of pieces: one for each, with its reason as the leaf of its stack."""

    def __init__(self, builder: ProfileBuilder, reasons: list[Reason], lives: list[Life]) -> None:
        self._builder = builder
        self._reasons = reasons
        self._lives = lives
        self._running = Running([life.segments for life in lives])
        self._how = [builder.labels([Label(LABEL, name)]) for name in HOW]

    def samples(self, kind: str) -> Samples:
        """Return the samples of all threads, sorted by time."""
        parts = [self._of(index, kind) for index in range(len(self._lives))]
        nothing = [np.zeros(0, dtype=np.int64)] * 6
        columns = [np.concatenate(column) for column in zip(nothing, *parts, strict=True)]
        stack, thread, start, duration, state, label = columns
        samples = Samples(
            frozen(stack, np.int32),
            frozen(thread, np.int32),
            frozen(duration, np.int64),
            time=frozen(start, np.int64),
            duration=frozen(duration, np.int64),
            state=frozen(state, np.uint8),
            label=frozen(label, np.int32),
        )
        return samples.take(np.argsort(start, kind="stable"))

    def _of(self, index: int, kind: str) -> tuple[NDArray[Any], ...]:
        life = self._lives[index]
        pieces = life.pieces
        wanted = (BLOCKED, RUNNABLE) if kind == "offcpu" else (BLOCKED, RUNNABLE, ON, STOPPED)
        rows = np.flatnonzero(np.isin(pieces.state, wanted))
        holder = self._holders(index)
        keys = np.stack(
            [pieces.stack[rows], pieces.state[rows], pieces.reason[rows], holder[rows]], axis=1
        )
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        made = [self._frames(*map(int, key)) for key in distinct]
        stack = np.array([one[0] for one in made], dtype=np.int64)[place.ravel()]
        state = np.array([one[1] for one in made], dtype=np.int64)[place.ravel()]
        thread = np.full(len(rows), self._builder.thread(life.thread))
        label = np.array(self._how)[pieces.how[rows]]
        return stack, thread, pieces.start[rows], pieces.duration[rows], state, label

    def _frames(self, stack: int, state: int, reason: int, holder: int) -> tuple[int, int]:
        builder = self._builder
        if stack == NO_STACK:
            stack = builder.stack([builder.frame(UNATTRIBUTED, kind="synthetic")])
        if state == ON:
            return stack, STATES.index("on-CPU")
        if state == STOPPED:
            return builder.push(stack, builder.frame(HELD, kind="synthetic")), 0
        why = RUN_QUEUE if state == RUNNABLE else self._reasons[reason] if reason >= 0 else UNKNOWN
        stack = builder.push(stack, builder.frame(why.name, kind="wait"))
        if holder != NOBODY:
            thread = self._lives[holder].thread
            name = f"held by {thread.name or thread.tid}"
            stack = builder.push(stack, builder.frame(name, kind="wait"))
        return stack, STATES.index(why.state)

    def _holders(self, index: int) -> NDArray[np.int64]:
        pieces = self._lives[index].pieces
        holder = np.full(len(pieces), NOBODY, dtype=np.int64)
        for reason, find in ((GIL, self._of_gil), (LOCK, self._of_lock)):
            if reason in self._reasons:
                mine = np.flatnonzero(
                    (pieces.state == BLOCKED) & (pieces.reason == self._reasons.index(reason))
                )
                holder[mine] = find(index, pieces.start[mine], pieces.duration[mine])
        return holder

    def _of_gil(
        self, index: int, start: NDArray[np.int64], length: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        return self._running.holders_of_gil(index, start, start + length)

    def _of_lock(
        self, index: int, start: NDArray[np.int64], length: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        return self._running.releasers(index, start + length)
