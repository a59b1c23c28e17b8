"""Boxes coloured by what threads did: the same in the page and in static pictures."""

from itertools import combinations, pairwise

import pytest
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st
from test_node_colors import SIGHTS, apart, contrast, oklab

from perfnb.layout.states import state_color
from perfnb.model import STATES, CallTree, ProfileBuilder, Thread
from perfnb.units import ValueType
from perfnb.views.flame import FlameView
from perfnb.views.svg import state_fills

HOT, COOL, RUNNABLE, GIL = (
    state_color([state == one for one in STATES])
    for state in ("on-CPU", "off-CPU", "runnable", "gil")
)


@given(
    profile=profiles(stated=st.just(True)),
    merge=st.sampled_from(("cell", "line", "function")),
    inverted=st.booleans(),
    split=st.booleans(),
)
def test_the_page_and_the_static_picture_have_the_same_colours(
    core, profile, merge, inverted, split
):
    turned = profile.inverted() if inverted else profile
    expected = state_fills(turned, lambda one: CallTree.of(one, merge, split_threads=split))
    told = core.open(profile, "states", merge=merge, inverted=inverted, splitThreads=split)
    assert not told["error"], told["error"]
    if not len(profile):
        assert told["fills"] is None
        return
    # What has no weight has no colour that tells anything.
    seen = zip(told["fills"], expected, strict=True)
    assert all(here == there for here, there in seen if there is not None)


def wall(*samples):
    """Build a profile of (stack, thread, state, nanoseconds)."""
    builder = ProfileBuilder(ValueType("wall", "ns"))
    for at, (stack, thread, state, lasts) in enumerate(samples):
        frames = [builder.frame(name) for name in stack.split()]
        row = builder.thread(Thread(1, thread, f"T{thread}"))
        builder.sample(
            builder.stack(frames), row, lasts, time=at * 1000, duration=lasts, state=state
        )
    return builder.build()


MIXED = wall(
    ("main run", 1, "on-CPU", 30),
    ("main sleep", 1, "off-CPU", 60),
    ("main queue", 1, "runnable", 20),
    ("main both", 2, "on-CPU", 5),
    ("main both", 2, "gil", 5),
)


def test_a_box_has_the_colour_of_its_states(core):
    told = core.open(MIXED, "states")
    _, main, both, queue, run, sleep = told["fills"]
    assert (run, sleep, queue) == (HOT, COOL, RUNNABLE)
    assert main not in (HOT, COOL, RUNNABLE, GIL)
    # Half of each lies between.
    assert apart(both, HOT) == pytest.approx(apart(both, GIL), rel=0.1)
    assert told["shares"] == [
        {"state": "on-CPU", "share": 35 / 120},
        {"state": "runnable", "share": 20 / 120},
        {"state": "gil", "share": 5 / 120},
        {"state": "off-CPU", "share": 60 / 120},
    ]


def test_filtered_and_inverted(core):
    one = [{"kind": "state", "states": ["on-CPU"]}]
    assert set(core.open(MIXED, "states", filters=one)["fills"]) == {HOT}
    inverted = core.open(MIXED, "states", inverted=True)["fills"]
    # Below a leaf are those that came there, in the same state.
    assert inverted.count(HOT) == inverted.count(COOL) == inverted.count(RUNNABLE) == 2


def test_from_hot_to_cool_by_way_of_neither():
    ramp = [state_color([0, 12 - part, 0, part, 0]) for part in range(13)]
    assert ramp[0] == HOT and ramp[12] == COOL
    chroma = [float((oklab(fill)[1] ** 2 + oklab(fill)[2] ** 2) ** 0.5) for fill in ramp]
    assert min(chroma) < 0.03
    for sight in SIGHTS:
        assert all(apart(a, b, sight) > 0.01 for a, b in pairwise(ramp))
    assert state_color([0] * 5) is None
    assert state_color([0, 1, 0, 10**12, 0]) == COOL


def test_states_are_told_apart_by_everybody_and_can_be_written_on():
    for a, b in combinations((HOT, COOL, RUNNABLE, GIL), 2):
        assert all(apart(a, b, sight) > 0.1 for sight in SIGHTS)
    assert all(contrast(fill, "rgb(21,24,30)") >= 4.5 for fill in (HOT, COOL, RUNNABLE, GIL))


def test_the_static_picture():
    text = FlameView(MIXED, color_by="state").svg()
    for fill in (HOT, COOL, RUNNABLE):
        assert f'fill="{fill}"' in text
    # Names tell where states do not.
    plain = MIXED.with_samples(MIXED.samples.take([0, 1]))
    object.__setattr__(plain.samples, "state", None)
    assert FlameView(plain, color_by="state").svg() == FlameView(plain).svg()
    assert HOT not in FlameView(MIXED).svg()
    inverted = FlameView(MIXED, color_by="state", inverted=True, split_threads=True).svg()
    assert f'fill="{COOL}"' in inverted
