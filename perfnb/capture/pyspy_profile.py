"""From what py-spy and the thread watcher left behind to a profile."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.base import CaptureSpec
from perfnb.capture.chrometrace import Track, frame_of, read_tracks
from perfnb.capture.clock import WallToMonotonic
from perfnb.capture.threadlog import (
    DOUBTFUL,
    GONE,
    OFF_CPU,
    ON_CPU,
    UNKNOWN,
    ThreadLog,
    Ticks,
)
from perfnb.errors import NoSamples, ToolFailed
from perfnb.model import Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

_LONGEST_DELAY_NS = 3_000_000
_SHORTLY_NS = (100_000, 150_000, 200_000, 300_000, 500_000)
NOT_YET = -2
"""The stack of a thread before py-spy met it."""
_STAMP = re.compile(r"^\[(\S+)Z ")
_SPEEDSCOPE_THREAD = re.compile(r'^(?:Process (\d+) )?Thread (\w+) "(.*)"$', re.S)


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything one recording with py-spy left behind."""

    spec: CaptureSpec
    trace: bytes
    log: ThreadLog
    clock: WallToMonotonic
    started_ns: int
    ended_ns: int
    started_wall: float
    version: str
    profiler_cpu_s: float
    stopped_early: bool


def build_profile(recording: Recording) -> Profile:
    """Return the profile of a recording.

    Raises
    ------
    NoSamples
        If no instant fell inside the window, or no thread was seen at one.
    ToolFailed
        If py-spy's output makes no sense.
    """
    r = recording
    mine = instants(r)
    wall_s = (r.ended_ns - r.started_ns) / 1e9
    # One weight for all: intervals are drawn at random, and the mean of those that happened
    # makes the total of a thread that always ran equal the wall time.
    weight = round(wall_s * 1e9 / len(mine))
    builder = ProfileBuilder(ValueType(r.spec.weighs, "ns"))
    make = _gil_samples if r.spec.gil else _timed_samples
    with readable():
        samples, unknown = make(r, builder, weight)
    if not len(samples):
        did, fix = (
            ("held the GIL", "leave out --gil to see what runs without it")
            if r.spec.gil
            else ("was running", "use --idle to see threads that wait")
        )
        raise NoSamples(
            f"no Python thread {did} at any of the {len(mine)} instants of {wall_s:.3g} s", fix
        )
    return Profile(builder.value, builder.tables(), samples, facts(r, mine, unknown))


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Translate what goes wrong while py-spy's output is read."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ToolFailed(("py-spy", "record"), 0, f"its output is not readable: {error}") from error


def instants(r: Recording) -> Ticks:
    """Return the sampling instants inside the recorded window.

    Raises
    ------
    NoSamples
        If there is none.
    ToolFailed
        If py-spy's log tells none at all.
    """
    wall_s = (r.ended_ns - r.started_ns) / 1e9
    mine = _inside(r, r.log.ticks.get(r.spec.pid))
    if mine is None:
        raise ToolFailed(
            ("py-spy", "record"), 0, "its log names no sampling instant",
            f"this perfnb works with py-spy 0.4; found {r.version or 'an unknown version'}",
        )  # fmt: skip
    if not len(mine):
        raise NoSamples(
            f"the {wall_s * 1e3:.3g} ms recorded are too short for {r.spec.rate:g} Hz",
            f"sample faster (`-r {min(1000, max(200, int(20 / max(wall_s, 0.02))))}`), "
            "or let the code run longer",
        )
    return mine


def facts(r: Recording, mine: Ticks, unknown: int) -> Metadata:
    """Return how the recording came to be; `mine` are its instants inside the window."""
    period, wall_s = 1e9 / r.spec.rate, (r.ended_ns - r.started_ns) / 1e9
    notes = []
    if r.stopped_early:
        notes.append("py-spy ended before the recording was stopped")
    if r.spec.gil:
        notes.append("py-spy tells no times of samples together with --gil")
    gaps = np.diff(mine.stopped)
    return Metadata(
        backend="py-spy",
        backend_version=r.version,
        start_monotonic_ns=r.started_ns,
        end_monotonic_ns=r.ended_ns,
        start_wall=r.started_wall,
        # py-spy takes whole numbers.
        rate_asked=float(round(r.spec.rate)),
        rate_achieved=len(mine) / wall_s,
        ticks=len(mine),
        missed=int(mine.missed.sum()),
        # The intervals are exponential: one of ten periods is due once in e¹⁰ = 22,000.
        late=int((gaps > 10 * period).sum()),
        profiler_cpu_s=r.profiler_cpu_s,
        paused_s=float((mine.released - mine.stopped).sum()) / 1e9,
        clock_error_ns=None
        if r.spec.gil
        else r.clock.error_ns + int((mine.released - mine.stopped).max()) // 2,
        state_unknown=unknown,
        notes=tuple(notes),
    )


