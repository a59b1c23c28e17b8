"""Sums over prefix trees against walking up from every row."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model.forest import Forest


@st.composite
def parents(draw):
    """Trees with long runs, and rows of other branches in between."""
    rows = []
    for row in range(draw(st.integers(0, 60))):
        chain = draw(st.booleans())
        rows.append(row - 1 if chain else draw(st.integers(-1, row - 1)))
    return np.array(rows, dtype=np.int32)


def ways_up(parent):
    paths = []
    for row in range(len(parent)):
        path = [row]
        while parent[path[-1]] >= 0:
            path.append(int(parent[path[-1]]))
        paths.append(path)
    return paths


@given(parents(), st.integers(0, 2**32))
def test_depths_totals_and_spans(parent, seed):
    forest, ways = Forest(parent), ways_up(parent)
    assert forest.depth.tolist() == [len(way) for way in ways]
    own = np.random.default_rng(seed).integers(-(2**40), 2**40, len(parent))
    expected = [0] * len(parent)
    for row, way in enumerate(ways):
        for above in way:
            expected[above] += int(own[row])
    assert forest.totals(own).tolist() == expected
    enter, leave = (side.tolist() for side in forest.span)
    assert sorted(enter) == list(range(len(parent)))
    for row, way in enumerate(ways):
        for other in range(len(parent)):
            assert (enter[other] <= enter[row] < leave[other]) == (other in way)
