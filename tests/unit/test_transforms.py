"""Each transform against the same done to the samples one by one, and its laws."""

import itertools
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from helpers.ascii import COUNT, draw, nodes, rows, show
from helpers.strategies import THREADS, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import IncompatibleProfiles, MissingColumn, OptionError
from perfnb.layout.search import search
from perfnb.model import STATES, ProfileBuilder
from perfnb.transform.frames import matching_functions, rename
from perfnb.transform.merge import merge
from perfnb.units import ValueType

patterns = st.sampled_from(
    ("main", "^w", "run|work", "app", r"\.py$", "😀", "<", "nothing like it")
)
same_value = st.just(COUNT)


def matches(function, pattern):
    texts = function.name, function.module, function.file
    return any(re.search(pattern, text, re.IGNORECASE) for text in texts)


def with_stacks(profile, change):
    return [row._replace(stack=tuple(change(row.stack))) for row in rows(profile)]


@given(profiles())
def test_inverting_turns_every_stack_round(profile):
    assert rows(profile.inverted()) == with_stacks(profile, reversed)


@given(profiles())
def test_inverting_twice_gives_the_profile_back(profile):
    again = profile.inverted().inverted()
    assert rows(again) == rows(profile)
    assert nodes(again.call_tree("line")) == nodes(profile.call_tree("line"))


@given(profiles(), patterns)
def test_focusing_drops_what_is_above_the_outermost_match(profile, pattern):
    def below(row):
        stack = itertools.dropwhile(lambda step: not matches(step[0], pattern), row.stack)
        return row._replace(stack=tuple(stack))

    focused = profile.focus(pattern)
    assert rows(focused) == [row for row in map(below, rows(profile)) if row.stack]
    assert rows(focused.focus(pattern)) == rows(focused)


@given(profiles(), patterns)
def test_a_focus_weighs_what_a_search_finds(profile, pattern):
    found = search(profile.call_tree(), matching_functions(profile, pattern))
    assert found.fraction == (profile.focus(pattern).total / profile.total if profile.total else 0)


@given(profiles(), patterns)
def test_hiding_cuts_frames_out_and_keeps_every_sample(profile, pattern):
    hidden = profile.hide(pattern)
    assert rows(hidden) == with_stacks(
        profile, lambda stack: (step for step in stack if not matches(step[0], pattern))
    )
    assert hidden.total == profile.total


@given(profiles())
def test_collapsing_recursion_keeps_the_outermost_of_a_run(profile):
    def collapsed(stack):
        return (next(run) for _, run in itertools.groupby(stack, key=lambda step: step[0]))

    once = profile.collapse_recursion()
    assert rows(once) == with_stacks(profile, collapsed)
    assert rows(once.collapse_recursion()) == rows(once)


@given(profiles(), st.dictionaries(st.sampled_from(("main", "work", "run", "")), st.just("one")))
def test_renaming_changes_names_and_nothing_else(profile, new):
    def change(function):
        name, *rest = function
        return new.get(name, name), *rest

    renamed = rename(profile, change)
    assert rows(renamed) == with_stacks(
        profile, lambda stack: ((type(f)(*change(f)), line) for f, line in stack)
    )
    assert rows(rename(profile, lambda function: function)) == rows(profile)


def test_functions_renamed_alike_become_one():
    profile = draw("""
        f <In [1]:1>    f <old:1>    f <old:2>
        g               g
    """)
    renamed = rename(profile, lambda f: (f[0], "In [1]" if f[1] == "old" else f[1], *f[2:]))
    assert show(renamed.call_tree()) == "all 0/3\n  In [1]:1 f 0/2\n    g 2/2\n  In [1]:2 f 1/1"


@given(profiles())
def test_threads_partition_the_samples(profile):
    parts = [profile.where(thread=thread.tid) for thread in THREADS]
    assert sum(part.total for part in parts) == profile.total
    for thread, part in zip(THREADS, parts, strict=True):
        assert rows(part) == [row for row in rows(profile) if row.thread == thread]


@given(profiles(stated=st.just(True)), st.sets(st.sampled_from(STATES)))
def test_where_keeps_the_states_asked_for(profile, states):
    if not len(profile):
        return  # without samples there is no column to choose by
    kept = profile.where(state=states)
    assert rows(kept) == [row for row in rows(profile) if row.state in states]


