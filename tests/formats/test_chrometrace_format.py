"""Chrome's trace events: what real tools wrote, what the format allows, and the way back."""

import io
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from captures import DATA, captures
from helpers.ascii import rows, show
from helpers.hostile import outcome, retyped
from helpers.same import told
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile
from perfnb.formats.chrometrace import ChromeTraceImporter
from perfnb.formats.chrometrace.stream import EventStream
from perfnb.formats.chrometrace.write import ChromeTraceExporter
from perfnb.formats.source import Source
from perfnb.model import KINDS

FOLDER = DATA / "chrometrace"
CARRIES = ChromeTraceExporter.carries


def read(data):
    return ChromeTraceImporter().read(Source(data))


def trace(*events, **around):
    return json.dumps({"traceEvents": events, **around} if around else events).encode()


def span(name, begin, end, **more):
    return {"ph": "X", "pid": 1, "tid": 1, "name": name, "ts": begin, "dur": end - begin, **more}


def mark(phase, name, at, **more):
    return {"ph": phase, "pid": 1, "tid": 1, "name": name, "ts": at, **more}


def tree(profile):
    return show(profile.call_tree())


def written(profiles):
    out = io.BytesIO()
    ChromeTraceExporter().write(profiles, out)
    return out.getvalue()


def by_function(profile):
    table = profile.functions()
    return {name: (own, total) for name, own, total in table["name", "self", "total"].iter_rows()}


# What real tools wrote.


def test_pyspys_threads_have_their_names_and_times():
    profile = read(FOLDER / "pyspy_threads.json")["wall"]
    main, worker = profile.threads
    assert (main.name, main.tid) == ("MainThread", main.pid)
    assert worker.name == "worker" and worker.pid == main.pid
    found = by_function(profile)
    assert found["heavy"][1] / found["light"][1] == pytest.approx(2, rel=0.3)
    assert found["side"][1] == pytest.approx(0.9e9, rel=0.1)
    places = {
        (function.name, function.file.rpartition("/")[2], line, function.kind)
        for row in rows(profile)
        for function, line in row.stack
    }
    assert {("heavy", "threads.py", 14, "python"), ("spin", "threads.py", 9, "python")} <= places


def test_pyspys_processes_have_their_command_for_a_name():
    profile = read(FOLDER / "pyspy_children.json")["wall"]
    # The parent only waits: py-spy leaves that out.
    assert len(profile.threads) == 2
    assert all("def child():" in thread.process for thread in profile.threads)
    seconds = Counter()
    for row in rows(profile):
        if any(function.name == "child" for function in row.functions()):
            seconds[row.thread] += row.weight / 1e9
    assert list(seconds.values()) == pytest.approx([0.8, 0.8], rel=0.25)


def test_viztracers_spans_are_the_calls_that_the_script_makes():
    profile = read(FOLDER / "viztracer.json")["wall"]
    assert profile.metadata.backend == "viztracer"
    assert profile.metadata.backend_version == "1.1.1"
    stacks = Counter(
        tuple(function.name for function in row.functions()[-3:])
        for row in rows(profile)
        if row.functions()[-1].name == "leaf"
    )
    assert stacks == {
        ("main", "middle", "leaf"): 6,
        ("<module>", "main", "leaf"): 1,
        ("recursive", "recursive", "leaf"): 1,
    }
    kinds = {f.name: (f.kind, f.file) for row in rows(profile) for f in row.functions()}
    assert kinds["builtins.len"] == ("native", "")
    assert kinds["main"][0] == "python" and kinds["main"][1].endswith("calls.py")
    assert max(len(row.stack) for row in rows(profile)) == 9


def test_viztracers_self_times_are_durations_less_those_of_callees():
    path = FOLDER / "viztracer.json"
    spans = [e for e in json.loads(path.read_bytes())["traceEvents"] if e["ph"] == "X"]
    wanted = Counter()
    for one in spans:
        begin, end = one["ts"], one["ts"] + one["dur"]
        within = [
            other
            for other in spans
            if other is not one and begin <= other["ts"] and other["ts"] + other["dur"] <= end
        ]
        direct = [
            other["dur"]
            for other in within
            if not any(
                third is not other
                and third["ts"] <= other["ts"]
                and other["ts"] + other["dur"] <= third["ts"] + third["dur"]
                for third in within
            )
        ]
        wanted[one["name"].partition(" (")[0]] += round((one["dur"] - sum(direct)) * 1000)
    found = {name: own for name, (own, _) in by_function(read(path)["wall"]).items()}
    assert found == wanted


