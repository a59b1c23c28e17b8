"""The table of threads and the fields for waits, as far as they need no page."""

from itertools import permutations

import pytest
from ts_module import Module

from perfnb.errors import OptionError
from perfnb.model import ProfileBuilder
from perfnb.units import ValueType
from perfnb.views.explore.figure import figure
from perfnb.views.flame import FlameView


@pytest.fixture(scope="module")
def threads(core, tmp_path_factory):
    module = Module("core/threadtimes", tmp_path_factory.mktemp("threads"))
    yield module
    module.close()


@pytest.fixture(scope="module")
def length(core, tmp_path_factory):
    module = Module("core/length", tmp_path_factory.mktemp("length"))
    yield module
    module.close()


def row(tid, cpu=None, name="", **times):
    none = dict.fromkeys(("wall", "queue", "blocked", "held", "voluntary", "involuntary"))
    return {"pid": 1, "tid": tid, "name": name, "cpu": cpu, **none, **times}


def test_rows_that_lack_a_number_come_last(threads):
    rows = [row(1, 5), row(2), row(3, 9), row(4, 0)]
    for given in permutations(rows):
        for descending, order in ((True, [3, 1, 4, 2]), (False, [4, 1, 3, 2])):
            found = threads.call("sortTimes", given, "cpu", descending)
            assert [one["tid"] for one in found] == order
    named = [row(1, name="b"), row(2, name="a"), row(3, name="a")]
    assert [one["tid"] for one in threads.call("sortTimes", named, "name", False)] == [2, 3, 1]


@pytest.mark.parametrize(
    ("times", "whole"),
    [
        ({"wall": 10, "cpu": 2, "blocked": 8}, 10),
        ({"wall": 10, "cpu": 2}, 10),
        # Clocks that do not agree must not make a bar longer than the table.
        ({"wall": 10, "cpu": 6, "queue": 1, "blocked": 4, "held": 1}, 12),
        ({"cpu": 3, "blocked": 4}, 7),
        ({}, 0),
    ],
)
def test_shares_are_of_the_wall_time(threads, times, whole):
    assert threads.call("wholeOf", row(1, **times)) == whole


def test_namesakes_are_told_apart(threads):
    rows = [row(1, name="worker"), row(2, name="worker"), row(3)]
    known = [{"host": "", "pid": 1, "tid": 3, "name": "late", "process": "app"}]
    assert threads.call("timesLabels", rows, known) == ["worker · tid 1", "worker · tid 2", "late"]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2.5 ms", 2_500_000),
        ("1ms", 1_000_000),
        (" 10 µs ", 10_000),
        ("10 us", 10_000),
        ("0,5 s", 500_000_000),
        (".25s", 250_000_000),
        ("≥ 100 MS", 100_000_000),
        ("2 min", 120_000_000_000),
        ("7 ns", 7),
        ("2.5", None),
        ("ms", None),
        ("1 2 ms", None),
        ("-1 ms", None),
        ("1 toString", None),
        ("900000 h", None),
        ("", None),
    ],
)
def test_lengths_as_people_type_them(length, text, ns):
    assert length.call("parseLength", text) == ns


@pytest.mark.parametrize("ns", [1, 999, 10_000, 2_500_000, 100_000_000, 1_250_000_000])
def test_lengths_that_are_told_can_be_typed(length, ns):
    told = length.call("formatLength", ns)
    assert length.call("parseLength", told) == ns
    assert ".0" not in told
    assert length.call("formatLength", 10_000_000) == "10\u00a0ms"


def profile():
    builder = ProfileBuilder(ValueType("off-CPU", "ns"))
    builder.sample(builder.stack([builder.frame("main")]), weight=5, time=0, duration=5)
    return builder.build()


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        (False, (False, "functions")),
        (True, (True, "functions")),
        ("functions", (True, "functions")),
        ("threads", (True, "threads")),
    ],
)
def test_which_table_is_shown_at_first(table, shown):
    view = FlameView(profile(), table=table).figure
    assert (view.table, view.table_rows) == shown
    explored = figure(profile(), None, {"table": table})
    assert (explored.table, explored.table_rows) == shown


def test_no_such_table():
    with pytest.raises(OptionError, match=r"table='rows'\n.*functions, threads"):
        FlameView(profile(), table="rows")
