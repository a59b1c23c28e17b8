"""As much of a tree as can be seen: exact where it is shown, and everything can be reached."""

import numpy as np
import pytest
from helpers.strategies import profiles
from hypothesis import given, settings
from hypothesis import strategies as st

from perfnb.layout.detail import PARTS, Closer, Rest, detail
from perfnb.model import CallTree, ProfileBuilder
from perfnb.units import ValueType

COUNT = ValueType("samples", "count")


def grown(shape, weights):
    """Return the tree of a profile: each stack's parent is the so manieth stack before it."""
    builder = ProfileBuilder(COUNT)
    stacks = [-1]
    for number, (back, weight) in enumerate(zip(shape, weights, strict=False)):
        parent = stacks[max(0, len(stacks) - 1 - back)]
        stacks.append(builder.push(parent, builder.frame(f"f{number:05}")))
        builder.sample(stacks[-1], weight=weight)
    return CallTree.of(builder.build())


trees = st.one_of(
    profiles().map(CallTree.of),
    st.builds(
        grown,
        st.lists(st.integers(0, 60), min_size=1, max_size=120),
        st.lists(st.one_of(st.integers(1, 4), st.integers(1, 10**6)), min_size=120, max_size=120),
    ),
)
widths = st.integers(1, 40)


def broad(nodes):
    """As many functions below one, none of them wider than another."""
    builder = ProfileBuilder(COUNT)
    root = builder.push(-1, builder.frame("main"))
    for number in range(nodes):
        builder.sample(builder.push(root, builder.frame(f"f{number:05}")))
    return CallTree.of(builder.build())


def places(seen):
    """Return what each box is: a row, or a `…` with the number of `…` it lies in."""
    rests = iter(seen.rests)
    names, inside = [], []
    for row, parent in zip(seen.row.tolist(), seen.parent.tolist(), strict=True):
        around = 0 if parent < 0 else inside[parent] + (seen.row[parent] < 0)
        inside.append(around)
        names.append(row if row >= 0 else next(rests))
    return list(zip(names, inside, strict=True))


def left_edges(seen):
    """Return where each box begins, as the browser lays them out."""
    x, after = np.zeros(len(seen), dtype=np.int64), np.zeros(len(seen), dtype=np.int64)
    for node in range(1, len(seen)):
        parent = seen.parent[node]
        x[node] = after[node] = after[parent]
        after[parent] += seen.total[node]
    return x


def check(tree, seen):
    assert seen.parent[0] == -1
    assert seen.row[0] == 0
    # Breadth-first: children contiguous, in their parents' order.
    assert np.all(np.diff(seen.parent) >= 0)
    assert np.all(seen.parent[1:] < np.arange(1, len(seen)))
    plain = seen.row >= 0
    rows = seen.row[plain]
    assert len(set(rows.tolist())) == len(rows)
    for own, whole in (
        (seen.total, tree.total),
        (seen.self, tree.self),
        (seen.total_samples, tree.total_samples),
        (seen.self_samples, tree.self_samples),
    ):
        np.testing.assert_array_equal(own[plain], whole[rows])
    assert seen.self.sum() == tree.total[0]
    assert np.all(seen.self >= 0)
    below = np.zeros(len(seen), dtype=np.int64)
    np.add.at(below, seen.parent[1:], seen.total[1:])
    np.testing.assert_array_equal(seen.total, seen.self + below)
    assert len(seen.rests) == np.count_nonzero(~plain)
    assert np.all(seen.total[~plain] > 0)
    assert np.all(seen.hidden[~plain] > 0)
    assert not seen.hidden[plain].any()
    # A box hangs below its caller, or below a `…` of its caller's.
    names = places(seen)
    for node in range(1, len(seen)):
        up = seen.parent[node]
        name, above = names[node][0], names[up][0]
        caller = above.node if isinstance(above, Rest) else above
        assert caller == (name.node if isinstance(name, Rest) else tree.parent[name])
        if isinstance(above, Rest):
            low, high = (name.low, name.high) if isinstance(name, Rest) else (name, name + 1)
            assert above.low <= low
            assert high <= above.high
    # Siblings in the tree's order, `…` after them.
    same = seen.parent[1:] == seen.parent[:-1]
    order = np.where(plain, seen.row, len(tree))
    assert np.all((np.diff(order) >= 0)[same])


@given(trees, widths)
def test_what_is_shown_is_what_the_tree_says(tree, pixels):
    seen = detail(tree, pixels=pixels)
    check(tree, seen)
    wide = np.flatnonzero(2 * pixels * tree.total >= max(1, tree.total[0]))
    assert seen.row[seen.row >= 0].tolist() == sorted({0, *wide[tree.total[wide] > 0].tolist()})