def test_torchs_operators_have_the_times_of_its_own_table():
    (capture,) = (one for one in captures("chrometrace") if one.path.name == "torch.json.gz")
    profile = read(capture.path)["wall"]
    assert profile.metadata.backend == "PyTorch profiler"
    found = by_function(profile)
    table = dict(capture.facts["key_averages"])
    # It begins in the call that announces it, and lasts on.
    _, _, total = table.pop("step")
    assert found["step"][1] == pytest.approx(total, abs=2)
    assert len(table) > 20
    for name, (_, own, total) in table.items():
        assert found[name] == pytest.approx((own, total), abs=2), name
    kinds = {f.name: f.kind for row in rows(profile) for f in row.functions()}
    assert (kinds["aten::addmm"], kinds["forward"], kinds["step"]) == (
        "native",
        "python",
        "synthetic",
    )
    # The time of day is that of the recording: November 2026.
    assert 1_793_000_000 < profile.metadata.start_wall < 1_796_000_000


def test_chromiums_trace_has_spans_their_cpu_time_and_v8s_samples():
    found = read(FOLDER / "chromium.json.gz")
    assert list(found) == ["wall", "CPU", "async", "JavaScript"]
    assert found["wall"].metadata.backend == "Chromium"
    assert {thread.name for thread in found["wall"].threads} == {"CrRendererMain"}
    assert found["CPU"].value.kind == "on-CPU"
    assert 0 < found["CPU"].total <= found["wall"].total
    calls = by_function(found["JavaScript"])
    assert calls["heavy"][1] / calls["light"][1] == pytest.approx(3, rel=0.2)
    assert by_function(found["wall"])["FunctionCall"][1] == pytest.approx(calls["main"][1], rel=0.1)


def test_nodes_trace_has_the_garbage_collections():
    found = read(FOLDER / "node.json")
    assert found["wall"].metadata.backend == "Node.js"
    assert by_function(found["wall"])["V8.GCScavenger"][1] > 0
    assert 0 < found["CPU"].total < found["wall"].total
    assert "Timeout" in by_function(found["async"])


# What the format allows.


def test_spans_lie_in_one_another_by_their_times():
    profile = read(trace(span("a", 0, 10), span("b", 2, 5), span("c", 3, 4), span("b", 6, 8)))
    assert tree(profile["wall"]) == (
        "all 0/10000\n  a 5000/10000\n    b 4000/5000\n      c 1000/1000"
    )
    assert profile["wall"].samples.time.tolist() == [0, 2000, 3000, 4000, 5000, 6000, 8000]
    assert profile["wall"].samples.duration.tolist() == [2000, 1000, 1000, 1000, 1000, 2000, 2000]
    assert profile["wall"].samples.state is None


def test_begins_and_ends_are_the_same_as_whole_spans():
    events = [("B", "a", 0), ("B", "b", 2), ("B", "c", 3), ("E", "c", 4), ("E", "b", 5),
              ("B", "b", 6), ("E", "", 8), ("E", "a", 10)]  # fmt: skip
    whole = trace(span("a", 0, 10), span("b", 2, 5), span("c", 3, 4), span("b", 6, 8))
    assert told(read(trace(*(mark(*event) for event in events)))["wall"]) == told(
        read(whole)["wall"]
    )


def test_of_equal_spans_the_outer_one_is_first_or_last_as_the_tool_writes_them():
    begun = [span("a", 0, 9), span("b", 0, 9), span("c", 1, 3)]
    assert "a 0/9000\n    b 7000/9000" in tree(read(trace(*begun))["wall"])
    assert "a 0/9000\n    b 7000/9000" in tree(read(trace(*reversed(begun)))["wall"])


@pytest.mark.parametrize(
    "text",
    [
        '[{E},{E2}]',
        "[{E},{E2},]",
        "[{E},{E2}",
        "[\n{E},\n{E2},\n",
        ' [ {E} , {E2} ] ',
        '\ufeff[{E},{E2}]',
        '{"traceEvents":[{E},{E2}]}',
        '{"a":{"traceEvents":[1]},"b":"\\"traceEvents\\":[","traceEvents" : [{E},{E2},],"c":[]}',
    ],
)  # fmt: skip
def test_all_forms_of_the_file_are_one(text):
    events = json.dumps(span("a", 0, 2)), json.dumps(span('x"],\\', 5, 6, args={"b": [{"c": "]"}]}))
    data = text.replace("{E}", events[0]).replace("{E2}", events[1]).encode()
    assert ChromeTraceImporter().sniff(data)
    found = read(data)["wall"]
    assert by_function(found) == {"a": (2000, 2000), 'x"],\\': (1000, 1000)}
    closed = text.rstrip().endswith(("]", "]}"))
    assert bool(found.metadata.truncated) != closed


