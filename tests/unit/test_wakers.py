"""Who ended the waits: wakeup flame graphs, and waits joined with their wakers."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.same import told
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MissingColumn
from perfnb.model import ProfileBuilder, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

woken = profiles(woken=st.just(True))


def waits(rows):
    """A profile of (stack, thread, weight, waker's stack or None, waker's thread or None)."""
    builder = ProfileBuilder(ValueType("off-CPU", "ns"))

    def stack(text):
        return builder.stack(builder.frame(name) for name in text.split())

    def thread(name):
        return -1 if name is None else builder.thread(Thread(1, sum(map(ord, name)), name))

    wakers, wakers_threads = [], []
    for where, who, weight, waker, waker_thread in rows:
        builder.sample(stack(where), thread(who), weight)
        wakers.append(-1 if waker is None else stack(waker))
        wakers_threads.append(thread(waker_thread))
    profile = builder.build()
    samples = replace(
        profile.samples,
        waker=frozen(np.array(wakers), np.int32),
        waker_thread=frozen(np.array(wakers_threads), np.int32),
    )
    return profile.with_samples(samples)


def sums(profile):
    found = {}
    names = profile.tables.functions.name
    t = profile.tables
    for row, weight in zip(profile.samples.stack.tolist(), profile.samples.weight, strict=True):
        path = []
        while row >= 0:
            path.append(names[t.frames.function[t.stacks.frame[row]]])
            row = int(t.stacks.parent[row])
        key = ";".join(reversed(path))
        found[key] = found.get(key, 0) + int(weight)
    return found


SEEN = waits(
    [
        ("main get", "asker", 5, "run put", "answerer"),
        ("main get", "asker", 3, "run put", "answerer"),
        ("main get", "asker", 2, None, None),
        ("other", "one more", 7, "run drop", "answerer"),
    ]
)


def test_wakers_are_as_wide_as_the_waits_that_they_ended():
    assert sums(SEEN.wakers()) == {
        "run;put;wakes asker": 8,
        "[unknown waker];wakes asker": 2,
        "run;drop;wakes one more": 7,
    }


def test_a_wait_is_joined_with_its_waker_turned_round():
    assert sums(SEEN.offwake()) == {
        "main;get;woken by answerer;put;run": 8,
        "main;get;[unknown waker]": 2,
        "other;woken by answerer;drop;run": 7,
    }


def test_a_profile_without_wakers_says_who_would_record_them():
    profile = SEEN.with_samples(replace(SEEN.samples, waker=None, waker_thread=None))
    for method in (profile.wakers, profile.offwake):
        with pytest.raises(MissingColumn, match="bpftrace") as caught:
            method()
        assert caught.value.column == "waker"


@given(woken)
def test_no_time_is_lost(profile):
    assert profile.wakers().total == profile.offwake().total == profile.total


@given(woken)
def test_transforms_keep_wakers_with_their_stacks(profile):
    again = profile.hide("no function is called this").merge()
    assert told(again)["samples"] == told(profile)["samples"]
    assert told(profile.by("file")).keys() == told(profile).keys()


@given(woken)
def test_what_cannot_keep_wakers_drops_them(profile):
    turned = profile.inverted().samples
    assert turned.waker is None
    assert turned.waker_thread is None


@given(woken, st.sampled_from(("main", "work")))
def test_hiding_a_function_hides_it_in_wakers_too(profile, name):
    hidden = profile.hide(f"^{name}$")
    hit = [
        row
        for row in told(hidden.wakers(), {"samples"})["samples"]
        if any(frame[0] == name for frame in flat(row[0]))
    ]
    assert not hit


def flat(path):
    while path:
        path, frame = path
        yield frame
