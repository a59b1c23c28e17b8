import cProfile
import marshal
import pstats
from collections import Counter

import pytest
from captures import DATA, captures
from helpers.ascii import rows
from helpers.strategies import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile
from perfnb.formats import IMPORTERS
from perfnb.formats.pstats.marshal import Broken, loads
from perfnb.formats.read import read_all
from perfnb.formats.source import Source

FOLDER = DATA / "pstats"
FILES = sorted(path.name for path in FOLDER.glob("*.pstats"))
MODERN = [name for name in FILES if not name.startswith("cprofile-2")]


def keys(row):
    return [(f.file or "~", line, f.name) for f, line in row.stack]


def amounts(profile):
    """Return self and total per function, recursion counted once."""
    own, total = Counter(), Counter()
    for row in rows(profile):
        path = keys(row)
        own[path[-1]] += row.weight
        total.update(dict.fromkeys(path, row.weight))
    return own, total


def key_of(function):
    file, line, name = function
    return (file or "~", line, name)


def nanoseconds(seconds):
    return round(seconds * 1e9)


def read(table, version=4):
    return read_all(marshal.dumps(table, version), format="pstats")


# What the tool says


@pytest.mark.parametrize("file", MODERN)
def test_self_and_calls_are_those_of_pstats(file):
    profiles = read_all(FOLDER / file)
    assert list(profiles) == ["time", "calls"]
    stats = pstats.Stats(str(FOLDER / file)).stats
    time, calls = amounts(profiles["time"])[0], amounts(profiles["calls"])[0]
    assert +time == +Counter({key_of(f): nanoseconds(row[2]) for f, row in stats.items()})
    assert +calls == +Counter({key_of(f): row[1] for f, row in stats.items()})


@pytest.mark.parametrize("file", [name for name in MODERN if name.startswith("cprofile")])
def test_totals_are_those_of_pstats_but_for_functions_that_call_each_other(file):
    _, total = amounts(read_all(FOLDER / file)["time"])
    for function, (_, _, _, cumulative, _) in pstats.Stats(str(FOLDER / file)).stats.items():
        found = total[key_of(function)]
        if function[2] in ("even", "odd"):
            # No more than measured, and not much less.
            assert 0.9 * cumulative < found / 1e9 < 1.01 * cumulative
        else:
            assert found / 1e9 == pytest.approx(cumulative, abs=2e-6)


@pytest.mark.parametrize("file", [name for name in FILES if name.startswith("cprofile")])
def test_who_called_is_told_apart(file):
    profile = read_all(FOLDER / file)["calls"]
    calls = Counter()
    for row in rows(profile):
        names = [name for _, _, name in keys(row)]
        calls[tuple(names[-2:])] += row.weight
    assert calls["often", "helper"] == 3
    assert calls["once", "helper"] == 1
    assert calls["helper", "spin"] == 4
    assert sum(count for (*_, leaf), count in calls.items() if leaf == "fib") == 465
    assert calls["even", "odd"] == 13 and calls["odd", "even"] + calls["main", "even"] == 14 + 1


def test_time_goes_the_way_it_came():
    profile = read_all(FOLDER / "cprofile-3.13.0.pstats")["time"]
    spent = Counter()
    for row in rows(profile):
        spent.update(dict.fromkeys({name for _, _, name in keys(row)}, row.weight))
    assert 2.5 < spent["often"] / spent["once"] < 3.5


@pytest.mark.parametrize("file", FILES)
def test_recursion_ends(file):
    for row in rows(read_all(FOLDER / file)["calls"]):
        on_path = Counter(name for _, _, name in keys(row))
        assert on_path["fib"] <= 1
        assert max(on_path["even"], on_path["odd"]) <= 2


def test_what_is_built_in_is_native():
    (row,) = {
        row.stack[-1]
        for row in rows(read_all(FOLDER / "cprofile-3.13.0.pstats")["calls"])
        if "sorted" in row.stack[-1][0].name
    }
    assert (row[0].name, row[0].file, row[0].kind) == (
        "<built-in method builtins.sorted>",
        "",
        "native",
    )


def test_the_profile_says_that_paths_are_estimated():
    metadata = read_all(FOLDER / "cprofile-3.13.0.pstats")["time"].metadata
    assert metadata.backend == "cProfile"
    assert "Paths are estimated" in metadata.notes[0]
    assert read_all(FOLDER / "profile-3.13.0.pstats")["time"].metadata.backend == "profile"


