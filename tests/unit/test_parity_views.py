"""The kernel and the browser have the same numbers in tables, timelines, charts and sandwiches."""

import gzip
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from core_parity import columns, compare, drawn, identities, named
from helpers.ascii import draw as drawing
from helpers.strategies import THREADS, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.layout.chart import chart
from perfnb.layout.timeline import lanes
from perfnb.model import STATES, ProfileBuilder
from perfnb.model.tables import frozen
from perfnb.units import ValueType
from perfnb.views.tables import pack

MERGES = st.sampled_from(("cell", "line", "function"))
TIMED = st.just(True)


@st.composite
def measured(draw, **kinds):
    """Profiles whose samples may last, and may stand for several."""
    profile = draw(profiles(**kinds))
    size = len(profile)
    samples = profile.samples
    if samples.time is not None and draw(st.booleans()):
        lasting = draw(st.lists(st.integers(0, 300), min_size=size, max_size=size))
        samples = replace(samples, duration=frozen(lasting, np.int64))
    if draw(st.booleans()):
        count = draw(st.lists(st.integers(1, 5), min_size=size, max_size=size))
        samples = replace(samples, count=frozen(count, np.int64))
    rates = st.sampled_from((None, 7e6, 1e9))
    return profile.with_samples(samples).with_metadata(rate_asked=draw(rates))


spans = st.tuples(st.integers(-20, 1200), st.integers(1, 1200)).map(lambda s: (s[0], sum(s)))


@given(profile=measured())
def test_function_tables(core, profile):
    answer = core.open(profile, "functions")
    table = profile.functions()
    # Polars has question marks in the place of lone surrogates.
    names = [row[0] for row in answer["identity"]]
    rows = zip(
        *(answer[c] for c in ("ids", "self", "total", "selfSamples", "totalSamples")), strict=True
    )
    told = [(json.dumps(names[id_]).replace("\\udcff", "?"), *numbers) for id_, *numbers in rows]
    expected = table.select("name", "self", "total", "self_samples", "total_samples").rows()
    assert sorted(told) == sorted((json.dumps(name), *numbers) for name, *numbers in expected)
    assert answer["whole"] == profile.total
    order = [
        (-own, -all_, names[id_].encode("utf-32-be", "surrogatepass"))
        for id_, own, all_ in zip(answer["ids"], answer["self"], answer["total"], strict=True)
    ]
    assert order == sorted(order)


def test_functions_of_equal_weight_stand_by_the_code_points_of_their_names(core):
    builder = ProfileBuilder(ValueType("samples", "count"))
    for name in ("𝔘", "\uff21", "a", "\U0001d519", "ab", "Z"):
        builder.sample(builder.stack([builder.frame(name)]))
    profile = builder.build()
    answer = core.open(profile, "functions")
    shown = [answer["identity"][id_][0] for id_ in answer["ids"]]
    assert (
        shown
        == ["Z", "a", "ab", "\uff21", "𝔘", "\U0001d519"]
        == profile.functions()["name"].to_list()
    )


def test_lines_have_the_names_of_the_functions_seen_there(core):
    builder = ProfileBuilder(ValueType("samples", "count"))
    for name in ("𝔘", "b", "\uff21"):
        builder.sample(builder.stack([builder.frame(name, "app.py", 3), builder.frame("leaf")]))
    profile = builder.build()
    told = core.open(profile, "lines", file="app.py")
    assert (told["lines"], told["functions"]) == ([3], ["b, \uff21, 𝔘"])
    chain = [{"kind": "drop", "pattern": "b", "exact": True}]
    told = core.open(profile, "lines", file="app.py", filters=chain)
    assert (told["functions"], told["total"]) == (["\uff21, 𝔘"], [2])


@given(profile=measured())
def test_line_tables(core, profile):
    table = profile.lines().sort("line")
    for file in ("app.py", "In [5]", "no such file", ""):
        answer = core.open(profile, "lines", file=file)
        rows = zip(
            answer["lines"],
            [json.dumps(names).replace("\\udcff", "?") for names in answer["functions"]],
            *(answer[c] for c in ("self", "total", "selfSamples", "totalSamples")),
            strict=True,
        )
        expected = table.filter(table["file"] == file).select(
            "line", "name", "self", "total", "self_samples", "total_samples"
        )
        assert list(rows) == [(line, json.dumps(n), *rest) for line, n, *rest in expected.rows()]