def _inside(r: Recording, ticks: Ticks | None) -> Ticks | None:
    """Return the instants inside the recorded window."""
    if ticks is None:
        return None
    start, end = r.started_ns + r.clock.offset_ns, r.ended_ns + r.clock.offset_ns
    keep = (ticks.stopped >= start) & (ticks.released <= end)
    return Ticks(ticks.stopped[keep], ticks.released[keep], ticks.batch[keep], ticks.missed[keep])


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen of one thread at every sampling instant of its process.

    Attributes
    ----------
    thread : Thread
    ticks : Ticks
        The instants, wall-clock ns.
    stack : int64, shape (ticks,)
        The builder's stack; −1 for an empty one, `NOT_YET` before the thread was met.
    """

    thread: Thread
    ticks: Ticks
    stack: NDArray[np.int64]


def seen_threads(r: Recording, builder: ProfileBuilder) -> list[Seen]:
    """Return the stacks of every thread with Python frames; `builder` gets them."""
    tracks = read_tracks(r.trace, builder, _roots(r.spec))
    zero = _trace_start_ns(r, tracks)
    found = []
    for (pid, _), same in _by_thread(tracks).items():
        ticks = r.log.ticks.get(pid)
        if ticks is None:
            continue
        # Where one track of a thread has a stack, another one of it has none.
        stack = np.max([_at_ticks(track, ticks, zero) for track in same], axis=0)
        # Its last name: what it was called when py-spy first met it may have been another's.
        named = [track.thread for track in same if track.thread.name] or [same[0].thread]
        found.append(Seen(named[-1], ticks, stack))
    return found


def _timed_samples(r: Recording, builder: ProfileBuilder, weight: int) -> tuple[Samples, int]:
    start, end = r.started_ns + r.clock.offset_ns, r.ended_ns + r.clock.offset_ns
    parts: list[tuple[NDArray[Any], ...]] = []
    for seen in seen_threads(r, builder):
        ticks, there = seen.ticks, seen.stack > NOT_YET
        stack = np.where(there, seen.stack, -1)
        states = r.log.states(seen.thread.pid, seen.thread.tid, r.clock.offset_ns)
        state = _settle(states, stack)
        keep = (
            there
            & (state != GONE)
            & ~ticks.missed
            & (ticks.stopped >= start)
            & (ticks.released <= end)
        )
        if not r.spec.idle:
            keep &= state != OFF_CPU
        rows = np.flatnonzero(keep)
        middle = (ticks.stopped[rows] + ticks.released[rows]) // 2 - r.clock.offset_ns
        thread = np.full(len(rows), builder.thread(seen.thread))
        parts.append((stack[rows], thread, middle, state[rows]))
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return Samples(*(frozen(empty, t) for t in (np.int32, np.int32, np.int64))), 0
    stack, thread, at, state = (np.concatenate(column) for column in zip(*parts, strict=True))
    samples = Samples(
        frozen(stack, np.int32),
        frozen(thread, np.int32),
        frozen(np.full(len(stack), weight), np.int64),
        time=frozen(at, np.int64),
        state=frozen(state, np.uint8),
    )
    return samples.take(np.argsort(at, kind="stable")), int((state == UNKNOWN).sum())


def _by_thread(tracks: list[Track]) -> dict[tuple[int, int], list[Track]]:
    """Return each thread's tracks in the order of time: another name begins another track."""
    found: dict[tuple[int, int], list[Track]] = {}
    for track in sorted(tracks, key=lambda track: float(track.at[0]) if len(track.at) else 0.0):
        found.setdefault((track.thread.pid, track.thread.tid), []).append(track)
    return found


def _at_ticks(track: Track, ticks: Ticks, zero: int) -> NDArray[np.int64]:
    """Return the stack at each instant: −1 for none, `NOT_YET` before the track begins."""
    # A change is logged after the process was let go: it belongs to the newest instant before.
    changed = zero + np.round(track.at * 1000).astype(np.int64)
    tick = np.searchsorted(ticks.released, changed, side="right") - 1
    last = np.searchsorted(tick, np.arange(len(ticks)), side="right") - 1
    return np.where(last >= 0, track.stack[last], NOT_YET)


