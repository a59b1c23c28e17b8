"""Flame charts against boxes put together sample by sample."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from helpers.ascii import draw
from helpers.lasting import lasting
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MissingColumn, OptionError
from perfnb.layout.chart import PERIOD, chart
from perfnb.model.calltree import FrameKeys
from perfnb.model.tables import frozen

bounds = st.tuples(st.integers(-50, 1100), st.integers(1, 1500)).map(lambda b: (b[0], b[0] + b[1]))


def paths(profile, merge):
    """Return the (function, line) pairs of each stack as they are merged."""
    keys, stacks = FrameKeys.of(profile.tables, merge), profile.tables.stacks
    found = []
    for parent, frame in zip(stacks.parent.tolist(), stacks.frame.tolist(), strict=True):
        key = keys.of_frame[frame]
        here = int(keys.function[key]), int(keys.line[key])
        found.append((*(found[parent] if parent >= 0 else ()), here))
    return [*found, ()]


def by_hand(profile, thread, merge, start, end):
    """Return {(path, x): [width, self, self samples, samples]}, and the thread's own."""
    s = profile.samples
    rows = np.flatnonzero(s.thread == thread).tolist()
    times = [int(s.time[row]) - profile.start_ns for row in rows]
    steps = sorted(b - a for a, b in itertools.pairwise(times) if b > a)
    rate = profile.metadata.rate_asked
    typical = steps[len(steps) // 2] if steps else round(1e9 / rate) if rate else PERIOD
    boxes, root, open_, last = {}, [end - start, 0, 0, 0], [], None
    of_stack = paths(profile, merge)
    for at, (row, time) in enumerate(zip(rows, times, strict=True)):
        following = times[at + 1] if at + 1 < len(times) else None
        if s.duration is not None:
            until = time + int(s.duration[row])
            until = until if following is None else min(until, following)
        else:
            until = time + typical if following is None else min(following, time + 2 * typical)
        low, high = max(time, start), min(until, end)
        if until <= time or high <= low:
            continue
        count = 1 if s.count is None else int(s.count[row])
        path = of_stack[s.stack[row]]
        open_ = open_ if last == low else []
        shared = 0
        while shared < min(len(open_), len(path)) and open_[shared][0] == path[: shared + 1]:
            shared += 1
        open_ = open_[:shared] + [(path[: i + 1], low) for i in range(shared, len(path))]
        for box in open_:
            told = boxes.setdefault(box, [0, 0, 0, 0])
            told[0] += high - low
            told[3] += count
        leaf = boxes[open_[-1]] if open_ else root
        leaf[1] += high - low
        leaf[2] += count
        root[3] += count
        last = high
    return boxes, root


def told_by(found):
    tree, boxes, told, at = found.tree, found.boxes, {}, {0: ((), None)}
    columns = tree.total, tree.self, tree.self_samples, tree.total_samples
    for node in range(len(tree)):
        if node:
            above, _ = at[int(tree.parent[node])]
            step = int(tree.function[node]), int(tree.line[node])
            at[node] = (*above, step), int(boxes.x[node])
        told[at[node]] = [int(column[node]) for column in columns]
    assert len(told) == len(tree)
    return told


@given(lasting(), st.sampled_from(("cell", "line", "function")), bounds, st.data())
def test_a_chart_is_what_is_put_together_by_hand(profile, merge, within, data):
    thread = data.draw(st.integers(0, len(profile.threads) - 1))
    if not len(profile):
        return
    found = told_by(chart(profile, thread, merge, *within))
    root = found.pop(((), None))
    assert (found, root) == by_hand(profile, thread, merge, *within)


@given(lasting(), bounds, st.data())
def test_boxes_lie_in_their_parents_and_beside_each_other(profile, within, data):
    thread = data.draw(st.integers(0, len(profile.threads) - 1))
    if not len(profile):
        return
    found = chart(profile, thread, "cell", *within)
    tree, boxes = found.tree, found.boxes
    assert (int(boxes.x[0]), int(boxes.width[0])) == (within[0], within[1] - within[0])
    assert (int(tree.function[0]), int(tree.thread[0]), int(tree.parent[0])) == (-1, thread, -1)
    order = np.lexsort((boxes.x, boxes.depth))
    np.testing.assert_array_equal(order, np.arange(len(tree)))
    assert (np.diff(tree.parent) >= 0).all()
    right = boxes.x + boxes.width
    up = tree.parent[1:]
    assert (up < np.arange(1, len(tree))).all()
    assert (boxes.depth[1:] == boxes.depth[up] + 1).all()
    assert (boxes.x[1:] >= boxes.x[up]).all()
    assert (right[1:] <= right[up]).all()
    assert (boxes.width > 0).all()
    same = boxes.depth[1:] == boxes.depth[:-1]
    assert (boxes.x[1:][same] >= right[:-1][same]).all()
    children = np.zeros(len(tree), dtype=np.int64)
    np.add.at(children, up, boxes.width[1:])
    assert (tree.self[1:] + children[1:] == boxes.width[1:]).all()
    # Of the thread's own box, the gaps are nobody's.
    assert tree.self[0] + children[0] <= boxes.width[0]


def drawn(found):
    tree, boxes = found.tree, found.boxes
    return [
        (int(boxes.depth[i]), tree.label(i), int(boxes.x[i]), int(boxes.width[i]))
        for i in range(len(tree))
    ]


def test_a_known_chart():
    profile = draw("""
                main    main    main    main    main
                load    load    save    load
                read            read
        thread: one     one     one     one     one
        time:   100     110     120     130     200
    """)
    assert drawn(chart(profile, 0, "cell", 0, 150)) == [
        (0, "one", 0, 150),
        # A sample lasts no longer than twice what usually lies between two.
        (1, "main", 0, 50),
        (1, "main", 100, 10),
        (2, "load", 0, 20),
        (2, "save", 20, 10),
        (2, "load", 30, 20),
        (3, "read", 0, 10),
        (3, "read", 20, 10),
    ]
    assert drawn(chart(profile, 0, "cell", 5, 25)) == [
        (0, "one", 5, 20),
        (1, "main", 5, 20),
        (2, "load", 5, 15),
        (2, "save", 20, 5),
        (3, "read", 5, 5),
        (3, "read", 20, 5),
    ]


def test_samples_of_one_instant_do_not_part_the_boxes_around_them():
    profile = draw("      f    f    g    f\ntime: 0    10   20   20")
    assert [box[1:] for box in drawn(chart(profile, 0, "cell", 0, 30))[1:]] == [("f", 0, 30)]


def test_what_returned_in_between_is_called_again():
    profile = draw("""
                f       f       f
                g               g
        time:   0       10      20
    """)
    assert [box[1:] for box in drawn(chart(profile, 0, "cell", 0, 30))[1:]] == [
        ("f", 0, 30),
        ("g", 0, 10),
        ("g", 20, 10),
    ]


def test_durations_leave_gaps():
    profile = draw("      f    f    f\ntime: 0    10   20")
    samples = replace(profile.samples, duration=frozen([10, 4, 99], np.int64))
    found = chart(profile.with_samples(samples), 0, "cell", 0, 50)
    assert [box[1:] for box in drawn(found)[1:]] == [("f", 0, 14), ("f", 20, 30)]


def test_one_sample_lasts_a_period():
    profile = draw("      f\ntime: 0")
    assert int(chart(profile, 0, "cell", 0, 10**9).boxes.width[1]) == PERIOD
    asked = profile.with_metadata(rate_asked=1000.0)
    assert int(chart(asked, 0, "cell", 0, 10**9).boxes.width[1]) == 10**6
    achieved = asked.with_metadata(rate_achieved=500.0)
    assert int(chart(achieved, 0, "cell", 0, 10**9).boxes.width[1]) == 2 * 10**6


def test_a_chart_says_what_it_misses():
    with pytest.raises(MissingColumn, match="a flame chart needs"):
        chart(draw("f"), 0, "cell", 0, 1)
    timed = draw("      f\ntime: 0")
    with pytest.raises(OptionError, match="choose one of cell"):
        chart(timed, 0, "file", 0, 1)
    with pytest.raises(OptionError, match="no thread in row 1"):
        chart(timed, 1, "cell", 0, 1)
    with pytest.raises(OptionError, match="from 5 to 5 ns is empty"):
        chart(timed, 0, "cell", 5, 5)
