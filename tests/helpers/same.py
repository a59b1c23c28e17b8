"""What two profiles say, compared without regard to how their tables are numbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np

from perfnb.formats.base import FEATURES
from perfnb.model import KINDS, STATES, Profile

ALL = FEATURES


def told(profile: Profile, features: Collection[str] = ALL) -> dict[str, Any]:
    """Return what `profile` says, as far as `features` (of `FEATURES`) go.

    Stacks of names and their weights are always there. Without "samples", weights are summed
    by everything else that is told; samples of weight 0 then say nothing.
    """
    has = frozenset(features).__contains__
    t, s = profile.tables, profile.samples
    f = t.functions
    frames = [
        (
            f.name[function],
            f.file[function] if has("file") else "",
            f.module[function] if has("module") else "",
            KINDS[f.kind[function]] if has("kind") else "",
            line if has("line") else 0,
        )
        for function, line in zip(t.frames.function.tolist(), t.frames.line.tolist(), strict=True)
    ]
    threads = [
        (
            (one.pid, one.tid) if has("thread") else (),
            one.name if has("thread name") else "",
            one.process if has("process name") else "",
            one.host if has("host") else "",
        )
        for one in t.threads
    ]
    # A stack is its row; rows are numbered by path, so that equal paths are equal numbers.
    paths: dict[tuple[int, Any], int] = {}
    place = [-1] * (len(t.stacks) + 1)
    above = t.stacks.parent.tolist()
    for row, frame in enumerate(t.stacks.frame.tolist()):
        place[row] = paths.setdefault((place[above[row]], frames[frame]), len(paths))
    by_row = [()] * (len(paths) + 1)
    for (parent, frame), row in paths.items():
        by_row[row] = (by_row[parent], frame)

    def column(name: str, values: Any, spell: Any = lambda value: value) -> list[Any]:
        if values is None or not has(name):
            return [None] * len(s)
        return [spell(value) for value in values.tolist()]

    # No column of labels says as much as one without any.
    label = np.full(len(s), -1) if s.label is None else s.label
    start = profile.metadata.start_monotonic_ns or 0
    rows = zip(
        [by_row[place[stack]] for stack in s.stack.tolist()],
        [threads[thread] for thread in s.thread.tolist()],
        column("time", s.time, lambda time: time - start),
        column("duration", s.duration),
        column("state", s.state, STATES.__getitem__),
        column("waker", s.waker, lambda row: by_row[place[row]]),
        column("waker", s.waker_thread, lambda row: threads[row] if row >= 0 else ()),
        column("labels", label, lambda row: t.labels[row] if row >= 0 else ()),
        s.weight.tolist(),
        strict=True,
    )
    sums: Counter[Any] = Counter()
    if has("samples"):
        sums.update(rows)
    else:
        for *key, weight in rows:
            sums[tuple(key)] += weight
        sums = Counter({key: weight for key, weight in sums.items() if weight})
    return {
        "samples": sums,
        "value": profile.value if has("value") else None,
        "metadata": profile.metadata if has("metadata") else None,
    }