@given(trees, widths, st.data())
def test_zooming_in_shows_more_and_moves_nothing(tree, pixels, data):
    closer = Closer(tree)
    opened, seen = [], closer.look([], pixels)
    for _ in range(4):
        names = places(seen)
        place = names[data.draw(st.integers(0, len(names) - 1))][0]
        opened = closer.way([*opened, place])
        after = closer.look(opened, pixels)
        check(tree, after)
        now = dict(
            zip(places(after), zip(left_edges(after), after.total, strict=True), strict=True)
        )
        before = dict(zip(names, zip(left_edges(seen), seen.total, strict=True), strict=True))
        way = closer.path(place.node if isinstance(place, Rest) else place)
        inside = {name for name, _ in names if name in way}
        assert inside <= {name for name, _ in now}
        # What lies outside what was zoomed into may go, but what stays stays where it is.
        for box, where in before.items():
            if box in now and box[0] in inside:
                assert now[box] == where
        if not isinstance(place, Rest):
            least = max(1, tree.total[place] / (2 * pixels))
            below = [row for row in range(len(tree)) if place in closer.path(row)]
            wide = {row for row in below if tree.total[row] >= least}
            assert wide <= {name for name, _ in now if not isinstance(name, Rest)}
        seen = after


@settings(max_examples=40)
@given(trees, st.integers(1, 6))
def test_everything_can_be_reached(tree, pixels):
    closer = Closer(tree)
    found, waiting, looks = set(), [[]], 0
    while waiting:
        opened = waiting.pop()
        seen = closer.look(opened, pixels)
        check(tree, seen)
        looks += 1
        assert looks <= 4 * len(tree) + 4
        children = np.bincount(seen.parent[1:], minlength=len(seen))
        for (name, _), below in zip(places(seen), children, strict=True):
            if not isinstance(name, Rest):
                found.add(name)
            elif below == 0 and (not opened or _within(closer, name, opened[-1])):
                waiting.append([*opened, name])
    assert found == {0, *np.flatnonzero(tree.total > 0).tolist()}


def _within(closer, rest, last):
    """Whether a `…` came to be seen when the last one was opened."""
    if rest.node == last.node:
        return last.low <= rest.low and rest.high <= last.high
    return any(last.low <= row < last.high for row in closer.path(rest.node))


@given(trees, widths)
def test_no_node_is_forgotten(tree, pixels):
    if not np.all(tree.total > 0):
        return
    seen = detail(tree, pixels=pixels)
    assert np.count_nonzero(seen.row >= 0) + seen.hidden.sum() == len(tree)


def test_very_many_equal_ones_are_divided_until_they_are_seen():
    tree = broad(20_000)
    closer = Closer(tree)
    seen = closer.look([], 100)
    assert seen.row.tolist() == [0, 1, -1]
    assert seen.hidden.tolist() == [0, 0, 20_000]
    assert seen.self.tolist() == [0, 0, 20_000]
    opened = []
    for most in (20_000, 625, 20):
        (widest,) = [
            rest
            for node, rest in zip(np.flatnonzero(seen.row < 0), seen.rests, strict=True)
            if seen.hidden[node] <= most and not np.any(seen.parent == node)
        ][:1]
        opened.append(widest)
        seen = closer.look(opened, 100)
        check(tree, seen)
        assert len(seen) <= 3 + PARTS * len(opened)
    # Three times, and there are single functions.
    assert seen.row.max() > 1


def test_a_rest_opened_twice_is_opened_once_more():
    """Two levels of `…` below one function, each exact."""
    weights = [1000, *[10] * 30, *[1] * 10]
    builder = ProfileBuilder(COUNT)
    for number, weight in enumerate(weights):
        builder.sample(builder.push(-1, builder.frame(f"f{number:02}")), weight=weight)
    tree = CallTree.of(builder.build())
    closer = Closer(tree)
    first = closer.look([], 10)
    assert (first.total.tolist(), first.hidden.tolist()) == ([1310, 1000, 310], [0, 0, 40])
    (rest,) = first.rests
    # 310 wide: what has less than 15.5 is narrow, and that is all of it: equal parts.
    second = closer.look([rest], 10)
    check(tree, second)
    assert second.total[:3].tolist() == [1310, 1000, 310]
    assert second.total[3:].sum() == 310
    assert {*second.row[3:].tolist()} >= {2, 3, 4}


def test_what_lies_too_deep_is_summed_and_can_be_opened(monkeypatch):
    monkeypatch.setattr("perfnb.layout.detail_look.DEEPEST", 5)
    builder = ProfileBuilder(COUNT)
    stack = -1
    for depth in range(12):
        stack = builder.push(stack, builder.frame(f"level_{depth}"))
    builder.sample(stack)
    closer = Closer(CallTree.of(builder.build()))
    seen = closer.look([])
    assert seen.row.tolist() == [0, 1, 2, 3, 4, 5, -1]
    assert seen.hidden[-1] == 7
    seen = closer.look([seen.rests[-1]])
    assert seen.row.tolist() == [0, 1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11, -1]
    seen = closer.look([*seen.rests])
    assert seen.row.max() == 12


@pytest.mark.parametrize("place", [0, 1])
def test_a_profile_without_weight_is_a_root_alone(place):
    builder = ProfileBuilder(COUNT)
    builder.sample(builder.push(-1, builder.frame("f")), weight=0)
    seen = detail(CallTree.of(builder.build()), place)
    assert (seen.row.tolist(), seen.total.tolist()) == ([0], [0])
