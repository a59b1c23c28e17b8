"""A flame chart as much of it as can be seen: what is too narrow is summed where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.layout.chart import Chart
from perfnb.model import CallTree, Profile
from perfnb.model.tables import Int32
from perfnb.views.explore.names import REST_LINE

CHART_SAMPLES = 200_000
"""Of so many a chart takes seconds to be laid out; who draws more sees only narrow boxes."""


def samples_between(profile: Profile, thread: int, low: int, high: int) -> int:
    """Return how many samples of a thread there are from `low` to `high` ns since the start."""
    samples = profile.samples
    if samples.time is None:
        return 0
    first, end = np.searchsorted(samples.time, np.array([low, high]) + profile.start_ns)
    return int(np.count_nonzero(samples.thread[first:end] == thread))


def chart_columns(chart: Chart, pixels: int, numbers: Int32, rest: int) -> dict[str, Any]:
    """Return the browser's columns of a flame chart.

    Boxes that are narrower than half a pixel are left out; those of one caller that follow each
    other without a gap are one box, ``…``.

    Parameters
    ----------
    chart : Chart
        The whole.
    pixels : int
        How wide the view is.
    numbers, rest
        As for `perfnb.views.explore.wire.tree_columns`.
    """
    tree, x = chart.tree, chart.boxes.x
    least = (chart.end - chart.start) / (2 * max(1, pixels))
    kept = tree.total >= least
    kept[0] = True
    lost = np.flatnonzero(~kept & kept[tree.parent])
    begins = _runs(tree.parent[lost], x[lost], x[lost] + tree.total[lost], least)
    first = lost[begins]
    node = np.concatenate([np.flatnonzero(kept), first])
    is_rest = np.arange(len(node)) >= len(node) - len(first)
    # A rest stands where the first of its nodes stood.
    order = np.argsort(node, kind="stable")
    place = np.full(len(tree) + 1, -1, dtype=np.int64)
    place[node[order]] = np.arange(len(order))

    def column(values: NDArray[Any]) -> NDArray[Any]:
        sums = np.add.reduceat(values[lost], begins) if len(lost) else values[lost]
        return np.concatenate([values[kept], sums])[order]

    left = np.concatenate([x[kept], x[first]])[order]
    ends = np.append(begins[1:], len(lost)) - 1
    last = lost[ends] if len(lost) else lost
    width = np.concatenate([tree.total[kept], x[last] + tree.total[last] - x[first]])[order]
    row = node[order]
    plain = ~is_rest[order]
    named = plain & (tree.function[row] >= 0)
    function = np.where(plain, -1, rest).astype(np.int32)
    function[named] = numbers[tree.function[row[named]]]
    return {
        "parent": place[tree.parent[row]].astype(np.int32),
        "function": function,
        "line": np.where(plain, tree.line[row], REST_LINE).astype(np.int32),
        "thread": np.where(plain, tree.thread[row], -1).astype(np.int32),
        "self": column(tree.self),
        "total": column(tree.total),
        "selfSamples": column(tree.self_samples),
        "totalSamples": column(tree.total_samples),
        "hidden": np.where(plain, 0, column(_sizes(tree))),
        "depth": tree.depth[row],
        "x": left,
        "width": width,
    }


def _sizes(tree: CallTree) -> NDArray[np.int64]:
    """Return how many boxes each stands for, itself and all below."""
    size = np.ones(len(tree), dtype=np.int64)
    bounds = np.searchsorted(tree.depth, np.arange(tree.depth[-1] + 2, dtype=tree.depth.dtype))
    for level in range(len(bounds) - 2, 0, -1):
        rows = slice(bounds[level], bounds[level + 1])
        np.add.at(size, tree.parent[rows], size[rows])
    return size


def _runs(
    parent: NDArray[Any], begin: NDArray[Any], end: NDArray[Any], gap: float
) -> NDArray[np.int64]:
    """Return where runs of one caller's boxes begin that have no gap which could be seen."""
    if not len(parent):
        return np.zeros(0, dtype=np.int64)
    new = np.ones(len(parent), dtype=bool)
    new[1:] = (parent[1:] != parent[:-1]) | (begin[1:] - end[:-1] >= gap)
    return np.flatnonzero(new)