def test_statistics_of_this_very_python(tmp_path):
    profiler = cProfile.Profile()
    profiler.runcall(sorted, range(100), key=lambda x: -x)
    profiler.dump_stats(tmp_path / "out")
    own, total = amounts(read_all(tmp_path / "out")["time"])
    for function, row in pstats.Stats(str(tmp_path / "out")).stats.items():
        assert own[key_of(function)] == nanoseconds(row[2])
        assert total[key_of(function)] / 1e9 == pytest.approx(row[3], abs=2e-6)


# Any statistics

trees = st.recursive(
    st.just([]), lambda below: st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99), below))
)


def table_of(tree, acyclic):
    """Return what cProfile would tell of these calls: (function, self time in µs, its calls)."""
    table = {}
    active = Counter()

    def call(caller, depth, node):
        number, own, below = node
        function = "app.py", 10 * depth * acyclic + number + 1, f"f{number}"
        row = table.setdefault(function, [0, 0, 0, 0, {}])
        edge = row[4].setdefault(caller, [0, 0, 0, 0]) if caller else None
        outermost, outermost_edge = not active[function], not active[caller, function]
        active.update([function, (caller, function)])
        total = own + sum(call(function, depth + 1, one) for one in below)
        active.subtract([function, (caller, function)])
        row[0] += outermost
        row[1] += 1
        row[2] += own
        row[3] += total * outermost
        if edge:
            edge[0] += 1
            edge[1] += outermost_edge
            edge[2] += own
            edge[3] += total * outermost_edge
        return total

    for node in tree:
        call(None, 1, node)
    return {
        function: (cc, nc, tt / 1e6, ct / 1e6, {
            caller: (n, c, t / 1e6, u / 1e6) for caller, (n, c, t, u) in callers.items()
        })
        for function, (cc, nc, tt, ct, callers) in table.items()
    }  # fmt: skip


@given(trees, st.booleans())
def test_any_calls_keep_their_sums(tree, acyclic):
    table = table_of(tree, acyclic)
    profiles = read(table)
    own, total = amounts(profiles["time"])
    calls, _ = amounts(profiles["calls"])
    assert own == +Counter({function: nanoseconds(row[2]) for function, row in table.items()})
    assert calls == Counter({function: row[1] for function, row in table.items()})
    if acyclic:
        for function, row in table.items():
            assert total[function] / 1e9 == pytest.approx(row[3], abs=1e-6)


@given(trees, st.integers(0, 4))
def test_what_marshal_writes_is_read(tree, version):
    table = table_of(tree, False)
    table["é\u20ac", 2**31 - 1, "x" * 300] = (-1, 2**40, -0.5, 1e300, {})
    assert loads(marshal.dumps(table, version)) == table


# Hostile files


@pytest.mark.parametrize("name", [*HOSTILE, ""])
def test_odd_names_are_kept(name):
    plain = name.encode("utf-8", "replace").decode()
    profile = read({("a;b c.py", 3, plain): (1, 1, 0.5, 0.5, {})})["time"]
    assert keys(rows(profile)[0]) == [("a;b c.py", 3, plain)]


def function(number):
    return "a.py", number, f"f{number}"


def chain(length):
    return {
        function(n): (1, 1, 1e-6, 1e-6, {function(n - 1): (1, 1, 1e-6, 1e-6)} if n else {})
        for n in range(length)
    }


def complete(size, own=1e-3):
    """Every function calls every other: nobody was first."""
    callers = {function(n): (1, 1, own / size, own) for n in range(size)}
    return {function(n): (1, size, own, own * size, callers.copy()) for n in range(size)}


def diamonds(size):
    """As many paths as 2 to the power of `size`."""
    table = {function(0): (1, 1, 1e-3, 1.0, {})}
    for n in range(size):
        a, b, c = (function(3 * n + k) for k in range(3))
        d = function(3 * n + 3)
        table |= {one: (1, 1, 1e-3, 0.5, {a: (1, 1, 1e-3, 0.5)}) for one in (b, c)}
        table[d] = (2, 2, 1e-3, 1.0, {b: (1, 1, 5e-4, 0.5), c: (1, 1, 5e-4, 0.5)})
    return table


def star(size):
    return {function(0): (1, 1, 1e-3, 1.0, {})} | {
        function(n): (1, 1, 1e-6, 1e-6, {function(0): (1, 1, 1e-6, 1e-6)}) for n in range(1, size)
    }


