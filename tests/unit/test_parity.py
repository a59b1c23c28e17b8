"""The kernel and the browser draw the same picture: equal numbers, not nearly equal ones."""

import itertools

import numpy as np
import pytest
from core_parity import compare, drawn
from helpers.ascii import draw
from helpers.strategies import HOSTILE, profiles, values
from hypothesis import given
from hypothesis import strategies as st

from perfnb.layout.palette import color, hash_name
from perfnb.layout.search import search
from perfnb.model import KINDS, CallTree, ProfileBuilder
from perfnb.transform.frames import matching_functions
from perfnb.units import UNITS, ValueType, format_percent, format_value

WAYS = list(itertools.product(("cell", "line", "function"), (False, True), (False, True)))


@pytest.mark.parametrize(("merge", "inverted", "split"), WAYS)
@given(profile=profiles())
def test_trees_and_boxes(core, merge, inverted, split, profile):
    answer = core.open(profile, merge=merge, inverted=inverted, splitThreads=split)
    compare(answer, drawn(profile, merge, inverted, split))


@given(
    profile=profiles(timed=st.just(False), stated=st.just(False)),
    pattern=st.sampled_from(("main", "^w", "RUN|work", "app", r"\.py$", "😀", "<.*>", "none such")),
    inverted=st.booleans(),
)
def test_searches(core, profile, pattern, inverted):
    tree = CallTree.of(profile.inverted() if inverted else profile)
    found = search(tree, matching_functions(profile, pattern))
    answer = core.open(profile, search=pattern, inverted=inverted)
    assert answer["matched"] == found.matched.tolist()
    assert answer["fraction"] == found.fraction


def test_a_broken_pattern_is_told(core):
    answer = core.open(draw("main"), search="(")
    assert answer["fraction"] is None
    assert "Unterminated group" in answer["error"]


def test_totals_beyond_32_bits_are_exact(core):
    profile = draw(f"""
                main                main
                work                rest
        weight: {2**52}    {2**51 - 1}
    """)
    compare(core.open(profile), drawn(profile))


@given(profile=profiles(value=values))
def test_fills(core, profile):
    f = profile.tables.functions
    expected = [color(name, KINDS[kind]) for name, kind in zip(f.name, f.kind, strict=True)]
    assert core.open(profile)["fill"] == expected


@pytest.mark.parametrize(
    ("measured", "shades"),
    [("samples", [16, 8, 6, 6, 4, 2]), ("off-CPU", [16, 8, 6, 6, 6, 2])],
)
def test_every_shade_of_every_kind(core, measured, shades):
    builder = ProfileBuilder(ValueType(measured, "count"))
    for kind, number in itertools.product(KINDS, range(120)):
        builder.function(f"function {number}", kind=kind)
    profile = builder.build()
    f = profile.tables.functions
    expected = [
        color(name, KINDS[kind], measured) for name, kind in zip(f.name, f.kind, strict=True)
    ]
    assert core.open(profile)["fill"] == expected
    assert [len({*expected[at : at + 120]}) for at in range(0, 720, 120)] == shades


@pytest.mark.parametrize(
    ("name", "number"),
    [("", 535972289), ("main", 2413762296), ("é", 2255954398), ("😀", 3835382634)],
)
def test_hashes_stay_what_they_are(name, number):
    assert hash_name(name) == number


numbers = st.one_of(
    st.integers(0, 10**6),
    st.integers(-(2**53), 2**53),
    st.floats(0, 1, allow_nan=False),
    st.floats(-1e16, 1e16, allow_nan=False),
    # Where one unit gives way to the next, and where a half is rounded.
    st.builds(
        lambda mantissa, power, base: mantissa * base**power,
        st.sampled_from(
            (0.9994, 0.9995, 0.9996, 0.99949999, 1, 1.005, 1.125, 9.995, 99.95, 59.5, 99.5)
        ),
        st.integers(-3, 16),
        st.sampled_from((10, 2)),
    ),
)


@given(st.lists(numbers, min_size=10, max_size=60))
def test_numbers_read_the_same(core, given_numbers):
    answer = core.ask(numbers=given_numbers)
    for unit in UNITS:
        shown = [text.replace("\u00a0", " ") for text in answer[unit]]
        assert shown == [format_value(number, unit) for number in given_numbers]


@given(st.lists(st.one_of(st.floats(0, 1), st.integers(0, 20_000).map(lambda n: n / 20_000))))
def test_shares_read_the_same(core, shares):
    shown = [text.replace("\u00a0", " ") for text in core.ask(numbers=shares)["share"]]
    assert shown == [format_percent(share) for share in shares]


def test_what_is_not_a_profile_is_refused(core):
    assert "gzip" in core.ask(tables="AAAA")["error"]
    assert core.open(draw("main"))["total"] == [1, 1]


def test_a_stack_that_comes_before_its_parent_is_refused(core):
    # Only the browser can meet one: Python's tables cannot be made so.
    profile = draw("main")
    object.__setattr__(profile.tables.stacks, "parent", np.array([5], dtype=np.int32))
    assert core.open(profile)["error"] == "stack 0 comes before its parent"


def test_hostile_names_arrive_as_they_are(core):
    builder = ProfileBuilder(ValueType("samples", "count"))
    for name in HOSTILE:
        builder.sample(builder.stack([builder.frame(name)]))
    profile = builder.build()
    compare(core.open(profile), drawn(profile))
