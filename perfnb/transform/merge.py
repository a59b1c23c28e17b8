"""Putting profiles together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfnb.errors import IncompatibleProfiles
from perfnb.model import KINDS, Metadata, Profile, ProfileBuilder, Samples
from perfnb.model.sources import SourceText
from perfnb.model.tables import frozen


def merge(profiles: Sequence[Profile]) -> Profile:
    """Return one profile with the samples of all.

    Time, duration and state are kept if every profile that has samples has them; labels
    always. Equal functions, frames, stacks and threads become one. What the metadata of all
    agree on is kept.

    Raises
    ------
    IncompatibleProfiles
        If the weights do not measure the same, or there is no profile.
    """
    if not profiles:
        raise IncompatibleProfiles("nothing to merge")
    values = {profile.value for profile in profiles}
    if len(values) > 1:
        kinds = ", ".join(sorted(f"{value.kind} in {value.unit}" for value in values))
        raise IncompatibleProfiles(f"these profiles measure different things: {kinds}")
    builder = ProfileBuilder(profiles[0].value)
    parts = [_remapped(profile, builder) for profile in profiles]
    told = [part for part, profile in zip(parts, profiles, strict=True) if len(profile)]
    columns = [
        None if any(column is None for column in same) else np.concatenate(same)
        for same in zip(*(told or parts[:1]), strict=True)
    ]
    stack, thread, weight, time, duration, state, label, count, waker, waker_thread = columns
    samples = Samples(
        frozen(stack, np.int32),
        frozen(thread, np.int32),
        frozen(weight, np.int64),
        None if time is None else frozen(time, np.int64),
        None if duration is None else frozen(duration, np.int64),
        None if state is None else frozen(state, np.uint8),
        frozen(label, np.int32) if builder.has_labels else None,
        None if all(p.samples.count is None for p in profiles) else frozen(count, np.int64),
        None if waker is None else frozen(waker, np.int32),
        None if waker_thread is None else frozen(waker_thread, np.int32),
    )
    if samples.time is not None:
        samples = samples.take(np.argsort(samples.time, kind="stable"))
    return Profile(
        builder.value, builder.tables(), samples, _common(profiles), _agreed_sources(profiles)
    )


def _remapped(profile: Profile, builder: ProfileBuilder) -> tuple[np.ndarray | None, ...]:
    t, s = profile.tables, profile.samples
    f = t.functions
    function = [
        builder.function(*row[:3], kind=KINDS[row[3]])
        for row in zip(f.name, f.file, f.module, f.kind.tolist(), strict=True)
    ]
    frame = [
        builder.frame_of(function[row], line)
        for row, line in zip(t.frames.function.tolist(), t.frames.line.tolist(), strict=True)
    ]
    stack = [-1] * (len(t.stacks) + 1)
    rows = zip(t.stacks.parent.tolist(), t.stacks.frame.tolist(), strict=True)
    for row, (parent, leaf) in enumerate(rows):
        stack[row] = builder.push(stack[parent], frame[leaf])
    thread = np.array([builder.thread(thread) for thread in t.threads], dtype=np.int32)
    label = np.array([*(builder.labels(labels) for labels in t.labels), -1], dtype=np.int32)
    threads = np.append(thread, -1)
    return (
        np.array(stack, dtype=np.int32)[s.stack],
        thread[s.thread] if len(thread) else s.thread,
        s.weight,
        s.time,
        s.duration,
        s.state,
        np.full(len(s), -1, np.int32) if s.label is None else label[s.label],
        np.ones(len(s), np.int64) if s.count is None else s.count,
        None if s.waker is None else np.array(stack, dtype=np.int32)[s.waker],
        None if s.waker_thread is None else threads[s.waker_thread],
    )


def _agreed_sources(profiles: Sequence[Profile]) -> dict[str, SourceText]:
    """Return the texts that no two profiles have differently: lines would fit one of them only."""
    found: dict[str, SourceText] = {}
    differ = set()
    for profile in profiles:
        for file, source in profile.sources.items():
            if found.setdefault(file, source) != source:
                differ.add(file)
    return {file: source for file, source in found.items() if file not in differ}


def _common(profiles: Sequence[Profile]) -> Metadata:
    first = profiles[0].metadata
    agreed = {
        name: getattr(first, name)
        for name in first.__slots__
        if all(getattr(p.metadata, name) == getattr(first, name) for p in profiles)
    }
    starts = [p.metadata.start_monotonic_ns for p in profiles]
    ends = [p.metadata.end_monotonic_ns for p in profiles]
    # Times go on counting from one start.
    if None not in starts and None not in ends:
        agreed["start_monotonic_ns"] = min(start for start in starts if start is not None)
        agreed["end_monotonic_ns"] = max(end for end in ends if end is not None)
    return Metadata(**agreed)
