import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from captures import captures
from helpers.ascii import draw, rows, show
from helpers.hostile import outcome, retyped
from helpers.same import told
from helpers.strategies import profiles
from hypothesis import given

from perfnb.errors import MalformedProfile
from perfnb.formats.gecko import GeckoImporter
from perfnb.formats.gecko.locations import Libraries, location
from perfnb.formats.gecko.schema import Library
from perfnb.formats.gecko.write import GeckoExporter
from perfnb.formats.source import Source
from perfnb.model import Metadata, ProfileBuilder, Thread
from perfnb.units import ValueType

CARRIES = GeckoExporter.carries
CAPTURES = {one.path.name: one.path for one in captures("gecko")}


def read(document):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return GeckoImporter().read(Source(data))


def read_capture(name):
    return GeckoImporter().read(Source(CAPTURES[name]))


def written(profile):
    out = BytesIO()
    GeckoExporter().write({profile.value.kind: profile}, out)
    return out.getvalue()


def spelled(profile, features=CARRIES):
    """What a profile tells, as text, with the one character UTF-8 cannot hold replaced."""
    lines = map(str, told(profile, features)["samples"].items())
    return sorted(re.sub(r"\\ud[89a-f][0-9a-f]{2}", "\ufffd", line) for line in lines)


# main calls work at line 7 of a.c, work calls the kernel's read.
TABLES = {
    "stackTable": {"frame": [0, 1, 2], "prefix": [None, 0, 1]},
    "frameTable": {"func": [0, 1, 2], "category": [0, None, 1], "line": [None, 7, None]},
    "funcTable": {"name": [0, 1, 2], "resource": [0, 0, -1], "fileName": [3, 3, None],
                  "lineNumber": [5, None, None]},
    "resourceTable": {"name": [4], "type": [1], "lib": [0], "host": [None]},
}  # fmt: skip
STRINGS = ["main", "work", "read", "a.c", "libwork.so"]
SAMPLES = {"stack": [2, 1, None], "time": [1, 2, 3.5], "weight": None, "weightType": "samples"}


def document(version=47, tables=TABLES, shared=None, meta=(), **thread):
    categories = [{"name": "User", "color": "yellow"}, {"name": "Kernel", "color": "orange"}]
    return {
        "meta": {"interval": 1, "startTime": 0, "preprocessedProfileVersion": version,
                 "categories": categories, **dict(meta)},
        "libs": [{"name": "libwork.so"}],
        **({} if shared is None else {"shared": shared}),
        "threads": [{"name": "t", "pid": "12", "tid": 34, "samples": SAMPLES, **tables, **thread}],
    }  # fmt: skip


def old(**changes):
    return document(stringArray=STRINGS, **changes)


def sourced():
    table = {key: value for key, value in TABLES["funcTable"].items() if key != "fileName"}
    return {**TABLES, "funcTable": {**table, "source": [0, 0, None]}}


