"""Lanes against samples counted one by one."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from helpers.ascii import draw
from helpers.lasting import lasting
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MissingColumn, OptionError
from perfnb.layout import timeline
from perfnb.layout.timeline import lanes
from perfnb.model import STATES
from perfnb.model.tables import frozen

bounds = st.tuples(st.integers(-50, 1100), st.integers(1, 1500)).map(lambda b: (b[0], b[0] + b[1]))
bins = st.sampled_from((1, 2, 3, 7, 8, 100))


def by_hand(profile, start, end, bins):
    s = profile.samples
    threads = sorted(set(s.thread.tolist()))
    counts = np.zeros((len(threads), len(STATES), bins), dtype=object)
    for row in range(len(s)):
        lane = counts[threads.index(s.thread[row]), 0 if s.state is None else s.state[row]]
        time = int(s.time[row]) - profile.start_ns
        if s.duration is None:
            if start <= time < end:
                lane[(time - start) * bins // (end - start)] += (
                    1 if s.count is None else int(s.count[row])
                )
            continue
        for one in range(bins):
            low = start + Fraction((end - start) * one, bins)
            high = start + Fraction((end - start) * (one + 1), bins)
            lane[one] += max(min(time + int(s.duration[row]), high) - max(time, low), 0)
    return threads, counts


@given(lasting(), bounds, bins)
def test_lanes_count_every_sample(profile, within, bins):
    found = lanes(profile, *within, bins)
    if not len(profile):
        assert found.counts.shape == (0, len(STATES), bins)
        return
    threads, counts = by_hand(profile, *within, bins)
    assert found.threads.tolist() == threads
    assert found.unit == ("samples" if profile.samples.duration is None else "ns")
    if found.unit == "samples" or (within[1] - within[0]) % bins == 0:
        assert found.counts.tolist() == counts.tolist()
    else:
        # Where bins part between nanoseconds, what is in each is no whole number.
        np.testing.assert_allclose(found.counts, counts.astype(float), rtol=0, atol=1e-8)


@given(lasting())
def test_all_of_the_recording_is_all_samples(profile):
    if not len(profile):
        return
    s = profile.samples
    found = lanes(profile, -100, 5000, 50)
    whole = s.duration if s.duration is not None else s.count
    assert found.counts.sum() == (len(s) if whole is None else whole.sum())


@given(lasting(), bounds)
def test_long_samples_are_cut_a_few_at_a_time(profile, within):
    with pytest.MonkeyPatch.context() as patch:
        whole = lanes(profile, *within, 9)
        patch.setattr(timeline, "_PIECES", 5)
        assert lanes(profile, *within, 9).counts.tolist() == whole.counts.tolist()


def test_known_lanes():
    profile = draw("""
                f       f          f        f        f
        thread: one     one        two      one      one
        state:  on-CPU  off-CPU    on-CPU   on-CPU   gil
        time:   100     109        110      119      120
    """)
    found = lanes(profile, 0, 20, 2)
    assert found.threads.tolist() == [0, 1]
    told = {
        (lane, STATES[state]): found.counts[lane, state].tolist()
        for lane, state in np.argwhere(found.counts.any(axis=2)).tolist()
    }
    assert told == {(0, "on-CPU"): [1, 1], (0, "off-CPU"): [1, 0], (1, "on-CPU"): [0, 1]}


def test_what_lasts_is_in_every_bin_it_lasts():
    profile = draw("      f    f\ntime: 100  130")
    samples = replace(profile.samples, duration=frozen([25, 1], np.int64))
    found = lanes(profile.with_samples(samples), 10, 40, 3)
    assert (found.counts[0, 0].tolist(), found.unit) == ([10, 5, 1], "ns")


def test_the_last_instant_is_in_the_last_bin():
    # As float64, it is the end.
    profile = draw(f"      f    f\ntime: 0    {10**17 - 1}")
    assert lanes(profile, 0, 10**17, 3).counts[0, 0].tolist() == [1, 0, 1]


def test_a_timeline_says_what_it_misses():
    with pytest.raises(MissingColumn, match="a timeline needs"):
        lanes(draw("f"), 0, 1, 1)
    for wrong in ((0, 0, 1), (5, 4, 1), (0, 1, 0)):
        with pytest.raises(OptionError, match="is empty"):
            lanes(draw("      f\ntime: 1"), *wrong)
