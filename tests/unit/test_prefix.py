"""The prefix tree of many stacks against the one that is built row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model import ProfileBuilder, Tables
from perfnb.model.prefix import prefix_tree
from perfnb.units import ValueType

paths = st.lists(st.integers(0, 3), max_size=6)
deep = st.builds(lambda path, times: path * times, paths, st.sampled_from((1, 1, 40, 400)))


def flat(stacks):
    frames = np.array([frame for stack in stacks for frame in stack], dtype=np.int32)
    return frames, np.cumsum([0, *map(len, stacks)])


def unfold(stacks, leaf):
    path = []
    while leaf >= 0:
        path.append(int(stacks.frame[leaf]))
        leaf = int(stacks.parent[leaf])
    return path[::-1]


@given(st.lists(deep, max_size=90))
def test_every_stack_is_found_again_and_no_row_appears_twice(paths):
    stacks, leaf = prefix_tree(*flat(paths))
    assert [unfold(stacks, row) for row in leaf.tolist()] == paths
    builder = ProfileBuilder(ValueType("samples", "count"))
    frames = [builder.frame(str(name)) for name in range(4)]
    for path in paths:
        builder.stack(frames[frame] for frame in path)
    known = builder.tables()
    assert len(stacks) == len(known.stacks)
    Tables(known.functions, known.frames, stacks, ())


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=40),
    st.sampled_from((1, 7, 2**20, 2**29)),
)
def test_frames_of_any_size_are_told_apart(paths, factor):
    # As many as fit are compared at once: stacks end within, at and behind such a number.
    large = [[frame * factor for frame in path] for path in paths]
    stacks, leaf = prefix_tree(*flat(large))
    assert [unfold(stacks, row) for row in leaf.tolist()] == large
    prefixes = {tuple(path[: at + 1]) for path in paths for at in range(len(path))}
    assert len(stacks) == len(prefixes)
    assert (stacks.parent < np.arange(len(stacks))).all()


def test_many_deep_stacks_that_are_equal_or_end_early():
    paths = [[0] * 2000, [0] * 1999, [0] * 2000, [0] * 700 + [1], [], [0] * 1999] * 5
    stacks, leaf = prefix_tree(*flat(paths))
    assert [unfold(stacks, row) for row in leaf.tolist()] == paths
    assert len(stacks) == 2001


@pytest.mark.parametrize("stacks", [1, 2, 3])
def test_stacks_a_million_deep(stacks):
    depth = 1_000_000
    paths = [[0] * (depth - 1) + [last] for last in range(stacks)]
    tree, leaf = prefix_tree(*flat(paths))
    assert len(tree) == depth + stacks - 1
    assert tree.frame[leaf].tolist() == list(range(stacks))