@given(st.integers(1, 40), st.integers(0, 3))
def test_it_does_not_matter_where_the_file_is_cut_into_pieces(size, spaces):
    names = ["a", 'quote"', "back\\", '\\"', "[{", "}],", "ü"]
    text = json.dumps({"x": 1, "traceEvents": [span(n, 0, 1) for n in names], "y": [2]})
    data = text.replace(", ", "," + " " * spaces).encode()

    class Pieces(Source):
        def pieces(self, size=size):
            return (data[at : at + size] for at in range(0, len(data), size))

    stream = EventStream(Pieces(b""))
    events = [event for _, chunk in stream.chunks() for event in json.loads(chunk)]
    assert [event["name"] for event in events] == names
    assert json.loads(stream.around) == {"x": 1, "traceEvents": [], "y": [2]}


def test_times_are_exact_to_the_nanosecond():
    near = trace(mark("X", "a", "12805894360.355", dur="4.462"))
    assert read(near)["wall"].samples.time.tolist() == [12_805_894_360_355]
    far = b'[{"ph":"X","name":"a","pid":1,"tid":1,"ts":1790857026000000.123,"dur":"1.5"}]'
    profile = read(far)["wall"]
    assert profile.samples.time.tolist() == [1_790_857_026_000_000_123]
    assert profile.total == 1500
    assert profile.metadata.start_monotonic_ns == 1_790_857_026_000_000_123
    assert profile.metadata.end_monotonic_ns == 1_790_857_026_000_001_623


def test_names_of_processes_and_threads_may_be_numbers_or_words():
    meta = [
        mark("M", "process_name", 0, args={"name": "app"}),
        mark("M", "thread_name", 0, args={"name": "main"}),
    ]
    events = [*meta, span("a", 0, 1), span("b", 0, 1, pid="GPU", tid="stream 7"),
              span("c", 1, 2, tid="1"), span("d", 0, 1, tid=2.0)]  # fmt: skip
    threads = {row.functions()[0].name: row.thread for row in rows(read(trace(*events))["wall"])}
    assert threads["a"] == threads["c"] and threads["a"].name == "main"
    assert (threads["b"].process, threads["b"].name) == ("GPU", "stream 7")
    assert threads["b"].pid < 0 and threads["b"].tid < 0
    assert (threads["d"].tid, threads["d"].process) == (2, "app")


def test_kernels_are_the_gpus():
    events = [span("k", 0, 3, cat="kernel", pid=0, tid=7), span("op", 0, 9, cat="cpu_op")]
    kinds = {f.name: f.kind for row in rows(read(trace(*events))["wall"]) for f in row.functions()}
    assert kinds == {"k": "gpu", "op": "native"}


def test_cpu_time_is_a_value_of_its_own():
    events = [span("a", 0, 10, tts=100, tdur=6), span("b", 2, 6, tts=101, tdur=3)]
    found = read(trace(*events))
    assert list(found) == ["wall", "CPU"]
    assert by_function(found["CPU"]) == {"a": (3000, 6000), "b": (3000, 3000)}
    some = read(trace(*events, span("c", 3, 4)))
    assert by_function(some["CPU"]) == {"a": (3000, 6000), "b": (3000, 3000)}
    assert "CPU time is known of 2 of 3 spans" in some["CPU"].metadata.notes


def test_operations_that_overlap_lie_in_lanes_of_their_own():
    def operation(phase, id, at, name="load", **more):
        return mark(phase, name, at, cat="net", id=id, **more)

    found = read(
        trace(
            operation("b", 1, 0), operation("b", 2, 3), operation("b", 1, 4, "parse"),
            operation("e", 1, 6, "parse"), operation("e", 1, 8), operation("e", 2, 9),
            operation("b", 3, 8), operation("n", 3, 9), operation("e", 3, 10),
            operation("b", 9, 30, "text", pid="1"),
            operation("e", 9, 33, "text", pid="1"),
            operation("S", "0x1", 20, "old"), operation("F", "0x1", 25, "old"),
        )
    )  # fmt: skip
    assert list(found) == ["async"]
    assert {thread.name for thread in found["async"].threads} == {"net 1", "net 2"}
    assert by_function(found["async"]) == {
        "load": (14_000, 16_000),
        "parse": (2000, 2000),
        "old": (5000, 5000),
        "text": (3000, 3000),
    }