@pytest.mark.parametrize(
    "table", [chain(20_000), complete(60), diamonds(40), star(20_000), complete(3, 0.0)]
)
def test_a_graph_of_any_shape_is_read_within_bounds(table):
    profiles = read(table)
    assert len(profiles["time"].tables.stacks) <= 20_000 + len(table)
    assert profiles["time"].total == sum(nanoseconds(row[2]) for row in table.values())
    assert profiles["calls"].total == sum(row[1] for row in table.values())
    if len(table) < 1000:
        own, _ = amounts(profiles["time"])
        assert own == +Counter({f: nanoseconds(row[2]) for f, row in table.items()})


def test_callers_without_a_row_of_their_own():
    profiles = read({function(1): (1, 1, 0.5, 0.5, {function(9): (1, 1, 0.5, 0.5)})})
    assert [keys(row) for row in rows(profiles["time"])] == [[function(9), function(1)]]


def test_numbers_that_contradict_each_other_still_add_up():
    profiles = read({
        function(1): (
            1, -3, 0.5, 0.1, {function(2): (7, 7, 9.0, -1.0), function(1): (1, 1, 1.0, 1.0)}
        ),
        function(2): (0, 0, -0.25, 0.0, {function(1): (-1, -1, -1.0, -1.0)}),
    })  # fmt: skip
    assert profiles["time"].total == 250_000_000
    assert profiles["calls"].total == -3


ROW = (1, 1, 0.5, 0.5, {})


@pytest.mark.parametrize(
    "table",
    [
        [], 3, "x", {1: ROW}, {("a", 1): ROW}, {("a", "1", "f"): ROW}, {(1, 1, "f"): ROW},
        {("a", -1, "f"): ROW}, {("a", 2**31, "f"): ROW}, {function(1): 7}, {function(1): ROW[:4]},
        {function(1): (*ROW[:4], 5)}, {function(1): ("1", *ROW[1:])},
        {function(1): (1, 1, float("nan"), 0.5, {})}, {function(1): (1, 1, 1e300, 0.5, {})},
        {function(1): (1, 1, 0.5, float("inf"), {})}, {function(1): (1, 2**70, 0.5, 0.5, {})},
        {function(1): (*ROW[:4], {function(2): "x"})}, {function(1): (*ROW[:4], {7: (1, 1, 1, 1)})},
        {function(1): (*ROW[:4], {function(2): (1, 1, 1.0)})}, {function(1): (*ROW[:4], {2: {}})},
        {function(1): (*ROW[:4], {function(2): (1, 1, float("nan"), 1.0)})},
    ],
)  # fmt: skip
def test_other_tables_are_refused(table):
    with pytest.raises(MalformedProfile):
        read(table)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "ends early"),
        (b"{", "ends early"),
        (b"{0x", "1 bytes after"),
        (b"0", "the end of a table"),
        (b"{" * 1000, "nested too deeply"),
        (b"{(\xff\xff\xff\x7f", "2147483647"),
        (b"{(\xff\xff\xff\xff", "-1"),
        (b"{u\xff\xff\xff\x0fabc", "length"),
        (b"{r\0\0\0\0", "reference 0"),
        (b"\xfbr\0\0\0\0" + b"N0", "reference 0"),
        (b"{\xa9\x01r\0\0\0\0", "reference 0"),
        (b"{c", "type 'c'"),
        (b"{l\xff\xff\xff\x7f", "75 bits"),
        (b"{f\x03abc", "no number|number that is none"),
        (b"{R\x07\0\0\0", "string 7"),
        (b"{z\x01a0", "without a value"),
        (b"{{0z\x01a0", "itself a table"),
    ],
)
def test_broken_marshal_is_named(data, what):
    with pytest.raises(Broken, match=what):
        loads(data)
    with pytest.raises(MalformedProfile, match="byte "):
        read_all(data, format="pstats")


def test_a_table_cannot_be_in_two_places():
    shared = {}
    table = {function(n): (1, 1, 0.5, 0.5, shared) for n in range(2)}
    with pytest.raises(MalformedProfile, match="reference"):
        read(table)


def test_other_formats_are_left_alone():
    importer = IMPORTERS.get("pstats").load()()
    assert importer.sniff(marshal.dumps({}))
    assert not importer.sniff(marshal.dumps({1: 2}))
    for one in captures():
        assert importer.sniff(Source(one.path).head) == (one.format == "pstats"), one.id
