import numpy as np
from helpers.ascii import draw
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.layout.flame import layout
from perfnb.layout.search import search
from perfnb.model import CallTree
from perfnb.transform.frames import matching_functions


@given(profiles(), st.booleans())
def test_children_lie_in_their_parent_and_beside_each_other(profile, split):
    tree = CallTree.of(profile, split_threads=split)
    boxes = layout(tree)
    assert len(boxes) == len(tree)
    assert (boxes.x[0], boxes.width[0]) == (0, profile.total)
    right = boxes.x + boxes.width
    for node in range(len(tree)):
        at = boxes.x[node]
        for child in tree.children(node):
            # The eldest begins at the parent's edge, each other where the one before ends.
            assert boxes.x[child] == at
            at = right[child]
        assert at + tree.self[node] == right[node]


@given(profiles())
def test_boxes_are_sorted_by_depth_and_place(profile):
    boxes = layout(CallTree.of(profile))
    order = np.lexsort((boxes.x, boxes.depth))
    np.testing.assert_array_equal(boxes.x[order], boxes.x)
    np.testing.assert_array_equal(boxes.depth[order], boxes.depth)


@given(profiles(), st.data())
def test_a_search_counts_nested_matches_once(profile, data):
    tree = CallTree.of(profile)
    size = len(profile.tables.functions)
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
    found = search(tree, wanted)
    sum_ = 0
    for node in range(len(tree)):
        own = tree.function[node] >= 0 and wanted[tree.function[node]]
        assert found.matched[node] == own
        above = tree.parent[node]
        while own and above >= 0:
            own = not (tree.function[above] >= 0 and wanted[tree.function[above]])
            above = tree.parent[above]
        sum_ += int(tree.total[node]) if own else 0
    assert found.fraction == (sum_ / profile.total if profile.total else 0.0)
    assert 0.0 <= found.fraction <= 1.0


def test_known_boxes():
    profile = draw("""
                main    main    main    other
                work    rest
        weight: 5       2       1       2
    """)
    tree = CallTree.of(profile)
    boxes = layout(tree)
    found = {
        tree.label(i): (int(boxes.x[i]), int(boxes.width[i]), int(boxes.depth[i]))
        for i in range(len(tree))
    }
    assert found == {
        "all": (0, 10, 0),
        "main": (0, 8, 1),
        "other": (8, 2, 1),
        "rest": (0, 2, 2),
        "work": (2, 5, 2),
    }
    assert search(tree, matching_functions(profile, "main|WORK")).fraction == 0.8