def test_what_is_mended_is_told():
    events = [
        mark("E", "never", 0), mark("B", "a", 1), mark("B", "lost", 2), mark("E", "a", 5),
        mark("B", "open", 6), span("over", 7, 13, tid=2), span("outer", 6, 10, tid=2),
        span("late", 9.5, 10.5, tid=2), mark("C", "n", 1), mark("i", "x", 3), span("neg", 4, 2),
    ]  # fmt: skip
    found = read(trace(*events))["wall"]
    assert tree(found) == (
        "all 0/18000\n  a 1000/4000\n    lost 3000/3000\n  open 7000/7000\n"
        "  outer 1000/4000\n    over 2500/3000\n      late 500/500\n  over 3000/3000"
    )
    notes = "\n".join(found.metadata.notes)
    for part in (
        "1 counters",
        "1 instants",
        "1 ends have no beginning",
        "1 beginnings have no end: they end with",
        "1 beginnings have no end: they last",
        "1 durations are negative",
        "cut off there",
        "drawn beside it",
    ):
        assert part in notes


def test_samples_of_the_format_are_a_profile_of_their_own():
    frames = {
        "1": {"name": "main", "category": "app"},
        "2": {"name": "work", "category": "lib.so", "parent": 1},
    }
    samples = [
        {"name": "cycles", "tid": 1, "ts": 5.5, "sf": 2, "weight": 3},
        {"name": "cycles", "tid": 1, "ts": 7, "sf": 1, "weight": 1},
    ]
    events = [mark("P", "inline", 8, stack=["x", "y"]), mark("P", "inline", 9, sf=2)]
    found = read(trace(*events, stackFrames=frames, samples=samples))
    assert list(found) == ["cycles", "inline"]
    assert tree(found["cycles"]) == "all 0/4\n  main 1/4\n    work 3/3"
    assert found["cycles"].samples.time.tolist() == [5500, 7000]
    assert tree(found["inline"]) == "all 0/2\n  main 0/1\n    work 1/1\n  x 0/1\n    y 1/1"


# The way back.


def speakable(profile):
    """Return what `told` says of it, lone surrogates replaced as JSON wants."""
    return repr_without_surrogates(told(profile, CARRIES))


def repr_without_surrogates(value):
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Counter):
        merged = Counter()
        for key, count in value.items():
            merged[repr_without_surrogates(key)] += count
        return merged
    if isinstance(value, dict):
        return {key: repr_without_surrogates(one) for key, one in value.items()}
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(repr_without_surrogates(one) for one in value)
    return value


@given(profiles())
def test_what_is_written_is_read_back(profile):
    (again,) = read(written({"it": profile})).values()
    assert repr_without_surrogates(told(again, CARRIES)) == speakable(profile)


@given(st.lists(profiles(), min_size=2, max_size=3))
def test_several_values_are_read_back_by_their_names(several):
    given_ = {f"value {number}": one for number, one in enumerate(several)}
    again = read(written(given_))
    assert list(again) == list(given_)
    for name, profile in given_.items():
        assert told(again[name], CARRIES) == speakable(profile)


@given(profiles())
def test_what_was_read_is_written_the_same_again(profile):
    once = written(read(written({"it": profile})))
    assert written(read(once)) == once


@given(profiles())
def test_the_events_nest_for_every_viewer(profile):
    document = json.loads(written({"it": profile}))
    tracks = {}
    for event in document["traceEvents"]:
        assert event["ph"] in ("X", "M") and event["name"] is not None
        if event["ph"] == "X":
            assert event["dur"] > 0
            track = tracks.setdefault((event["pid"], event["tid"]), [])
            begin = round(event["ts"] * 1000)
            end = begin + round(event["dur"] * 1000)
            while track and track[-1] <= begin:
                track.pop()
            # In the order of their beginnings, and none reaches out of what it lies in.
            assert not track or end <= track[-1]
            track.append(end)


def test_the_events_are_as_wide_as_the_weights_without_times():
    profile = read(trace(span("b", 0, 2), span("a", 0, 1), span("a", 5, 6), span("c", 6, 9)))[
        "wall"
    ]
    bare = profile.with_samples(replace(profile.samples, time=None, duration=None))
    document = json.loads(written({"wall": bare}))
    found = [(e["name"], e["ts"], e["dur"]) for e in document["traceEvents"]]
    assert found == [("a", 0, 1), ("b", 1, 2), ("a", 2, 1), ("c", 3, 3)]
    assert "no times" in document["otherData"]["note"]


def test_the_events_of_samples_without_durations_last_until_the_next():
    profile = read(trace(*(span("a", at, at + 1) for at in (0, 10, 20, 100))))["wall"]
    bare = profile.with_samples(replace(profile.samples, duration=None))
    document = json.loads(written({"wall": bare}))
    assert [(e["ts"], e["dur"]) for e in document["traceEvents"]] == [(0, 30), (100, 10)]