@given(profile=measured(), merge=MERGES, data=st.data())
def test_sandwiches(core, profile, merge, data):
    known = identities(profile)
    function = data.draw(st.integers(0, len(known) - 1))
    name, file = known[function][:2]
    if sum(row[:2] == [name, file] for row in known) > 1:
        return
    table = core.open(profile, "functions")
    total = dict(zip(table["ids"], table["total"], strict=True)).get(function, 0)
    for what in ("callers", "callees"):
        answer = core.open(profile, what, function=function, merge=merge)
        half = getattr(profile, what)(name, exact=True, file=file)
        compare(named(answer, known), named(drawn(half, merge), identities(half)))
        assert answer["total"][0] == total


@given(profile=measured(timed=TIMED), span=spans, bins=st.integers(1, 40))
def test_timelines(core, profile, span, bins):
    answer = core.open(profile, "lanes", **{"from": span[0], "to": span[1], "bins": bins})
    expected = lanes(profile, *span, bins)
    assert not answer["error"]
    assert answer["threads"] == expected.threads.tolist()
    assert answer["counts"] == expected.counts.reshape(-1).tolist()
    assert answer["states"] == len(STATES)
    assert answer["unit"] == expected.unit


@given(
    profile=measured(timed=TIMED),
    span=st.one_of(st.just((0, 1000)), st.just((-50, 3000)), spans),
    merge=MERGES,
    thread=st.sampled_from(range(len(THREADS))),
)
def test_flame_charts(core, profile, span, merge, thread):
    options = {"from": span[0], "to": span[1], "thread": thread, "merge": merge}
    answer = core.open(profile, "chart", **options)
    expected = chart(profile, thread, merge, *span)
    compare(answer, columns(expected.tree, expected.boxes))
    assert answer["extent"] == span[1]
    depth = expected.boxes.depth
    assert answer["rows"] == np.searchsorted(depth, np.arange(depth[-1] + 2)).tolist()


@pytest.mark.parametrize("what", ["lanes", "chart"])
def test_profiles_without_times_have_neither(core, what):
    assert "no times" in core.open(drawing("main"), what)["error"]


@given(profile=measured(), merge=MERGES, inverted=st.booleans(), split=st.booleans())
def test_the_thread_of_each_box(core, profile, merge, inverted, split):
    answer = core.open(profile, merge=merge, inverted=inverted, splitThreads=split)
    threads = [set() for _ in answer["parent"]]
    for row, thread in enumerate(THREADS):
        alone = profile.where(thread=thread.tid)
        part = core.open(alone, merge=merge, inverted=inverted, splitThreads=split)
        whole = {path: node for node, path in enumerate(paths(answer))}
        for path in paths(part) if len(alone) else ():
            threads[whole[path]].add(row)
    expected = [min(own) if len(own) == 1 else -2 if own else -1 for own in threads]
    assert answer["owner"] == expected


def paths(tree):
    """From the root to each node."""
    known = []
    for parent, *step in zip(
        tree["parent"], tree["function"], tree["line"], tree["thread"], strict=True
    ):
        known.append((*(known[parent] if parent >= 0 else ()), tuple(step)))
    return known


# What else travels with a profile.