SOURCES = {"stringArray": STRINGS, "sources": {"filename": [3]}}
OFFSETS = {"frame": [0, 1, 2], "prefixOffset": [0, 1, 1]}
LAYOUTS = {
    "tables of each thread": old(),
    "time deltas": old(samples={"stack": [2, 1, None], "timeDeltas": [1, 1, 1.5]}),
    "shared strings": document(56, shared={"stringArray": STRINGS}),
    "sources": document(58, sourced(), SOURCES),
    "shared tables": document(60, {}, {**sourced(), **SOURCES}),
    "prefix offsets": document(66, {}, {**sourced(), **SOURCES, "stackTable": OFFSETS}),
    "raw": {
        "meta": {"interval": 1, "startTime": 0, "version": 30,
                 "categories": old()["meta"]["categories"]},
        "libs": [],
        "threads": [{
            "name": "t", "pid": 12, "tid": 34,
            "samples": {"schema": {"stack": 0, "time": 1},
                        "data": [[2, 1], [1, 2], [None, 3.5, 0]]},
            "stackTable": {"schema": {"prefix": 0, "frame": 1},
                           "data": [[None, 0], [0, 1], [1, 2]]},
            "frameTable": {"schema": {"location": 0, "line": 3, "category": 4},
                           "data": [[0, False, 1, 5], [1, False, None, 7, 9],
                                    [2, True, 0, None, 1]]},
            "stringTable": STRINGS,
        }],
    },
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_versions_tell_the_same(layout):
    (profile,) = read(LAYOUTS[layout]).values()
    found = [
        ([(f.name, f.kind, line) for f, line in row.stack], row.thread, row.weight, row.time)
        for row in rows(profile)
    ]
    thread = Thread(12, 34, "t")
    main, work = ("main", "native", 5), ("work", "native", 7)
    assert found == [
        ([main, work, ("read", "kernel", 0)], thread, 1, 1_000_000),
        ([main, work], thread, 1, 2_000_000),
        ([], thread, 1, 3_500_000),
    ]
    if layout != "raw":
        function, _ = rows(profile)[0].stack[1]
        assert (function.file, function.module) == ("a.c", "libwork.so")
    assert profile.value == ValueType("samples", "count")
    assert profile.metadata.rate_asked == 1000


def test_perfs_script_knows_who_worked_how_long():
    (profile,) = read_capture("perf-gecko.json").values()
    table = {row["name"]: row for row in profile.functions().to_dicts()}
    assert 2.4 < table["square"]["self"] / table["cube"]["self"] < 3.6
    assert table["main"]["total"] == profile.total == 163
    assert table["handle_softirqs"]["kind"] == "kernel"
    assert table["square"]["module"] == "/tmp/ff/p/workload"
    assert profile.metadata.start_monotonic_ns == profile.samples.time[0] == 13395250_054000
    # Its startTime is no time of day, and its interval a constant.
    assert profile.metadata.start_wall is profile.metadata.rate_asked is None


def test_samply_tells_the_same_of_the_same_recording():
    (perf,) = read_capture("perf-gecko.json").values()
    profiles = read_capture("samply.json")
    profile = profiles["samples"]
    assert len(profile) == len(perf) == 163
    ours, theirs = (one.samples.time - one.samples.time[0] for one in (profile, perf))
    assert np.abs(ours - theirs).max() <= 1000  # gecko.py cuts to microseconds
    kernel = [
        sum(f.kind == "kernel" for row in rows(one) for f in row.functions())
        for one in (profile, perf)
    ]
    assert kernel[0] == kernel[1] > 0
    # Before exec the thread had another name, and no sample.
    assert profile.threads == (Thread(4758, 4758, "workload", "workload"),)
    # Each sample is of 2.004 ms of CPU, as perf was asked for; the first has none before it.
    assert profiles["on-CPU"].total == pytest.approx(163 * 2.004e6, rel=0.01)
    assert "addresses" in profile.metadata.notes[0]
    assert profile.metadata.rate_asked == pytest.approx(499)


def test_pythons_own_profiler_knows_who_worked_how_long():
    (profile,) = read_capture("tachyon.json").values()
    table = {row["name"]: row for row in profile.functions().to_dicts()}
    assert 2.4 < table["square"]["total"] / table["cube"]["total"] < 4.5
    assert {row["kind"] for row in table.values()} == {"python"}
    assert table["work"]["file"] == "tachyon.py"
    assert table["work"]["module"] == ""
    assert [len(profile.where(thread=t.tid)) for t in profile.threads] == [100, 100]
    assert profile.metadata.backend == "Tachyon Sampling Profiler"


def test_firefox_ran_the_script_of_the_page():
    profiles = read_capture("firefox.json.gz")
    profile = profiles["samples"]
    inner = [row for row in rows(profile) if any(f.name == "inner" for f in row.functions())]
    assert {row.thread.process for row in inner} == {"file:// Content"}
    for row in inner:
        names = [f.name for f in row.functions()]
        assert names[names.index("inner") - 1] == "outer"
        assert (row.stack[names.index("inner")][0].file) == "file:///tmp/ff/busy.html"
    # 250 ms of work at a sample every 10 ms.
    assert 15 <= len(inner) <= 26
    metadata = profile.metadata
    assert metadata.backend == "Firefox"
    assert metadata.rate_asked == 100
    assert metadata.notes
    first, last = int(profile.samples.time[0]), int(profile.samples.time[-1])
    assert metadata.start_monotonic_ns <= first <= last <= metadata.end_monotonic_ns
    cpu = profiles["on-CPU"]
    assert cpu.value.unit == "ns"
    assert 0 < cpu.total < len(cpu.threads) * metadata.wall_s * 1e9


def test_what_profiler_firefox_com_makes_of_a_raw_file_tells_the_same():
    raw, processed = map(read_capture, ("firefox.json.gz", "firefox-processed.json.gz"))
    assert list(raw) == list(processed)
    for name in raw:
        one, other = raw[name], processed[name]
        assert told(one, CARRIES - {"time"}) == told(other, CARRIES - {"time"})
        # The page sets the clocks of processes by their times of day, which are rounded.
        assert np.abs(one.samples.time - other.samples.time).max() < 1000


@pytest.mark.parametrize(
    ("weight_type", "weight", "value", "found"),
    [
        ("samples", [1, -2, 0], ValueType("samples", "count"), [1, -2, 0]),
        ("samples", [0.5, 1, 2], ValueType("samples", "micro"), [500_000, 10**6, 2 * 10**6]),
        ("tracing-ms", [0.25, 1, 2], ValueType("wall", "ns"), [250_000, 10**6, 2 * 10**6]),
        ("bytes", [4096, -16, 1], ValueType("bytes", "bytes"), [4096, -16, 1]),
    ],
)
def test_weights_are_in_their_unit(weight_type, weight, value, found):
    samples = {**SAMPLES, "weight": weight, "weightType": weight_type}
    (profile,) = read(old(samples=samples)).values()
    assert profile.value == value
    assert profile.samples.weight.tolist() == found


def test_each_kind_of_weight_is_a_profile():
    both = old(samples={**SAMPLES, "weight": [1, 2, 3], "weightType": "bytes"})
    both["threads"] += old(name="u", tid=5)["threads"]
    allocations = {"stack": [2, 1], "time": [1, 2], "weight": [100, -40], "weightType": "bytes"}
    both["threads"][0] |= {"jsAllocations": allocations, "nativeAllocations": allocations}
    found = {name: profile.total for name, profile in read(both).items()}
    assert found == {"samples": 3, "bytes": 6, "JS allocations": 100, "native allocations": 100}


@pytest.mark.parametrize(
    ("unit", "kind", "total"),
    [("ns", "on-CPU", 7), ("µs", "on-CPU", 7000), ("variable CPU cycles", "CPU cycles", 7)],
)
def test_cpu_use_is_a_profile_of_its_own(unit, kind, total):
    samples = {**SAMPLES, "threadCPUDelta": [None, 7, 0]}
    profiles = read(old(samples=samples, meta={"sampleUnits": {"threadCPUDelta": unit}}))
    assert list(profiles) == ["samples", kind]
    # What was not measured is no sample of it.
    assert profiles[kind].samples.weight.tolist() == [total, 0]
    assert profiles["samples"].samples.state is None


def test_samples_are_in_order_of_time_over_all_threads():
    two = old(samples={"stack": [0, 1], "timeDeltas": [10, -4]})
    two["threads"] += old(name="u", tid=5, samples={"stack": [2], "time": [8]})["threads"]
    profile = read(two)["samples"]
    assert (profile.samples.time // 10**6).tolist() == [6, 8, 10]
    assert profile.samples.thread.tolist() == [0, 1, 0]


def test_times_stand_on_the_clock_of_the_system_where_it_is_told():
    meta = {
        "startTime": 1.7e12,
        "startTimeAsClockMonotonicNanosecondsSinceBoot": 5 * 10**9,
        "profilingStartTime": 1,
    }
    profile = read(old(meta=meta))["samples"]
    assert profile.samples.time[0] == profile.metadata.start_monotonic_ns == 5_001_000_000
    assert profile.metadata.start_wall == 1.7e9 + 0.001


@pytest.mark.parametrize("start", [0, 10**7, 1.7e12])
def test_times_count_from_the_start_where_the_clock_is_not_told(start):
    # Tachyon of Python 3.15 puts a monotonic clock there, and counts from it.
    profile = read(old(meta={"startTime": start}))["samples"]
    assert profile.samples.time[0] == 1_000_000
    assert profile.metadata.start_monotonic_ns == 0
    assert profile.metadata.start_wall == (1.7e9 if start > 10**9 else None)


def test_processes_of_a_raw_file_agree_by_their_times_of_day():
    raw = json.loads(json.dumps(LAYOUTS["raw"]))
    child = json.loads(json.dumps(raw))
    raw["meta"]["startTime"], child["meta"]["startTime"] = 1.7e12, 1.7e12 + 100
    child["threads"][0]["pid"] = 13
    raw["processes"] = [child]
    profile = read(raw)["samples"]
    assert profile.samples.time.tolist() == [
        1_000_000, 2_000_000, 3_500_000, 101_000_000, 102_000_000, 103_500_000,
    ]  # fmt: skip
    assert [thread.pid for thread in profile.threads] == [12, 13]


def test_times_that_are_none_are_left_out():
    no_times = {"stack": [2, 1], "weight": [1, 2]}
    profile = read(old(samples=no_times))["samples"]
    assert profile.samples.time is profile.metadata.start_monotonic_ns is None
    offsets = old(meta={"sampleUnits": {"time": "bytes"}})
    assert read(offsets)["samples"].samples.time is None


def test_threads_with_ids_of_others_stay_apart():
    many = old()
    for name, pid, tid in (("u", "12.1", "34"), ("t", "12", "34"), ("v", "Unknown", None)):
        many["threads"] += old(name=name, pid=pid, tid=tid)["threads"]
    profile = read(many)["samples"]
    found = [(thread.pid, thread.tid, thread.name) for thread in profile.threads]
    assert found == [(12, 34, "t"), (12, -1, "u"), (0, 0, "v")]
    assert "below 0" in profile.metadata.notes[0]


def changed(path, value, base=None):
    """A document with one value changed, in a table of the only thread."""
    copy = json.loads(json.dumps(base or old()))
    *above, last = path
    place = copy["threads"][0]
    for key in above:
        place = place[key]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("stackTable", "prefix", 1), 1, "stackTable.prefix[1]"),  # a circle
        (("stackTable", "prefix", 0), 2, "stackTable.prefix[0]"),
        (("stackTable", "prefix", 2), 0.5, "stackTable.prefix[2]"),
        (("stackTable", "prefix", 2), -2, "stackTable.prefix[2]"),
        (("stackTable", "prefix"), [None], "stackTable.prefix"),
        (("stackTable", "frame", 1), None, "stackTable.frame[1]"),
        (("stackTable", "frame", 1), 3, "stackTable.frame[1]"),
        (("frameTable", "func", 2), 1e30, "frameTable.func[2]"),
        (("frameTable", "category", 0), 2, "frameTable.category[0]"),
        (("funcTable", "name", 0), 99, "funcTable.name[0]"),
        (("funcTable", "fileName", 0), 99, "funcTable.fileName[0]"),
        (("funcTable", "resource", 0), 1, "funcTable.resource[0]"),
        (("resourceTable", "name", 0), 99, "resourceTable.name[0]"),
        (("samples",), {**SAMPLES, "stack": [0, 3, 0]}, "samples.stack[1]"),
        (("samples",), {**SAMPLES, "time": [0, None, 0]}, "samples.time[1]"),
        (("samples",), {**SAMPLES, "time": [0, 1e300, 0]}, "samples.time[1]"),
        (("samples",), {**SAMPLES, "weightType": "apples"}, "samples.weightType"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(path, value, where):
    with pytest.raises(MalformedProfile) as caught:
        read(changed(path, value))
    assert caught.value.where == f"$.threads[0].{where}"


def test_in_a_raw_file_too():
    raw = changed(("stackTable", "data", 1), [1, 1], LAYOUTS["raw"])
    with pytest.raises(MalformedProfile) as caught:
        read({**LAYOUTS["raw"], "processes": [raw]})
    assert caught.value.where == "$.processes[0].threads[0].stackTable.prefix[1]"


@pytest.mark.parametrize(
    "column",
    [
        {"weight": [1e300] * 3},
        {"weight": [9e18, 9e18, 1]},
        {"weight": [None, 1, 1]},
        {"weight": [1e308] * 3, "weightType": "tracing-ms"},
        {"threadCPUDelta": [1e308] * 3},
        {"time": None, "timeDeltas": [1e308] * 3},
    ],
    ids=str,
)
def test_numbers_that_cannot_be_added_up_are_refused(column):
    units = {"sampleUnits": {"threadCPUDelta": "µs"}}
    with pytest.raises(MalformedProfile, match=r"weights of|not a time"):
        read(old(samples={**SAMPLES, **column}, meta=units))


def test_damage_of_any_value_gives_a_profile_or_one_error():
    small = json.loads(Source(CAPTURES["firefox-processed.json.gz"]).bytes())
    perf = json.loads(CAPTURES["perf-gecko.json"].read_bytes())
    mine = json.loads(written(draw("      a  b <x.py:1>\n      c  d\ntime: 1  2")))
    for seed, whole in enumerate((*LAYOUTS.values(), perf, small, mine)):
        for data in retyped(whole, seed, 60 if whole is small else 200):
            outcome(data, "gecko")


def test_a_stack_of_a_million_frames_is_read():
    deep = 10**6
    tables = {
        **TABLES,
        "stackTable": {"frame": [i % 3 for i in range(deep)], "prefix": [None, *range(deep - 1)]},
    }
    samples = {"stack": [deep - 1], "time": [0]}
    profile = read(document(tables=tables, stringArray=STRINGS, samples=samples))["samples"]
    assert len(profile.tables.stacks) == deep
    assert profile.samples.stack.tolist() == [deep - 1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nsBrowserApp main", ("nsBrowserApp main", "", "", 0)),
        ("0x1500", ("0x1500", "", "libxul.so", 0)),
        ("0x3000", ("0x3000", "", "", 0)),
        ("0xno", ("0xno", "", "", 0)),
        ("f(int) (in libc.so.6)", ("f(int)", "", "libc.so.6", 0)),
        ("f (in a b) + 12", ("f", "", "a b", 0)),
        ("f (in a b) (x.cpp:12)", ("f", "", "a b", 0)),
        ("f (in a) or (not)", ("f (in a) or (not)", "", "", 0)),
        ("f (https://a/b.js:3:14)[7]", ("f", "https://a/b.js", "", 3)),
        ("f (d (x)/a.js:1:2)", ("f (d", "x)/a.js", "", 1)),
        ("g (a.js -> b.js:3)", ("g", "b.js", "", 3)),
        ("https://a:80/b.js:3:14", ("(root scope) https://a:80/b.js", "https://a:80/b.js", "", 3)),
        ("std::sort", ("std::sort", "", "", 0)),
        ("", ("", "", "", 0)),
        (":1", (":1", "", "", 0)),
    ],
)
def test_frames_in_one_string_are_taken_apart(text, found):
    libraries = Libraries([Library(0x1000, 0x2000, "libxul.so")])
    assert location(text, libraries) == found


@given(profile=profiles())
def test_what_is_written_is_there_again(profile):
    (again,) = read(written(profile)).values()
    assert again.value == profile.value
    assert spelled(again) == spelled(profile)
    (third,) = read(written(again)).values()
    assert told(third, CARRIES | {"metadata"}) == told(again, CARRIES | {"metadata"})


def test_the_recording_is_told_of_as_far_as_the_format_has_a_place():
    metadata = {
        "title": "work.py", "backend": "py-spy", "start_monotonic_ns": 10**15,
        "end_monotonic_ns": 10**15 + 10**9, "start_wall": 1.7e9, "rate_asked": 50.0,
        "summed": True,
    }  # fmt: skip
    profile = draw("      a\ntime: 1000000000000500", **metadata)
    (again,) = read(written(profile)).values()
    assert again.metadata == Metadata(**metadata)


def test_how_many_samples_a_row_stands_for_is_kept():
    profile = draw("        a  b\nweight: 3  2")
    counted = replace(profile.samples, count=np.array([7, 9], dtype=np.int64))
    (again,) = read(written(profile.with_samples(counted))).values()
    assert again.samples.count.tolist() == [7, 9]


def test_a_profile_without_times_says_so_and_has_none_again():
    document = json.loads(written(draw("        a  b  c\nweight: 3  2  1")))
    assert document["threads"][0]["samples"]["time"] == [0, 1, 2]
    assert "one interval after the other" in json.dumps(document["meta"]["extra"])
    (again,) = read(document).values()
    assert again.samples.time is None
    assert show(again.call_tree()) == "all 0/6\n  a 3/3\n  b 2/2\n  c 1/1"


def test_a_profile_of_nothing_is_written_with_a_thread_and_read_without():
    document = json.loads(written(draw("")))
    assert len(document["threads"]) == 1
    (again,) = read(document).values()
    assert (len(again), again.threads) == (0, ())


def test_only_what_samples_use_is_written():
    profile = draw("""
                a  a  a
                b  c  b
                      d
        thread: 1  2  1
    """)
    document = json.loads(written(profile.where(thread="1")))
    assert document["shared"]["stringArray"] == ["a", "b", "d"]
    (again,) = read(document).values()
    assert show(again.call_tree()) == "all 0/2\n  a 0/2\n    b 1/2\n      d 1/1"


def test_columns_that_others_cut_short_are_left_out():
    builder = ProfileBuilder(ValueType("samples", "count"))
    for state in ("on-CPU", "gil"):
        builder.sample(-1, time=5, duration=3, state=state)
    document = json.loads(written(builder.build()))
    samples = document["threads"][0]["samples"]
    document["threads"][0]["samples"] |= {key: samples[key][:1] for key in ("stack", "time")}
    (again,) = read(document).values()
    assert len(again) == 1
    assert again.samples.state is again.samples.duration is None


@pytest.mark.parametrize(
    ("head", "is_mine"),
    [
        (b'{"meta": {"interval": 1}, "libs": [', True),
        (b'{"libs": [], "meta": {}, "pages"', True),
        (b'\xef\xbb\xbf {"meta": 0, "threads": 0}', True),
        (b'{"meta": {"threads": 1}', False),
        (b'{"threads": []}', False),
        (b'[{"meta": 0, "threads": 0}]', False),
        (b"meta;threads 3", False),
        (b'{"$schema": "https://www.speedscope.app/", "shared": {}', False),
    ],
)
def test_only_such_documents_are_claimed(head, is_mine):
    assert GeckoImporter().sniff(head) is is_mine


# The page's own code, for the command line.
CLI = shutil.which(Path(__file__).parents[1] / "peers/node_modules/.bin/profiler-cli")


@pytest.fixture
def firefox_profiler():
    """Ask Firefox Profiler for self and total of the functions of each thread of a file."""
    # Its socket lies there: the path has to be short.
    with tempfile.TemporaryDirectory(prefix="fx") as folder:
        environment = {**os.environ, "PROFILER_CLI_SESSION_DIR": folder}

        def functions(daemon, thread):
            words = "thread", "functions", "--include-idle", "--json", "--thread", f"t-{thread}"
            # It answers with an error until it has read the file; each question takes a while.
            for _ in range(200):
                assert daemon.poll() is None
                done = subprocess.run([CLI, *words], env=environment, capture_output=True)
                if done.returncode == 0:
                    found = json.loads(done.stdout)["functions"]
                    return [(f["name"], f["selfSamples"], f["totalSamples"]) for f in found]
            raise AssertionError("the file cannot be opened")

        def ask(path, threads):
            with subprocess.Popen(
                [CLI, "--daemon", path], env=environment, stdout=subprocess.DEVNULL
            ) as daemon:
                try:
                    return [functions(daemon, thread) for thread in range(threads)]
                finally:
                    daemon.kill()

        yield ask


def numbers(functions):
    return sorted((total, own) for _, own, total in functions)


def plain_names(functions):
    return sorted(name for name, _, _ in functions if name.isidentifier())


@pytest.mark.skipif(not CLI, reason="profiler-cli is not installed: `npm ci` in tests/peers")
@pytest.mark.parametrize("name", CAPTURES)
def test_firefox_profiler_opens_what_is_written(name, firefox_profiler, tmp_path):
    for profile in read_capture(name).values():
        path = tmp_path / "written.json"
        path.write_bytes(written(profile))
        answers = firefox_profiler(path, len(profile.threads))
        for thread, answer in zip(profile.threads, answers, strict=True):
            mine = profile.where(thread=thread.tid).functions()
            per = 1e6 if profile.value.unit == "ns" else 1
            wanted = [
                (row["name"], row["self"] / per, row["total"] / per)
                for row in mine.to_dicts()
                if row["total"]
            ]
            # It shortens names that hold paths.
            for one, other in zip(numbers(answer), numbers(wanted), strict=True):
                assert one == pytest.approx(other)
            assert plain_names(answer) == plain_names(wanted)
