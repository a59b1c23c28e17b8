"""Choosing samples by thread, time and state."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from perfnb.errors import MissingColumn, OptionError
from perfnb.model import STATES, Profile


def where(
    profile: Profile,
    *,
    thread: str | int | None = None,
    time: tuple[float, float] | None = None,
    state: str | Iterable[str] | None = None,
) -> Profile:
    """Return the samples that fit every condition given.

    Parameters
    ----------
    profile : Profile
        Where to choose from.
    thread : str or int, optional
        A thread's name, or its id.
    time : (float, float), optional
        Seconds since the start of the recording; the end is not included.
    state : str or iterable of str, optional
        Of `perfnb.model.STATES`.

    Raises
    ------
    OptionError
        If there is no such thread or state.
    MissingColumn
        If the profile has no times, or no states.
    """
    samples = profile.samples
    keep = np.ones(len(samples), dtype=bool)
    if thread is not None:
        rows = [i for i, t in enumerate(profile.threads) if thread in (t.name, t.tid)]
        if not rows:
            known = ", ".join(f"{t.name or '?'} ({t.tid})" for t in profile.threads)
            raise OptionError(f"no thread {thread!r} in this profile", f"there are: {known}")
        keep &= np.isin(samples.thread, rows)
    if time is not None:
        if samples.time is None:
            raise MissingColumn("time", "a time range", "record with a backend that tells times")
        start = profile.metadata.start_monotonic_ns
        if start is None:
            start = int(samples.time[0]) if len(samples) else 0
        low, high = (start + round(second * 1e9) for second in time)
        keep &= (samples.time >= low) & (samples.time < high)
    if state is not None:
        wanted = [state] if isinstance(state, str) else list(state)
        if unknown := set(wanted) - set(STATES):
            raise OptionError(f"no state {', '.join(sorted(unknown))}", f"states: {STATES}")
        if samples.state is None:
            raise MissingColumn("state", "a choice of states", "record with --idle")
        keep &= np.isin(samples.state, [STATES.index(name) for name in wanted])
    return profile.with_samples(samples.take(keep))
