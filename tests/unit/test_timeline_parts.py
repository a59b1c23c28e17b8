"""What the timeline draws and what a brush chooses, before there is a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ts_module import Module

STATES = ["unknown", "on-CPU", "runnable", "off-CPU", "gil"]
STEPS = {
    ("ArrowLeft", False): -10,
    ("ArrowRight", False): 10,
    ("ArrowLeft", True): -100,
    ("ArrowRight", True): 100,
    ("PageUp", False): 100,
    ("PageDown", False): -100,
    ("Home", False): -1000,
    ("End", False): 1000,
}


@pytest.fixture(scope="module")
def bars(core, tmp_path_factory):
    module = Module("view/timeline/bars", tmp_path_factory.mktemp("bars"))
    yield lambda *given: module.call("barsOf", *given)
    module.close()


@pytest.fixture(scope="module")
def paint(core, tmp_path_factory):
    module = Module("view/timeline/paint", tmp_path_factory.mktemp("paint"))
    yield module
    module.close()


@pytest.fixture(scope="module")
def brush(core, tmp_path_factory):
    module = Module("view/timeline/brush", tmp_path_factory.mktemp("brush"))
    yield module
    module.close()


def lanes(counts, end=1000, unit="samples"):
    """Return lanes of `counts[lane][state][bin]`, as the core makes them."""
    flat = [count for lane in counts for state in lane for count in state]
    return {
        "threads": [*range(len(counts))],
        "from": 0,
        "to": end,
        "bins": len(counts[0][0]),
        "states": len(counts[0]),
        "counts": flat,
        "unit": unit,
    }


def plain(bins):
    """Return one lane of unknown state."""
    return [[bins]]


def test_a_bin_is_a_bar_where_there_are_pixels_and_samples_enough(bars):
    made = bars(lanes(plain([10, 5, 0, 10])), STATES, 400, 25)
    assert made["edges"] == [0, 250, 500, 750, 1000]
    assert made["lanes"][0]["counts"] == [[10, 5, 0, 10]]
    assert made["full"] == 1 / 25


def test_bins_join_until_a_bar_is_wide_and_has_samples(bars):
    # Two pixels at least: 8 bins on 4 pixels are 2 bars.
    assert bars(lanes(plain([10] * 8)), STATES, 4, 12.5)["edges"] == [0, 500, 1000]
    # Four samples at least: a period of 50 puts 2.5 in each of 8 bins.
    made = bars(lanes(plain([2, 3, 2, 3, 2, 3, 2, 2])), STATES, 400, 50)
    assert made["edges"] == [0, 250, 500, 750, 1000]
    assert made["lanes"][0]["counts"] == [[5, 5, 5, 4]]


def test_states_stand_in_their_order_and_those_that_work_come_first(bars):
    idle = [[0, 0], [0, 0], [0, 0], [50, 50], [0, 0]]
    busy = [[1, 0], [40, 30], [5, 0], [0, 0], [0, 4]]
    gone = [[0, 0]] * 5
    made = bars(lanes([idle, gone, busy]), STATES, 400, 10)
    assert [STATES[state] for state in made["states"]] == [
        "on-CPU",
        "runnable",
        "gil",
        "off-CPU",
        "unknown",
    ]
    assert [lane["thread"] for lane in made["lanes"]] == [2, 0, 1]
    assert [lane["share"] for lane in made["lanes"]] == [80 / 180, 100 / 180, 0]
    assert made["lanes"][0]["counts"] == [[40, 30], [5, 0], [0, 4], [0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("counts", "period", "full"),
    [
        # A sample more than the period allows is the noise of counting; twice as many are not.
        ([10, 11, 10, 9], 25, 1 / 25),
        ([10, 20, 10, 9], 25, 20 / 250),
        ([10, 12, 6, 8], None, 12 / 250),
        # Nobody knows the period, but it is nine and a half a bar and no more.
        ([10, 9, 10, 9], None, 9.5 / 250),
        ([0, 0, 0, 0], None, 0),
    ],
)
def test_what_a_full_bar_is(bars, counts, period, full):
    assert bars(lanes(plain(counts)), STATES, 400, period)["full"] == full


def test_durations_fill_a_bar_when_they_fill_the_time(bars, paint):
    made = bars(lanes(plain([250, 125, 1, 0]), unit="ns"), STATES, 400, None)
    assert made["full"] == 1
    assert paint.call("topsOf", made, made["lanes"][0], 40) == [[40, 20, 1, 0]]


def test_heights_are_shares_of_a_full_bar(bars, paint):
    states = [[0, 0, 0, 0], [5, 0, 9, 10], [0, 5, 0, 1]]
    made = bars(lanes([states]), STATES, 400, 25)
    # 9 of 10 is full: the tenth fell into the next bar. 11 of 10 does not stick out.
    running, waiting = paint.call("topsOf", made, made["lanes"][0], 40)
    assert running == pytest.approx([20, 0, 40, 40 * 10 / 11])
    assert waiting == pytest.approx([20, 20, 40, 40])


@given(
    bins=st.integers(1, 60),
    pixels=st.integers(1, 300),
    period=st.one_of(st.none(), st.integers(1, 2000)),
    data=st.data(),
)
def test_laws_of_bars(bars, bins, pixels, period, data):
    bin_counts = st.lists(st.integers(0, 30), min_size=bins, max_size=bins)
    counts = data.draw(
        st.lists(st.lists(bin_counts, min_size=5, max_size=5), max_size=3, min_size=1)
    )
    made = bars(lanes(counts), STATES, pixels, period)
    assert made["edges"][0] == 0
    assert made["edges"][-1] == 1000
    assert len(made["edges"]) == made["count"] + 1 <= bins + 1
    assert made["edges"] == sorted({*made["edges"]})
    for lane in made["lanes"]:
        drawn = {state: sum(row) for state, row in zip(made["states"], lane["counts"], strict=True)}
        known = {state: sum(row) for state, row in enumerate(counts[lane["thread"]])}
        assert drawn == {state: known[state] for state in made["states"]}
    everything = sum(sum(row) for lane in counts for row in lane)
    assert sum(lane["share"] for lane in made["lanes"]) == pytest.approx(1 if everything else 0)


BOUNDS = {"from": 0, "to": 1000, "least": 5}
places = st.floats(-300, 1300)
ranges = (
    st.tuples(st.integers(0, 1000), st.integers(0, 1000))
    .map(sorted)
    .filter(lambda r: r[1] - r[0] >= 5 and r != [0, 1000])
)


def is_choice(found):
    if found is None:
        return True
    start, end = found
    whole = start == int(start) and end == int(end)
    return whole and 0 <= start < end <= 1000 and end - start >= 5 and found != [0, 1000]


@given(anchor=places, at=places)
def test_dragging(brush, anchor, at):
    found = brush.call("between", anchor, at, BOUNDS)
    assert is_choice(found)
    low, high = (min(1000, max(0, place)) for place in sorted((anchor, at)))
    if found is None:
        assert high - low >= 999
    elif high - low >= 6:
        assert found == pytest.approx([low, high], abs=0.51)
    else:
        assert found[0] - 5.51 <= low <= high <= found[1] + 5.51


@given(chosen=ranges, by=places)
def test_moving_keeps_the_width(brush, chosen, by):
    moved = brush.call("shifted", chosen, by, BOUNDS)
    assert is_choice(moved)
    assert moved[1] - moved[0] == chosen[1] - chosen[0]


@given(
    chosen=st.one_of(st.none(), ranges),
    grip=st.sampled_from(("start", "end", "whole")),
    key=st.sampled_from([*STEPS]),
)
def test_keys(brush, chosen, grip, key):
    step = STEPS[key]
    found = brush.call("pressed", *key, grip, chosen, BOUNDS)
    start, end = chosen or (0, 1000)
    if grip == "start":
        start = max(0, min(end - 5, start + step))
    elif grip == "end":
        end = min(1000, max(start + 5, end + step))
    elif chosen is not None:
        by = max(-start, min(1000 - end, step))
        start, end = start + by, end + by
    assert found == (None if [start, end] == [0, 1000] else [start, end])


def test_other_keys_do_nothing(brush):
    # `undefined`, which JSON has no word for, and the driver makes null.
    assert brush.call("pressed", "a", False, "start", [10, 20], BOUNDS) is None
    assert brush.call("pressed", "constructor", False, "start", [10, 20], BOUNDS) is None