@given(
    profiles(timed=st.just(True)),
    st.lists(st.integers(0, 1100), min_size=3, max_size=3).map(sorted),
)
def test_where_takes_the_start_of_a_range_and_leaves_its_end(profile, bounds):
    if not len(profile):
        return
    profile = profile.with_metadata(start_monotonic_ns=7)
    profile = replace(profile, samples=replace(profile.samples, time=profile.samples.time % 2000))
    profile = profile.with_samples(profile.samples.take(np.argsort(profile.samples.time)))
    a, b, c = (bound / 1e9 for bound in bounds)
    kept = profile.where(time=(a, c))
    low, high = bounds[0] + 7, bounds[2] + 7
    assert rows(kept) == [row for row in rows(profile) if low <= row.time < high]
    halves = profile.where(time=(a, b)), profile.where(time=(b, c))
    assert [row for half in halves for row in rows(half)] == rows(kept)


def test_where_says_what_it_misses():
    profile = draw("f\n")
    with pytest.raises(MissingColumn, match=r"a time range needs samples\.time"):
        profile.where(time=(0, 1))
    with pytest.raises(MissingColumn, match="record with --idle"):
        profile.where(state="on-CPU")
    with pytest.raises(OptionError, match="no state asleep"):
        profile.where(state=["asleep"])
    with pytest.raises(OptionError, match=r"no thread 'main'.*\n.*there are: \? \(1\)"):
        profile.where(thread="main")


@pytest.mark.parametrize(
    "transform", ["focus", "hide", "show", "keep", "drop", "callers", "callees"]
)
def test_a_broken_pattern_is_an_option_error(transform):
    with pytest.raises(OptionError, match=r"'\(' is not a regular expression"):
        getattr(draw("f"), transform)("(")


profile_of_samples = profiles(value=same_value)


@given(profile_of_samples, profile_of_samples, profile_of_samples)
def test_merging_is_associative(a, b, c):
    left, right = a.merge(b).merge(c), a.merge(b.merge(c))
    assert Counter(rows(left)) == Counter(rows(right)) == Counter(rows(merge([a, b, c])))
    assert nodes(left.call_tree("line", split_threads=True)) == nodes(
        right.call_tree("line", split_threads=True)
    )


@given(profile_of_samples, profile_of_samples)
def test_merging_is_commutative_and_adds(a, b):
    both = a.merge(b)
    assert both.total == a.total + b.total
    assert nodes(both.call_tree("line")) == nodes(b.merge(a).call_tree("line"))
    assert Counter(r[:3] for r in rows(both)) == Counter(r[:3] for r in [*rows(a), *rows(b)])


@given(profile_of_samples)
def test_merging_nothing_more_changes_nothing(profile):
    nothing = ProfileBuilder(COUNT).build()
    assert rows(merge([profile])) == rows(profile)
    assert rows(profile.merge(nothing)) == rows(nothing.merge(profile)) == rows(profile)


def test_merged_samples_are_in_the_order_of_time():
    early = draw("      a    b\ntime: 1    30")
    late = draw("      c    d\ntime: 2    20")
    merged = rows(early.merge(late))
    assert [(row.stack[0][0].name, row.time) for row in merged] == [
        ("a", 1),
        ("c", 2),
        ("d", 20),
        ("b", 30),
    ]


def test_merging_keeps_columns_and_facts_that_all_have():
    one = draw("      a\ntime: 1", backend="py-spy", title="one")
    two = draw("      b\n", backend="py-spy", title="two")
    merged = one.merge(two)
    assert merged.samples.time is None
    assert (merged.metadata.backend, merged.metadata.title) == ("py-spy", "")


def test_different_things_are_not_merged():
    with pytest.raises(IncompatibleProfiles, match="on-CPU in ns, samples in count"):
        draw("a").merge(draw("a", ValueType("on-CPU", "ns")))
    with pytest.raises(IncompatibleProfiles, match="nothing to merge"):
        merge([])


def test_transforms_bear_stacks_far_deeper_than_pythons_own():
    builder = ProfileBuilder(COUNT)
    frames = [builder.frame(f"f{i % 3}") for i in range(6_000)]
    builder.sample(builder.stack(frames))
    profile = builder.build()
    assert len(profile.call_tree()) == 6_001
    assert len(profile.inverted().call_tree()) == 6_001
    assert len(profile.hide("f1").call_tree()) == 6_001 - 2_000
    assert len(profile.focus("f2").call_tree()) == 6_001 - 2
    assert len(profile.show("f0").call_tree()) == 2_001
    assert len(profile.subtree("f0", "f1").call_tree()) == 6_001 - 1
    assert len(profile.callers("f1").call_tree()) == 3
    assert len(profile.collapse_recursion().call_tree()) == 6_001
    # Of no known file: a library.
    assert len(profile.only_my_code().call_tree()) == 2
    assert profile.functions()["total"].to_list() == [1, 1, 1]