def test_how_it_was_recorded_is_kept_too():
    profile = read(FOLDER / "viztracer.json")["wall"].with_metadata(
        rate_asked=99.0, notes=("a", "b"), extra={"x": [1, "ü"]}, start_wall=1.5
    )
    (again,) = read(written({"wall": profile})).values()
    assert again.metadata == profile.metadata


def test_other_tools_see_what_we_read():
    profiles = read(FOLDER / "viztracer.json")
    document = json.loads(written(profiles))
    del document["otherData"], document["samples"], document["stackFrames"]
    again = read(json.dumps(document).encode())["wall"]
    features = {"thread", "thread name", "process name", "time", "duration"}
    assert told(again, features) == told(profiles["wall"], features)


# What is not ours, and what is broken.


@pytest.mark.parametrize(
    "head",
    [
        b'{"nodes":[{"id":1,"callFrame":{}}],"startTime":1,"samples":[1],"timeDeltas":[0]}',
        b'{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[]}',
        b'{"meta":{"version":24},"threads":[],"x":{"traceEvents":[]}}',
        b'[{"name":"a","ts":1}]',
        b'["ph","ts"]',
        b"[main] ph: ts 3",
        b"",
    ],
)
def test_other_files_are_not_claimed(head):
    assert not ChromeTraceImporter().sniff(head)


def test_wrong_values_are_told_by_their_place():
    data = trace(span("a", 0, 1), span("b", 0, 1) | {"ts": {}})
    with pytest.raises(MalformedProfile) as caught:
        read(data)
    assert caught.value.where == "$.traceEvents[1].ts"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'[{"ph":"X","name":"a","ts":1e300,"dur":1}]', "$.traceEvents[0].ts"),
        (b'[{"ph":"C"},{"ph":"X","name":"a","dur":1}]', "$.traceEvents[1].ts"),
        (b'[{"ph":"C"},{"ph":"X","ts":1,"dur":"1e99"}]', "$.traceEvents[1].dur"),
        (b'[{"ph":"X","name":"a","ts":1', "byte 28"),
        (b'[{"ph":"X","ts":0,"dur":1}] x', "byte 27"),
        (b'{"traceEvents":[{"ph":"X","ts":0,"dur":1}', "byte 41"),
        (b'{"traceEvents":{}}', "$"),
        (b'{"traceEvents":[],"stackFrames":{"1":{"parent":1}},"samples":[{"sf":1,"ts":0}]}',
         "$.stackFrames['1']"),
        (b'{"traceEvents":[],"samples":[{"sf":1,"ts":0}]}', "$.samples"),
        (b"[" * 100_000, "byte 100000"),
        (b"[" * 100_000 + b"]" * 100_000, "$.traceEvents[0]"),
    ],
)  # fmt: skip
def test_broken_files_are_told_where(data, where):
    with pytest.raises(MalformedProfile) as caught:
        read(data)
    assert caught.value.where == where


@pytest.mark.parametrize("capture", captures("chrometrace"), ids=lambda one: one.id)
def test_wrong_types_are_a_profile_or_one_error(capture):
    document = json.loads(b"".join(Source(capture.path).pieces()))
    if isinstance(document, dict):
        document["traceEvents"] = document["traceEvents"][-60:]
    else:
        document = document[:60]
    for data in retyped(document, seed=3, times=100):
        outcome(data, "chrometrace")


def test_wrong_types_in_our_own_files_are_a_profile_or_one_error():
    document = json.loads(written(read(FOLDER / "viztracer.json")))
    document["traceEvents"] = []
    for data in retyped(document, seed=5):
        outcome(data, "chrometrace")


def test_a_staircase_of_spans_is_read():
    count = 3000
    found = read(trace(*(span(f"s{i % 7}", i * 10, (i + count) * 10) for i in range(count))))
    assert found["wall"].total == (2 * count - 1) * 10_000


def test_deep_and_unmatched_spans_take_no_longer():
    count = 20_000
    begins = [mark("B", "a", at) for at in range(count)]
    strays = [mark("E", "b", count) for _ in range(count)]
    deep = read(trace(*begins, *strays))["wall"]
    assert len(deep.tables.stacks) == count


def test_all_kinds_are_read_back():
    profile = read(trace(span("a", 0, 1)))["wall"]
    functions = profile.tables.functions
    for kind in range(len(KINDS)):
        changed = replace(functions, kind=np.full(1, kind, np.uint8))
        tables = replace(profile.tables, functions=changed)
        (again,) = read(written({"wall": replace(profile, tables=tables)})).values()
        assert again.tables.functions.kind.tolist() == [kind]
