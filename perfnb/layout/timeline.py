"""How busy each thread was, and in which state, over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MissingColumn, OptionError
from perfnb.model import STATES, Profile
from perfnb.model.tables import Int64

Float64 = NDArray[np.float64]

_PIECES = 1 << 22
"""Pieces into which samples that last are cut at once: a bound on memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """A lane for each thread that has samples.

    Attributes
    ----------
    threads : int64, shape (lanes,)
        Rows of the threads table, ascending.
    start, end : int
        Nanoseconds since the start of the recording; the end is not included.
    bins : int
        Into how many equal parts that is cut.
    counts : float64, shape (lanes, states, bins)
        States are those of `perfnb.model.STATES`: unknown ones where the profile tells none.
    unit : {"samples", "ns"}
        What is counted: samples, or, where these have durations, time.
    """

    threads: Int64
    start: int
    end: int
    bins: int
    counts: Float64
    unit: str


def lanes(profile: Profile, start_ns: int, end_ns: int, bins: int) -> Lanes:
    """Count the samples of each thread in equal parts of a time range.

    Parameters
    ----------
    profile : Profile
        With times.
    start_ns, end_ns : int
        Nanoseconds since the start of the recording; the end is not included.
    bins : int
        How many parts.

    Raises
    ------
    MissingColumn
        If the profile has no times.
    OptionError
        If the range is empty, or there are no bins.
    """
    samples = profile.samples
    if samples.time is None and len(samples):
        raise MissingColumn("time", "a timeline", "record with a backend that tells times")
    if end_ns <= start_ns or bins < 1:
        raise OptionError(f"a timeline from {start_ns} to {end_ns} ns in {bins} bins is empty")
    seen = np.zeros(len(profile.threads), dtype=bool)
    seen[samples.thread] = True
    threads = np.flatnonzero(seen)
    size = len(threads) * len(STATES) * bins
    # Where a sample's lane and state begin among all counts.
    row = (np.cumsum(seen) - 1)[samples.thread] * (len(STATES) * bins)
    if samples.state is not None:
        row += samples.state.astype(np.int64) * bins
    time = np.zeros(0, np.int64) if samples.time is None else samples.time - profile.start_ns
    if samples.duration is None:
        count = np.ones(len(row)) if samples.count is None else samples.count
        flat = _at_instants(time, row, count, (start_ns, end_ns), bins, size)
    else:
        flat = _over_time(time, samples.duration, row, (start_ns, end_ns), bins, size)
    unit = "samples" if samples.duration is None else "ns"
    counts = flat.reshape(len(threads), len(STATES), bins)
    return Lanes(threads, start_ns, end_ns, bins, counts, unit)


# The browser computes with float64 alone. Here the same steps are done in the same order, so
# that both draw the same picture to the last bit.


def _at_instants(
    time: Int64, row: Int64, count: NDArray[Any], bounds: tuple[int, int], bins: int, size: int
) -> Float64:
    start, end = bounds
    rows = slice(*np.searchsorted(time, bounds))
    place = np.floor((time[rows] - start).astype(np.float64) * bins / float(end - start))
    at = row[rows] + np.minimum(place.astype(np.int64), bins - 1)
    flat: Float64 = np.bincount(at, weights=count[rows], minlength=size).astype(np.float64)
    return flat


def _over_time(
    time: Int64, duration: Int64, row: Int64, bounds: tuple[int, int], bins: int, size: int
) -> Float64:
    start, end = bounds
    edges = start + float(end - start) * np.arange(bins + 1) / bins
    inside = np.flatnonzero((time < end) & (time + duration > start) & (duration > 0))
    flat = np.zeros(size)
    begins, ends = time[inside].astype(np.float64), (time + duration)[inside].astype(np.float64)
    first = np.maximum(np.searchsorted(edges, begins, side="right") - 1, 0)
    pieces = np.minimum(np.searchsorted(edges, ends, side="left"), bins) - first
    before = np.cumsum(pieces) - pieces
    low = 0
    while low < len(inside):
        high = max(int(np.searchsorted(before, before[low] + _PIECES)), low + 1)
        some = slice(low, high)
        sample = np.repeat(np.arange(low, high), pieces[some])
        bin_ = first[sample] + np.arange(len(sample)) - (before[sample] - before[low])
        overlap = np.minimum(ends[sample], edges[bin_ + 1]) - np.maximum(
            begins[sample], edges[bin_]
        )
        # Sample by sample, as they follow each other: sums of float64 depend on the order.
        np.add.at(flat, row[inside[sample]] + bin_, overlap)
        low = high
    return flat
