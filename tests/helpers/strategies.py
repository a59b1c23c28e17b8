"""Random profiles, small enough to shrink and odd enough to hurt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from perfnb.model import KINDS, STATES, Metadata, Profile, ProfileBuilder, Thread
from perfnb.model.tables import frozen
from perfnb.units import UNITS, ValueType

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "]]>",
    "<!--",
    "a\x00b\x1b[31m\x7f\n\tc",
    "\u202egnp.exe",
    "שלום עולם",
    "&quot;'\"`${1}",
    "\udcff lone surrogate",
    "\ufffe\uffff",
    "a;b 3",
    "\u2028line\u2029paragraph",
)
"""Names that pictures and pages have to bear."""

names = st.one_of(
    st.sampled_from(("main", "work", "Main", "run", "<module>", "<lambda>", "méthode", "")),
    # Ordered differently by code point and by UTF-16 code unit.
    st.sampled_from(("\uff21", "𝔘", "😀", "😀😁", "\ue000")),
    st.sampled_from(HOSTILE),
    # Of characters newer than its Unicode, Python thinks otherwise than the browser.
    st.text(st.characters(exclude_categories=("Cn",)), max_size=4),
)
files = st.sampled_from(("", "app.py", "/usr/lib/libm.so.6", "In [5]", "In [12]", "/tmp/é.py"))
functions = st.tuples(
    names, files, st.sampled_from(("", "app", "numpy.linalg")), st.sampled_from(KINDS)
)
weights = st.one_of(st.integers(0, 3), st.integers(0, 2**40))
either, never = st.booleans(), st.just(False)
values = st.builds(ValueType, st.sampled_from(("on-CPU", "samples")), st.sampled_from(UNITS))
THREADS = (
    Thread(1, 1, "MainThread", "app"),
    Thread(1, 2, ""),
    Thread(2, 3, "worker 😀", "child", "host"),
)


@st.composite
def profiles(
    draw: st.DrawFn,
    *,
    value: st.SearchStrategy[ValueType] = values,
    timed: st.SearchStrategy[bool] = either,
    stated: st.SearchStrategy[bool] = either,
    lasting: st.SearchStrategy[bool] = never,
    woken: st.SearchStrategy[bool] = never,
    empty_stacks: bool = True,
) -> Profile:
    """Profiles that share few functions, so that stacks meet."""
    builder = ProfileBuilder(draw(value))
    pool = [
        builder.frame(name, file, line, module, kind)
        for name, file, module, kind in draw(st.lists(functions, min_size=1, max_size=6))
        for line in draw(st.sets(st.integers(0, 3), min_size=1, max_size=2))
    ]
    frames = st.lists(st.sampled_from(pool), min_size=0 if empty_stacks else 1, max_size=6)
    # Now and then the same frames over and over: recursion, deep stacks.
    deep = st.builds(lambda few, times: few * times, frames, st.sampled_from((1, 1, 1, 1, 5, 40)))
    stacks = [builder.stack(stack) for stack in draw(st.lists(deep, min_size=1, max_size=8))]
    threads = [builder.thread(thread) for thread in THREADS]
    start = draw(st.sampled_from((0, 7, 10**15)))
    with_times, with_states, with_durations = draw(timed), draw(stated), draw(lasting)
    sample = st.tuples(
        st.sampled_from(stacks),
        st.sampled_from(threads),
        weights,
        st.integers(0, 1000) if with_times else st.none(),
        st.sampled_from(STATES) if with_states else st.none(),
        st.integers(0, 9) if with_durations else st.none(),
    )
    for stack, thread, weight, time, state, lasts in draw(st.lists(sample, max_size=20)):
        at = None if time is None else start + time
        builder.sample(stack, thread, weight, time=at, state=state, duration=lasts)
    known = draw(st.booleans())
    profile = builder.build(Metadata(start_monotonic_ns=start if known else None))
    return _woken(draw, profile) if draw(woken) else profile


def _woken(draw: st.DrawFn, profile: Profile) -> Profile:
    n = len(profile)
    stack = st.integers(-1, len(profile.tables.stacks) - 1)
    thread = st.integers(-1, len(THREADS) - 1)
    columns = (draw(st.lists(one, min_size=n, max_size=n)) for one in (stack, thread))
    waker, waker_thread = (frozen(np.array(column), np.int32) for column in columns)
    samples = replace(profile.samples, waker=waker, waker_thread=waker_thread)
    return profile.with_samples(samples)