def unpacked(profile):
    """The header of the packed tables, and what comes after it."""
    raw = gzip.decompress(pack(profile))
    end = 4 + struct.unpack("<I", raw[:4])[0]
    return json.loads(raw[4:end]), raw[(end + 7) // 8 * 8 :]


def changed(profile, **headers):
    """The packed tables with some keys of their header changed, or with None left out."""
    header, body = unpacked(profile)
    header = {key: value for key, value in {**header, **headers}.items() if value is not None}
    text = json.dumps(header).encode()
    head = struct.pack("<I", len(text)) + text
    return gzip.compress(head + b"\0" * (-len(head) % 8) + body)


def cells():
    builder = ProfileBuilder(ValueType("samples", "count"))
    stack = [
        builder.frame("load", "In [5]", 2),
        builder.frame("read", "/usr/lib/python3.11/json/decoder.py", 7, "json.decoder"),
    ]
    builder.sample(builder.stack(stack), time=5)
    builder.sample(builder.stack(stack), time=9)
    return builder.build()


def test_what_travels_with_a_profile_arrives(core):
    source = {"note": "as it was", "chunks": [{"first": 3, "text": "a\r\n\fb\n\nc"}]}
    profile = cells().with_metadata(start_monotonic_ns=5, end_monotonic_ns=1000, rate_asked=100.0)
    answer = core.open_packed(changed(profile, sources={"In [5]": source}), "tables")
    assert answer["mine"] == [1, 0]
    assert answer["meta"] == {"end": 995, "period": 10_000_000, "noun": "samples"}
    chunks = [{"first": 3, "lines": ["a", "\fb", "", "c"]}]
    assert answer["sources"] == {"In [5]": {"note": "as it was", "chunks": chunks}}


def test_outputs_of_older_versions_are_read(core):
    profile = cells()
    places = {n: p for n, p in unpacked(profile)[0]["columns"].items() if n != "functions.mine"}
    old = changed(profile, meta={"summed": False}, sources=None, columns=places)
    answer = core.open_packed(old, "tables")
    assert answer["mine"] == [1, 0]
    assert answer["meta"] == {"end": None, "period": None, "noun": "samples"}
    assert answer["sources"] == {}


ROW = {
    "pid": 1, "tid": 7, "name": "worker", "wall_ns": 90, "cpu_ns": 30, "runqueue_ns": 5,
    "blocked_ns": 55, "stopped_ns": None, "voluntary": 4, "involuntary": np.int64(2),
}  # fmt: skip


def test_what_was_measured_of_threads_arrives(core):
    bare = {"pid": 1, "tid": 8, "wall_ns": float("nan"), "cpu_ns": "much", "name": None}
    profile = cells().with_metadata(extra={"threads": [ROW, "no row", bare]})
    first, second = core.open(profile, "threads")["rows"]
    assert first == {
        "pid": 1, "tid": 7, "name": "worker", "wall": 90, "cpu": 30, "queue": 5, "blocked": 55,
        "held": None, "voluntary": 4, "involuntary": 2,
    }  # fmt: skip
    assert second == dict.fromkeys(first) | {"pid": 1, "tid": 8, "name": ""}
    for nothing in ({}, {"threads": None}, {"threads": "none"}):
        assert core.open(cells().with_metadata(extra=nothing), "threads")["rows"] == []
    # Whoever wrote the header.
    odd = [None, 3, {"wall_ns": -1, "name": 5}]
    (row,) = core.open_packed(changed(cells(), thread_times=odd), "threads")["rows"]
    assert (row["name"], row["wall"], row["pid"]) == ("", None, 0)


@pytest.mark.parametrize(
    ("measured", "lasts", "extra", "noun"),
    [
        ("off-CPU", 5, {}, "waits"),
        ("off-CPU", None, {"offcpu": {"level": "kernel"}}, "waits"),
        ("off-CPU", None, {}, "samples"),
        ("wall", 5, {}, "intervals"),
        ("wall", None, {}, "samples"),
        ("on-CPU", 5, {}, "samples"),
    ],
)
def test_what_samples_are_called(core, measured, lasts, extra, noun):
    builder = ProfileBuilder(ValueType(measured, "ns"))
    builder.sample(builder.stack([builder.frame("main")]), weight=5, time=0, duration=lasts)
    profile = builder.build().with_metadata(extra=extra)
    assert core.open(profile, "tables")["meta"]["noun"] == noun


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"meta": {"end": "soon"}}, "not numbers"),
        ({"sources": {"a.py": {"note": "", "chunks": [{"first": 0, "text": ""}]}}}, "a.py"),
        ({"sources": {"a.py": {"note": "", "chunks": None}}}, "a.py"),
        ({"states": []}, "samples.state"),
    ],
)
def test_headers_that_make_no_sense_are_refused(core, headers, said):
    profile = cells()
    state = frozen(np.ones(2), np.uint8)
    profile = profile.with_samples(replace(profile.samples, state=state))
    assert said in core.open_packed(changed(profile, **headers), "tables")["error"]


def test_samples_out_of_order_are_refused(core):
    profile = cells()
    object.__setattr__(profile.samples, "time", np.array([9, 5]))
    assert core.open(profile)["error"] == "samples are not sorted by time"


def test_columns_of_other_lengths_are_refused(core):
    profile = cells()
    object.__setattr__(profile.samples, "time", np.array([5]))
    assert "samples.time has 1 rows" in core.open(profile)["error"]
