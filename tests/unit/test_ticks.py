"""Times along an axis: even, round steps whose labels differ, fit, and say what they stand for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ts_module import Module

UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9}
HOUR = 3600 * 10**9


@pytest.fixture(scope="module")
def axis(core, tmp_path_factory):
    module = Module("core/ticks", tmp_path_factory.mktemp("ticks"))
    yield module
    module.close()


def labels(axis, start, end, pixels):
    return [tick["label"].replace("\u00a0", " ") for tick in axis.call("ticks", start, end, pixels)]


@pytest.mark.parametrize(
    ("start", "end", "pixels", "expected"),
    [
        (0, 10e9, 500, ["0 s", "1 s", "2 s", "3 s", "4 s"]),
        (0, 10e9, 300, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (0, 1.2e9, 400, ["0 s", "0.2 s", "0.4 s", "0.6 s"]),
        (0, 0.3e9, 400, ["0 ms", "50 ms", "100 ms"]),
        (1_234_100_000, 1_234_500_000, 600, ["1,234,100 µs", "1,234,200 µs", "1,234,300 µs"]),
        (0, 9, 400, ["0 ns", "1 ns", "2 ns"]),
        (0, 150e9, 500, ["0 s", "20 s", "40 s", "60 s", "80 s", "100 s"]),
        (0, 20 * 60e9, 300, ["0 min", "5 min", "10 min", "15 min", "20 min"]),
        (0, 26 * HOUR, 300, ["0 h", "6 h", "12 h", "18 h", "24 h"]),
    ],
)
def test_known_axes(axis, start, end, pixels, expected):
    assert labels(axis, start, end, pixels)[: len(expected)] == expected


@pytest.mark.parametrize(("start", "end", "pixels"), [(5, 5, 300), (5, 4, 300), (0, 9, 0)])
def test_nothing_to_show(axis, start, end, pixels):
    assert axis.call("ticks", start, end, pixels) == []


@given(
    start=st.integers(0, 100 * HOUR),
    span=st.one_of(st.integers(1, 100 * HOUR), st.integers(1, 10**7)),
    pixels=st.integers(300, 4000),
)
def test_laws_of_ticks(axis, start, span, pixels):
    found = axis.call("ticks", start, start + span, pixels)
    assert len(found) >= (1 if span >= 20 else 0)
    for tick in found:
        assert start <= tick["at"] <= start + span
        number, unit = tick["label"].split("\u00a0")
        # A label is its time exactly, not a rounded one.
        assert float(number.replace(",", "")) * UNITS[unit] == pytest.approx(tick["at"], rel=1e-12)
    steps = [after["at"] - before["at"] for before, after in pairwise(found)]
    assert len({*steps}) <= 1
    assert len({tick["label"].split("\u00a0")[1] for tick in found}) <= 1
    for step, tick in zip(steps, found, strict=False):
        assert step / span * pixels >= 6 * len(tick["label"])


@pytest.mark.parametrize(
    ("time", "span", "expected"),
    [
        (1.2345e9, 10e9, "1.23 s"),
        (0, 10e9, "0.00 s"),
        (1.2345e9, 0.4e9, "1,234.5 ms"),
        (1_234_567, 5000, "1,234.567 µs"),
        (17, 20, "17 ns"),
        (99.9e9, 300e9, "99.9 s"),
        (119.99e9, 300e9, "2 min 00.0 s"),
        (3725.25e9, 8000e9, "1 h 02 min 05 s"),
    ],
)
def test_moments(axis, time, span, expected):
    assert axis.call("formatTime", time, span).replace("\u00a0", " ") == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 2e9, "0.000 s – 2.000 s"),
        (1_525_300_000, 2_440_500_000, "1.5253 s – 2.4405 s"),
        (20e6, 90e6, "20.00 ms – 90.00 ms"),
        (5_000_001_000, 5_000_002_000, "5.000001000 s – 5.000002000 s"),
    ],
)
def test_the_ends_of_a_range_have_one_unit(axis, start, end, expected):
    assert axis.call("formatRange", start, end).replace("\u00a0", " ") == expected
