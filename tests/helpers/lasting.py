"""Random profiles of samples that last, and stand for several."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from helpers.strategies import profiles
from perfnb.model import Profile
from perfnb.model.tables import frozen


@st.composite
def lasting(draw: st.DrawFn) -> Profile:
    """Profiles with times; some with durations, some with counts."""
    profile = draw(profiles(timed=st.just(True)))
    size = len(profile)
    if size and draw(st.booleans()):
        durations = draw(st.lists(st.integers(0, 300), min_size=size, max_size=size))
        samples = replace(profile.samples, duration=frozen(durations, np.int64))
        profile = profile.with_samples(samples)
    if size and draw(st.booleans()):
        counts = draw(st.lists(st.integers(1, 5), min_size=size, max_size=size))
        samples = replace(profile.samples, count=frozen(counts, np.int64))
        profile = profile.with_samples(samples)
    if draw(st.booleans()):
        profile = profile.with_metadata(rate_asked=draw(st.sampled_from((100.0, 10**7))))
    return profile
