"""Choosing samples by thread, process, time, state and module, and waits by length and reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MissingColumn, OptionError
from perfnb.model import STATES, Profile
from perfnb.model.contract import nearest
from perfnb.model.forest import Forest
from perfnb.transform.reasons import reasons_of, wait_functions


def where(
    profile: Profile,
    *,
    thread: str | int | Iterable[str | int] | None = None,
    process: str | int | Iterable[str | int] | None = None,
    time: tuple[float, float] | None = None,
    state: str | Iterable[str] | None = None,
    module: str | Iterable[str] | None = None,
    duration: tuple[float, float | None] | None = None,
    reason: str | Iterable[str] | None = None,
) -> Profile:
    """Return the samples that fit every condition given.

    Parameters
    ----------
    profile : Profile
        Where to choose from.
    thread : str or int, or an iterable of them, optional
        A thread's name, or its id.
    process : str or int, or an iterable of them, optional
        A process's name, or its id.
    time : (float, float), optional
        Seconds since the start of the recording; the end is not included.
    state : str or iterable of str, optional
        Of `perfnb.model.STATES`.
    module : str or iterable of str, optional
        A module or package: samples with a function of it anywhere on the stack.
    duration : (float, float or None), optional
        Seconds: samples that lasted at least the first and less than the second of them.
    reason : str or iterable of str, optional
        What was waited for, such as ``"[sleep]"``; the brackets may be left out.

    Raises
    ------
    OptionError
        If there is no such thread, process, state, module or reason.
    MissingColumn
        If the profile has no times, states or durations.
    """
    samples = profile.samples
    keep = np.ones(len(samples), dtype=bool)
    if thread is not None:
        keep &= _threads(profile, thread)[samples.thread]
    if process is not None:
        keep &= _processes(profile, process)[samples.thread]
    if time is not None:
        keep &= _within(profile, time)
    if state is not None:
        keep &= _states(profile, state)
    if module is not None:
        keep &= passing(profile, _modules(profile, module)[profile.tables.frames.function])
    if duration is not None:
        keep &= _lasting(profile, *duration)
    if reason is not None:
        keep &= _waiting(profile, reason)
    return choose(profile, keep)


def choose(profile: Profile, keep: NDArray[np.bool_]) -> Profile:
    """Return the samples of a mask; times go on counting from where the whole profile began."""
    samples, start = profile.samples, profile.metadata.start_monotonic_ns
    if start is None and samples.time is not None and len(samples):
        profile = profile.with_metadata(start_monotonic_ns=profile.start_ns)
    return profile if keep.all() else profile.with_samples(samples.take(keep))


def passing(profile: Profile, frames: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which samples have a marked frame anywhere on their stack."""
    stacks = profile.tables.stacks
    if not frames.any():
        return np.zeros(len(profile), dtype=bool)
    found = nearest(Forest(stacks.parent), frames[stacks.frame]) >= 0
    return np.append(found, False)[profile.samples.stack]


def _several(wanted: Any) -> list[Any]:
    single = isinstance(wanted, str) or not isinstance(wanted, Iterable)
    return [wanted] if single else list(wanted)


def _threads(profile: Profile, wanted: str | int | Iterable[str | int]) -> NDArray[np.bool_]:
    names = [(thread.name, thread.tid) for thread in profile.threads]
    known = [f"{thread.name or '?'} ({thread.tid})" for thread in profile.threads]
    return _named("thread", _several(wanted), names, known)


def _processes(profile: Profile, wanted: str | int | Iterable[str | int]) -> NDArray[np.bool_]:
    names = [(thread.process, thread.pid) for thread in profile.threads]
    known = dict.fromkeys(f"{name or '?'} ({pid})" for name, pid in names)
    return _named("process", _several(wanted), names, known)


def _named(
    what: str, wanted: list[str | int], names: list[tuple[str, int]], known: Iterable[str]
) -> NDArray[np.bool_]:
    for one in wanted:
        if not any(one in either for either in names):
            raise OptionError(
                f"no {what} {one!r} in this profile", f"there are: {', '.join(known)}"
            )
    return np.array([any(one in either for one in wanted) for either in names], dtype=bool)


def _within(profile: Profile, time: tuple[float, float]) -> NDArray[np.bool_]:
    samples = profile.samples
    if samples.time is None:
        raise MissingColumn("time", "a time range", "record with a backend that tells times")
    low, high = (profile.start_ns + round(second * 1e9) for second in time)
    # Samples are sorted by time.
    first, end = np.searchsorted(samples.time, [low, high])
    keep = np.zeros(len(samples), dtype=bool)
    keep[first:end] = True
    return keep


def _states(profile: Profile, wanted: str | Iterable[str]) -> NDArray[np.bool_]:
    names = _several(wanted)
    if unknown := set(names) - set(STATES):
        raise OptionError(f"no state {', '.join(sorted(unknown))}", f"states: {STATES}")
    state = profile.samples.state
    if state is None:
        raise MissingColumn("state", "a choice of states", "record with --idle")
    mask = np.array([name in names for name in STATES], dtype=bool)
    return mask[state]


def _lasting(profile: Profile, low: float, high: float | None) -> NDArray[np.bool_]:
    duration = profile.samples.duration
    if duration is None:
        raise MissingColumn("duration", "a choice by duration", "record with %%offcpu")
    keep: NDArray[np.bool_] = duration >= round(low * 1e9)
    return keep if high is None else keep & (duration < round(high * 1e9))


def _waiting(profile: Profile, wanted: str | Iterable[str]) -> NDArray[np.bool_]:
    """Return which samples waited for one of some reasons."""
    functions = profile.tables.functions
    waits = {functions.name[row] for row in np.flatnonzero(wait_functions(profile)).tolist()}
    names = [one if one in waits or one[:1] == "[" else f"[{one}]" for one in _several(wanted)]
    if unknown := [name for name in names if name not in waits]:
        known = reasons_of(profile)
        listed = {functions.name[row] for row in known[known >= 0].tolist()}
        raise OptionError(
            f"nothing in this profile waits for {', '.join(unknown)}",
            f"there are: {', '.join(sorted(listed)) or '–'}",
        )
    # One more row, of stacks that wait for nothing: −1.
    meant = np.array([*(name in names for name in functions.name), False], dtype=bool)
    found: NDArray[np.bool_] = meant[np.append(reasons_of(profile), -1)[profile.samples.stack]]
    return found


def _modules(profile: Profile, wanted: str | Iterable[str]) -> NDArray[np.bool_]:
    """Return which functions are of a module, or of one below it."""
    modules = profile.tables.functions.module
    found: set[str] = set()
    for one in _several(wanted):
        below = {module for module in set(modules) if module == one or module.startswith(one + ".")}
        if not below:
            packages = sorted({module.partition(".")[0] for module in modules if module})
            several = ", ".join(packages[:_SHOWN]) + (", …" if len(packages) > _SHOWN else "")
            raise OptionError(f"no module {one!r} in this profile", f"there are: {several or '–'}")
        found |= below
    return np.array([module in found for module in modules], dtype=bool)


_SHOWN = 12
