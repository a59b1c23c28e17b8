"""From samples to the spans that a trace viewer draws."""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile, Tables
from perfnb.model.tables import Int32, Int64

_NS = {"ns": 1, "bytes": 1, "micro": 1, "count": 1000}
"""Nanoseconds for which one of a unit is drawn where there are no times."""
_SCALES = {"ns": "", "bytes": ", a byte a nanosecond", "count": ", one a microsecond",
           "micro": ", one a millisecond"}  # fmt: skip


class Drawn(NamedTuple):
    """Spans, each within those that come before it in its thread and end after it begins."""

    thread: Int32
    frame: Int32
    at: Int64
    end: Int64


def drawn(profile: Profile) -> tuple[str, Drawn]:
    """Return what the spans are, in words, and the spans."""
    samples = profile.samples
    if samples.time is None:
        unit = profile.value.unit
        thread, stack, at, end = _laid_out(profile, _NS[unit])
        note = (
            "The recording has no times. The events are a flame graph: each is as wide as its"
            f" weight{_SCALES[unit]}."
        )
    else:
        order = np.argsort(samples.thread, kind="stable")
        thread, stack, at = samples.thread[order], samples.stack[order], samples.time[order]
        after = np.append(at[1:], at[-1:])
        last = np.append(thread[1:] != thread[:-1], [True] * bool(len(thread)))
        if samples.duration is None:
            end = _until_next(thread, at, after, last)
            note = "The recording has no durations: each sample is drawn until its thread's next."
        else:
            end = at + np.maximum(samples.duration[order], 0)
            note = "The events are the samples, those of one call drawn together."
        end = np.where(last, end, np.minimum(end, after))
    return note, _merged(profile.tables, thread, stack, at, end)


def _until_next(
    thread: Int32, at: Int64, after: Int64, last: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the next sample's time, or where that is far away, one period on."""
    gaps = (after - at)[~last]
    gaps = gaps[gaps > 0]
    period = int(np.median(gaps)) if len(gaps) else 1000
    near = ~last & (after - at <= 2 * period)
    return np.where(near, after, at + period)


def _laid_out(profile: Profile, scale: int) -> tuple[Int32, Int32, Int64, Int64]:
    """Return each thread's stacks in the order of a flame graph, side by side."""
    samples = profile.samples
    size = len(profile.tables.stacks) + 1
    key = samples.thread.astype(np.int64) * size + samples.stack + 1
    keys, inverse = np.unique(key, return_inverse=True)
    weight = np.zeros(len(keys), dtype=np.int64)
    np.add.at(weight, inverse, samples.weight)
    thread, stack = keys // size, keys % size - 1
    order = np.lexsort((_flame_order(profile.tables)[stack + 1], thread))
    thread, stack = thread[order], stack[order]
    # Sums that no viewer's clock holds are drawn as wide as it goes.
    width = np.clip(weight[order], 0, 2**40) * scale
    end = np.cumsum(width)
    first = np.append(True, thread[1:] != thread[:-1])[: len(thread)]
    base = np.maximum.accumulate(np.where(first, end - width, 0)) if len(end) else end
    end = end - base
    return thread.astype(np.int32), stack.astype(np.int32), end - width, end


def _flame_order(tables: Tables) -> Int64:
    """Return the place of each stack, the empty one first, when callees are sorted by name."""
    names = tables.functions.name
    function = tables.frames.function.tolist()
    below: list[list[int]] = [[] for _ in range(len(tables.stacks) + 1)]
    for row, parent in enumerate(tables.stacks.parent.tolist()):
        below[parent + 1].append(row + 1)
    frame = tables.stacks.frame.tolist()
    place = np.zeros(len(below), dtype=np.int64)
    waiting = [0]
    count = 0
    while waiting:
        row = waiting.pop()
        place[row] = count
        count += 1
        children = below[row]
        children.sort(key=lambda child: names[function[frame[child - 1]]], reverse=True)
        waiting += children
    return place


def _merged(
    tables: Tables, thread: NDArray[Any], stack: NDArray[Any], at: Int64, end: Int64
) -> Drawn:
    """Return a span for each run of samples that share a call."""
    parent, frame = tables.stacks.parent.tolist(), tables.stacks.frame.tolist()
    depth = _depths(tables)
    spans, ends = (array("q"), array("q"), array("q")), array("q")
    open_stacks: list[int] = []
    open_spans: list[int] = []
    here, now = -1, 0

    def close(count: int) -> None:
        while len(open_spans) > count:
            ends[open_spans.pop()] = now
            open_stacks.pop()

    rows = zip(thread.tolist(), stack.tolist(), at.tolist(), end.tolist(), strict=True)
    for row_thread, row_stack, begin, finish in rows:
        if finish <= begin:
            continue
        if row_thread != here or begin != now:
            close(0)
        here = row_thread
        new = []
        node = row_stack
        while node >= 0:
            level = depth[node]
            if level < len(open_stacks) and open_stacks[level] == node:
                break
            new.append(node)
            node = parent[node]
        close(depth[node] + 1 if node >= 0 else 0)
        for one in reversed(new):
            open_spans.append(len(ends))
            open_stacks.append(one)
            for column, value in zip(spans, (row_thread, frame[one], begin), strict=True):
                column.append(value)
            ends.append(finish)
        now = finish
    close(0)
    whose, what, begins = (np.array(column, dtype=np.int64) for column in spans)
    return Drawn(whose.astype(np.int32), what.astype(np.int32), begins, np.array(ends, np.int64))


def _depths(tables: Tables) -> list[int]:
    depth: list[int] = []
    for parent in tables.stacks.parent.tolist():
        depth.append(depth[parent] + 1 if parent >= 0 else 0)
    return depth
