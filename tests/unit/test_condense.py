"""What is too narrow is summed, nothing is lost, and what is kept is as it was."""

import numpy as np
import pytest
from helpers.ascii import draw, nodes, show
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st
from test_parity import compare, drawn

from perfnb.model import CallTree, ProfileBuilder
from perfnb.transform.condense import REST, condense
from perfnb.units import ValueType

PICTURE = """
            main    main    main    main    main    other
            work    work    work    idle
            big     small   tiny
                            deep
    weight: 900     3       2       1       90      1
"""


def test_narrow_boxes_are_summed_below_their_parent_and_counted():
    small = condense(draw(PICTURE), boxes=3)
    assert (small.narrowest, small.hidden) == (3, 5)
    tree = small.profile.call_tree()
    assert show(tree).splitlines() == [
        "all 0/997",
        "  main 90/996",
        "    work 0/905",
        "      big 900/900",
        "      … 3 more 5/5",
        "    … 1 more 1/1",
        "  … 1 more 1/1",
    ]


def test_a_small_profile_is_returned_as_it_is():
    profile = draw(PICTURE)
    assert condense(profile).profile is profile


def without_rests(tree):
    return {path: sums for path, sums in nodes(tree).items() if not path or path[-1][0] != REST}


@given(profiles(empty_stacks=True), st.integers(1, 12))
def test_boxes_that_are_kept_are_as_they_were(profile, boxes):
    small = condense(profile, boxes=boxes, samples=10**9)
    before, after = CallTree.of(profile, "line"), CallTree.of(small.profile, "line")
    assert int(after.hidden.sum()) == small.hidden
    kept = without_rests(after)
    old = nodes(before)
    for path, (_, total, _, count) in kept.items():
        assert (old[path][1], old[path][3]) == (total, count)
    for path, (_, total, _, _) in old.items():
        assert path in kept or total <= small.narrowest


@given(profiles(), st.integers(1, 12), st.booleans())
def test_every_thread_and_state_keeps_its_weight_and_number_of_samples(profile, boxes, split):
    small = condense(profile, boxes=boxes, samples=0).profile

    def sums(one):
        state = np.zeros(len(one)) if one.samples.state is None else one.samples.state
        count = np.ones(len(one)) if one.samples.count is None else one.samples.count
        keys = zip(one.samples.thread.tolist(), state.tolist(), strict=True)
        total = {}
        for key, weight, number in zip(keys, one.samples.weight, count, strict=True):
            old = total.get(key, (0, 0))
            total[key] = (old[0] + int(weight), old[1] + int(number))
        return total

    assert sums(small) == sums(profile)
    assert len(small) <= len(sums(profile)) * (len(small.tables.stacks) + 1)
    before = CallTree.of(profile, split_threads=split)
    after = CallTree.of(small, split_threads=split)
    assert int(after.total[0]) == int(before.total[0])
    assert int(after.total_samples[0]) == int(before.total_samples[0])


@given(profiles(), st.integers(1, 8), st.booleans(), st.booleans())
def test_the_browser_draws_it_alike(core, profile, boxes, inverted, split):
    small = condense(profile, boxes=boxes, samples=3).profile
    answer = core.open(small, inverted=inverted, splitThreads=split)
    expected = drawn(small, inverted=inverted, split=split)
    if inverted and split:
        # The kernel turns all threads round at once, and counts what each hides for every one.
        del expected["hidden"]
    compare(answer, expected)


def test_of_equally_wide_boxes_those_near_the_root_are_kept():
    picture = "\n".join(["main  main"] + [f"a{i}    b{i}" for i in range(9)])
    tree = condense(draw(picture), boxes=8).profile.call_tree()
    # Both of each depth or none: the root, main, and three of nine further ones twice.
    assert len(tree) == 2 + 2 * 3 + 2
    assert sorted(tree.hidden[tree.hidden > 0].tolist()) == [6, 6]


@pytest.mark.parametrize("depth", [4000, 4001, 1_000_000])
def test_endless_recursion_is_drawn_down_to_some_depth(depth):
    builder = ProfileBuilder(ValueType("samples", "count"))
    stack = -1
    frame = builder.frame("again")
    for _ in range(depth):
        stack = builder.push(stack, frame)
    builder.sample(stack, weight=7)
    small = condense(builder.build())
    assert (small.cut, small.hidden) == (depth > 4000, max(0, depth - 4000))
    tree = small.profile.call_tree()
    assert len(tree) == 1 + min(depth, 4001)
    assert tree.total.min() == 7
