"""The call tree against one computed from the samples in the plainest way."""

from collections import Counter

import numpy as np
import pytest
from helpers.ascii import draw, nodes, rows, show
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import OptionError
from perfnb.model import CallTree

merges = st.sampled_from(("cell", "line", "function"))


def expected(profile, merge, split):
    """The same tree as (self, total, self samples, total samples) by path."""
    own, total = Counter(), Counter()
    own_samples, total_samples = Counter(), Counter()
    for row in rows(profile):
        path = ((row.thread,),) if split else ()
        steps = [(), path] if split else [()]
        for function, line in row.stack:
            kept = merge == "line" or (merge == "cell" and function.file.startswith("In ["))
            name, file, module, kind = function
            number = ("python", "native", "kernel", "gpu", "wait", "synthetic").index(kind)
            path = (*path, (name, file, module, number, line if kept else 0))
            steps.append(path)
        own[path] += row.weight
        own_samples[path] += 1
        for step in steps:
            total[step] += row.weight
            total_samples[step] += 1
    paths = {(), *total}
    return {p: (own[p], total[p], own_samples[p], total_samples[p]) for p in paths}


@given(profiles(), merges, st.booleans())
def test_a_tree_holds_what_the_samples_say(profile, merge, split):
    tree = CallTree.of(profile, merge, split_threads=split)
    assert nodes(tree) == expected(profile, merge, split)


@given(profiles(), merges, st.booleans())
def test_self_and_total_add_up(profile, merge, split):
    tree = CallTree.of(profile, merge, split_threads=split)
    assert tree.total[0] == tree.self.sum() == profile.total
    assert tree.total_samples[0] == tree.self_samples.sum() == len(profile)
    below = np.zeros(len(tree), dtype=np.int64)
    np.add.at(below, tree.parent[1:], tree.total[1:])
    np.testing.assert_array_equal(tree.total, tree.self + below)


@given(profiles(), merges, st.booleans())
def test_nodes_are_breadth_first_and_siblings_sorted(profile, merge, split):
    tree = CallTree.of(profile, merge, split_threads=split)
    assert tree.parent[0] == -1
    assert np.all(np.diff(tree.parent) >= 0)
    assert np.all(tree.parent[1:] < np.arange(1, len(tree)))
    np.testing.assert_array_equal(tree.depth[1:], tree.depth[tree.parent[1:]] + 1)
    functions = tree.tables.functions

    def rank(node):
        f = tree.function[node]
        texts = (functions.name[f], functions.file[f], functions.module[f])
        return (
            *(text.encode("utf-16-be", "surrogatepass") for text in texts),
            functions.kind[f],
            tree.line[node],
        )

    for node in range(len(tree)):
        children = [*tree.children(node)]
        assert all(tree.parent[child] == node for child in children)
        if split and node == 0:
            assert sorted(tree.thread[children]) == list(tree.thread[children])
        else:
            ranks = [rank(child) for child in children]
            assert sorted(set(ranks)) == ranks


def test_lines_are_told_apart_in_cells_only():
    profile = draw("""
        f <In [5]:1>    f <In [5]:2>    f <app.py:1>    f <app.py:2>
    """)
    assert show(profile.call_tree("cell")) == (
        "all 0/4\n  In [5]:1 f 1/1\n  In [5]:2 f 1/1\n  f 2/2"
    )
    assert show(profile.call_tree("line")) == (
        "all 0/4\n  In [5]:1 f 1/1\n  In [5]:2 f 1/1\n  f:1 1/1\n  f:2 1/1"
    )
    assert show(profile.call_tree("function")) == "all 0/4\n  In [5] f 2/2\n  f 2/2"


def test_recursion_stays_as_it_was():
    profile = draw("""
        fib    fib    fib
               fib    fib
                      fib
    """)
    assert show(profile.call_tree()) == "all 0/3\n  fib 1/3\n    fib 1/2\n      fib 1/1"


def test_a_profile_without_samples_is_a_root_alone():
    profile = draw("")
    for split in (False, True):
        assert show(profile.call_tree(split_threads=split)) == "all 0/0"


def test_siblings_are_ordered_as_javascript_orders_them():
    # By code point the fullwidth A comes first; its code unit comes after a surrogate.
    profile = draw("\uff21    😀")
    assert show(profile.call_tree()) == "all 0/2\n  😀 1/1\n  \uff21 1/1"


def test_an_unknown_way_to_merge_is_an_option_error():
    with pytest.raises(OptionError, match="choose one of cell, line, function"):
        draw("f").call_tree("file")