def _settle(state: NDArray[np.uint8], stack: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Give doubtful instants the state that the same stack mostly had at clear ones.

    The stack of a blocked thread does not change, so a stack is that of a wait or not.
    """
    doubtful = state == DOUBTFUL
    if not doubtful.any():
        return state
    names, code = np.unique(stack, return_inverse=True)
    on, off = (
        np.bincount(code[state == which], minlength=len(names)) for which in (ON_CPU, OFF_CPU)
    )
    return np.where(doubtful, np.where(on > off, ON_CPU, OFF_CPU)[code], state).astype(np.uint8)


def _gil_samples(r: Recording, builder: ProfileBuilder, weight: int) -> tuple[Samples, int]:
    """Read py-spy's speedscope file: each sample of the thread that held the GIL, without times."""
    data = json.loads(r.trace)
    roots = _roots(r.spec)
    frames = [
        frame_of(builder, roots, f["name"], f.get("file") or "", f.get("line") or 0)
        for f in data["shared"]["frames"]
    ]
    # The outermost frames only name the thread, and the process.
    hidden = {i for i, f in enumerate(data["shared"]["frames"]) if not f.get("file")}
    stacks, threads = [], []
    for profile in data["profiles"]:
        named = _SPEEDSCOPE_THREAD.match(profile["name"])
        if named is None:
            raise ValueError(f"a thread called {profile['name']!r}")
        pid = int(named[1]) if named[1] else r.spec.pid
        thread = builder.thread(Thread(pid, int(named[2], 0), named[3]))
        for sample in profile["samples"]:
            stacks.append(builder.stack(frames[f] for f in sample if f not in hidden))
            threads.append(thread)
    return Samples(
        frozen(stacks, np.int32),
        frozen(threads, np.int32),
        frozen(np.full(len(stacks), weight), np.int64),
    ), 0


def _roots(spec: CaptureSpec) -> tuple[str, ...]:
    import os

    return tuple(sys.path) if spec.pid == os.getpid() else ()


def _trace_start_ns(r: Recording, tracks: list[Track]) -> int:
    """Return the wall-clock ns of the trace's time 0, less the usual delay of its entries.

    py-spy reads its clock between two lines of its log, some 0.3 ms apart, and writes a
    change of stack 0.1 to 0.4 ms after it let the process go, the later the more threads there
    are: at 1 kHz often after it has stopped it again. Which instant a change belongs to is
    decided by the difference of the two. That zero is taken for which nearly all changes
    come shortly after a release, with the shortest "shortly" for which there is one.
    """
    marks = [stamp for stamp in map(_stamp, r.log.said) if stamp is not None]
    low = next((at for at, line in marks if "config Config" in line), None)
    high = next((at for at, line in marks if "virtual memory maps" in line), None)
    if low is None or high is None:
        raise ValueError("its log does not say when the recording began")
    tracks = [track for track in tracks if track.thread.pid == r.spec.pid]
    if not tracks:
        return high
    released = r.log.ticks[r.spec.pid].released
    changes = np.unique(np.concatenate([track.at for track in tracks])) * 1000
    changes = changes[:: len(changes) // 2000 + 1]
    zeros = np.arange(low - _LONGEST_DELAY_NS, high + 1, 20_000)
    fitting = np.array([_shares_just_after(released, changes + zero) for zero in zeros])
    for share in fitting.T:
        if share.max() >= 0.95:
            break
    best = zeros[share >= 0.995 * share.max()]
    return int(best[len(best) // 2])


def _shares_just_after(released: NDArray[np.int64], at: NDArray[np.float64]) -> list[float]:
    before = np.searchsorted(released, at, side="right") - 1
    delay = np.where(before >= 0, at - released[np.maximum(before, 0)], np.inf)
    return [float((delay < most).mean()) for most in _SHORTLY_NS]


def _stamp(line: str) -> tuple[int, str] | None:
    match = _STAMP.match(line)
    return (_parse_stamp(match[1]), line) if match else None


def _parse_stamp(stamp: str) -> int:
    second, _, fraction = stamp.partition(".")
    whole = np.datetime64(second, "s").astype(np.int64)
    return int(whole) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])
