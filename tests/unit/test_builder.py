from dataclasses import replace

import numpy as np
import pytest
from helpers.ascii import COUNT, draw, rows
from helpers.strategies import profiles
from hypothesis import given

from perfnb.errors import InvalidProfile
from perfnb.model import Frames, Functions, Profile, ProfileBuilder, Stacks, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

PICTURE = """
            main <a.py:1>    main <a.py:1>    main <a.py:2>
            work             rest
    state:  on-CPU           on-CPU           off-CPU
    time:   10               20               30
"""


def ints(*values):
    return frozen(values, np.int32)


@given(profiles())
def test_a_built_profile_built_again_says_the_same(profile):
    again = ProfileBuilder(profile.value)
    for row in rows(profile):
        again.sample(
            again.stack(
                [again.frame(f.name, f.file, line, f.module, f.kind) for f, line in row.stack]
            ),
            again.thread(row.thread),
            row.weight,
            time=row.time,
            state=row.state,
        )
    assert rows(again.build()) == rows(profile)


def test_samples_are_sorted_by_time_and_stay_in_order_at_the_same():
    builder = ProfileBuilder(COUNT)
    for weight, time in ((1, 30), (2, 10), (3, 30), (4, 20)):
        builder.sample(-1, weight=weight, time=time)
    assert [(row.weight, row.time) for row in rows(builder.build())] == [
        (2, 10),
        (4, 20),
        (1, 30),
        (3, 30),
    ]


def test_equal_rows_are_one():
    profile = draw(PICTURE)
    tables = profile.tables
    assert (len(tables.functions), len(tables.frames), len(tables.stacks)) == (3, 4, 4)
    assert len(tables.threads) == 1


def test_columns_cannot_be_written_to():
    profile = draw(PICTURE)
    with pytest.raises(ValueError, match="read-only"):
        profile.samples.weight[0] = 9


def test_an_array_given_away_can_still_be_written_to_by_its_owner():
    mine = np.arange(3, dtype=np.int64)
    theirs = frozen(mine, np.int64)
    mine[0] = 7
    assert theirs[0] == 0


BROKEN_TABLES = {
    "a function twice": {"functions": Functions(("f",) * 2, ("",) * 2, ("",) * 2, ints(0, 0))},
    "functions of different length": {
        "functions": Functions(("f", "g"), ("",), ("",) * 2, ints(0, 0))
    },
    "an unknown kind": {"functions": Functions(("f",), ("",), ("",), ints(9))},
    "a frame twice": {"frames": Frames(ints(0, 0), ints(1, 1))},
    "a frame of no function": {"frames": Frames(ints(3), ints(0))},
    "a frame of a negative function": {"frames": Frames(ints(-1), ints(0))},
    "a negative line": {"frames": Frames(ints(0, 1, 2, 0), ints(1, 0, 0, -2))},
    "frames of different length": {"frames": Frames(ints(0, 1), ints(0))},
    "a stack above its parent": {"stacks": Stacks(ints(1, -1), ints(0, 1))},
    "a stack that is its own parent": {"stacks": Stacks(ints(0), ints(0))},
    "a parent below −1": {"stacks": Stacks(ints(-2), ints(0))},
    "a stack twice": {"stacks": Stacks(ints(-1, -1), ints(0, 0))},
    "a stack of no frame": {"stacks": Stacks(ints(-1), ints(7))},
    "stacks of different length": {"stacks": Stacks(ints(-1, -1), ints(0))},
    "a thread twice": {"threads": (Thread(1, 1, "a"), Thread(1, 1, "b"))},
}

BROKEN_SAMPLES = {
    "no such stack": {"stack": ints(0, 0, 4)},
    "a stack below −1": {"stack": ints(0, 0, -2)},
    "no such thread": {"thread": ints(0, 0, 1)},
    "no such state": {"state": frozen([0, 0, 5], np.uint8)},
    "times not sorted": {"time": frozen([10, 30, 20], np.int64)},
    "columns of different length": {"weight": frozen([1, 1], np.int64)},
    "too few times": {"time": frozen([10], np.int64)},
}


@pytest.mark.parametrize("changes", BROKEN_TABLES.values(), ids=BROKEN_TABLES)
def test_broken_tables_are_refused(changes):
    with pytest.raises(InvalidProfile):
        replace(draw(PICTURE).tables, **changes)


@pytest.mark.parametrize("changes", BROKEN_SAMPLES.values(), ids=BROKEN_SAMPLES)
def test_broken_samples_are_refused(changes):
    profile = draw(PICTURE)
    with pytest.raises(InvalidProfile):
        Profile(profile.value, profile.tables, replace(profile.samples, **changes))


@pytest.mark.parametrize("column", ["time", "duration", "state"])
def test_all_samples_have_a_column_or_none(column):
    builder = ProfileBuilder(COUNT)
    builder.sample(-1)
    builder.sample(-1, **{column: "gil" if column == "state" else 1})
    with pytest.raises(InvalidProfile, match=f"1 of 2 samples have no {column}"):
        builder.build()


def test_words_that_are_not_of_the_model_are_refused():
    builder = ProfileBuilder(COUNT)
    with pytest.raises(ValueError, match="kind 'perl'"):
        builder.function("f", kind="perl")
    with pytest.raises(ValueError, match="unit 'hours'"):
        ValueType("wall", "hours")
    with pytest.raises(ValueError, match="asleep"):
        builder.sample(-1, state="asleep")


def test_a_profile_says_what_it_is():
    profile = draw(PICTURE, title="In [5]", backend="py-spy")
    assert repr(profile) == "<Profile In [5]: 3 samples by py-spy, 3 samples, 1 threads>"
