"""Contracted prefix trees against stacks taken one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model import contract as module
from perfnb.model.contract import contract, nearest, outermost
from perfnb.model.forest import Forest


@st.composite
def forests(draw):
    """A prefix tree with many only children, marks and keys."""
    size = draw(st.integers(0, 40))
    parent = [draw(st.one_of(st.just(row - 1), st.integers(-1, row - 1))) for row in range(size)]
    marked = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    key = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    return np.array(parent, np.int64), np.array(marked, bool), np.array(key, np.int64)


def above(parent, row):
    """Return the row and what is above it, from the root on."""
    path = []
    while row >= 0:
        path.insert(0, row)
        row = int(parent[row])
    return path


@given(forests())
def test_the_nearest_and_the_outermost_marked_row(drawn):
    parent, marked, _ = drawn
    found, first = nearest(Forest(parent), marked), outermost(Forest(parent), marked)
    for row in range(len(parent)):
        on = [one for one in above(parent, row) if marked[one]]
        assert found[row] == (on[-1] if on else -1)
        assert first[row] == (on == [row])


@pytest.mark.parametrize("rows_per_level", [0, 10**9], ids=["by level", "one by one"])
@given(drawn=forests())
def test_contracting_merges_equal_paths_of_what_is_kept(rows_per_level, drawn):
    parent, kept, key = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS_PER_LEVEL", rows_per_level)
        new = contract(Forest(parent), kept, key)
    assert (new.parent < np.arange(len(new.parent))).all()
    assert new.node[-1] == -1
    paths = {-1: ()}
    for row, (up, one) in enumerate(zip(new.parent.tolist(), new.key.tolist(), strict=True)):
        paths[row] = (*paths[up], one)
    assert len(set(paths.values())) == len(paths)
    wanted = {tuple(int(key[one]) for one in above(parent, row) if kept[one]): row
              for row in range(len(parent))}  # fmt: skip
    for row in range(len(parent)):
        path = tuple(int(key[one]) for one in above(parent, row) if kept[one])
        assert paths[int(new.node[row])] == path
    assert set(paths.values()) == {(), *wanted}
