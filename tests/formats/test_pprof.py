import gzip
import io
import re
import shutil
import struct
import subprocess
from collections import Counter

import pytest
from captures import captures
from helpers.ascii import Function, draw, rows
from helpers.hostile import damaged, outcome, truncated
from helpers.same import told
from helpers.strategies import HOSTILE, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile, UnsupportedVersion
from perfnb.formats.pprof import PprofImporter
from perfnb.formats.pprof.labels import joined, split
from perfnb.formats.pprof.schema import message_type
from perfnb.formats.pprof.values import unique_names, value_type
from perfnb.formats.pprof.write import PprofExporter
from perfnb.formats.source import Source
from perfnb.model import Label, ProfileBuilder, Thread
from perfnb.units import ValueType

CAPTURES = captures("pprof")
every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=lambda one: one.path.name)
GO = shutil.which("go")
needs_go = pytest.mark.skipif(GO is None, reason="needs go: apt install golang-go")


def read(data):
    return PprofImporter().read(Source(data))


def written(*profiles):
    out = io.BytesIO()
    PprofExporter().write({str(number): one for number, one in enumerate(profiles)}, out)
    return out.getvalue()


def capture(name):
    (one,) = [one for one in CAPTURES if one.path.name == name]
    return read(one.path)


def encode(name, fields):
    """Return a message: dictionaries are messages within, texts their place in the table."""
    return message_type(name)(**fields).SerializeToString()


def file(samples, locations=(), functions=(), mappings=(), types=(("samples", "count"),), **fields):
    """Return a file; all texts are in its table: look them up with `TEXT`."""
    message = message_type("Profile")(string_table=[text.encode() for text in TEXTS], **fields)
    for kind, unit in types:
        message.sample_type.append(encode("ValueType", {"type": TEXT[kind], "unit": TEXT[unit]}))
    for field, name, content in (
        (message.sample, "Sample", samples),
        (message.location, "Location", locations),
        (message.function, "Function", functions),
        (message.mapping, "Mapping", mappings),
    ):
        field.extend(one if isinstance(one, bytes) else encode(name, one) for one in content)
    return message.SerializeToString()


TEXTS = (
    "",
    "samples",
    "count",
    "cpu",
    "nanoseconds",
    "kilobytes",
    "cycles",
    "main",
    "_main",
    "a.py",
)
TEXTS += ("/bin/app", "[kernel.kallsyms]", "pid", "thread_id", "thread", "route", "/a", "space")
TEXT = {text: index for index, text in enumerate(TEXTS)}
MAIN = {"id": 1, "name": TEXT["main"]}
AT_MAIN = {"id": 1, "line": [encode("Line", {"function_id": 1, "line": 3})]}
ONE = {"location_id": [1], "value": [1]}


def address(location, address):
    return encode("Location", location) + b"\x18" + bytes([address])


# What the captures are known to hold


def test_a_cpu_profile_of_go():
    found = capture("cpu.pb.gz")
    assert list(found) == ["cpu", "samples"]
    cpu, samples = found.values()
    assert cpu.value == ValueType("cpu", "ns")
    assert samples.value == ValueType("samples", "count")
    assert cpu.tables is samples.tables
    assert cpu.total == samples.total * 10_000_000
    assert cpu.samples.count.sum() == samples.total
    main = Function("main.main", "./workload.go", "/tmp/demo/workload", "native")
    assert all(main in row.functions() for row in rows(cpu))
    shares = Counter()
    for label, weight in zip(cpu.samples.label, cpu.samples.weight, strict=True):
        shares[cpu.tables.labels[label][0]] += int(weight)
    assert shares[Label("route", "/dear")] > 2 * shares[Label("route", "/cheap")] > 0
    assert Label("tier", "<b>web;1</b>") in cpu.tables.labels[0]
    metadata = cpu.metadata
    assert metadata.rate_asked == 100
    assert metadata.start_wall == pytest.approx(1795366337.26, abs=0.01)
    assert metadata.wall_s == pytest.approx(1.313, abs=0.001)


def test_inlined_calls_are_frames_of_their_own():
    stacks = [
        [function.name for function in row.functions()] for row in rows(capture("cpu.pb.gz")["cpu"])
    ]
    inlined = [stack for stack in stacks if stack[-1] == "main.square"]
    assert inlined
    assert all(stack[-2] == "main.spin" for stack in inlined)


def test_a_heap_profile_of_go():
    found = capture("heap.pb.gz")
    assert list(found) == ["inuse_space", "alloc_objects", "alloc_space", "inuse_objects"]
    assert found["inuse_space"].value == ValueType("inuse_space", "bytes")
    kept = found["inuse_objects"].functions().row(by_predicate=named("main.keep"), named=True)
    assert 95 <= kept["self"] <= 105
    labels = {label for labels in found["alloc_space"].tables.labels for label in labels}
    assert Label("bytes", 4096) in labels
    assert found["alloc_space"].samples.count is None


def named(name):
    import polars as pl

    return pl.col("name") == name


# The same as pprof says

THEIRS = {"ns": "ns", "bytes": "B", "count": "count"}


def tops(path, index, unit):
    """Return self and total by function, as go tool pprof prints them."""
    argv = [GO, "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0"]
    argv += [f"-sample_index={index}", f"-unit={unit}", "-symbolize=none", str(path)]
    text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    lines = text.partition("cum%\n")[2].splitlines()
    found = Counter(), Counter()
    for line in lines:
        own, _, _, total, _, name = line.split(None, 5)
        name = re.sub(r" \((partial-)?inline\)$", "", name)
        for counter, amount in zip(found, (own, total), strict=True):
            counter[name] += int(re.match(r"-?\d+", amount)[0])
    return tuple({name: value for name, value in one.items() if value} for one in found)


def ours(profile):
    own, total = Counter(), Counter()
    for row in rows(profile):
        names = [function.name for function in row.functions()]
        own.update(dict.fromkeys(names[-1:], row.weight))
        total.update(dict.fromkeys(names, row.weight))
    return tuple({name: value for name, value in one.items() if value} for one in (own, total))


@needs_go
@every_capture
def test_self_and_total_are_pprofs(capture, tmp_path):
    again = tmp_path / "again.pb.gz"
    found = read(capture.path)
    again.write_bytes(written(*found.values()))
    for name, profile in found.items():
        unit = THEIRS[profile.value.unit]
        assert ours(profile) == tops(capture.path, name, unit)
        assert ours(profile) == tops(again, name, unit)


@needs_go
def test_what_is_drawn_is_what_pprof_sees(tmp_path):
    picture = """
                main <app.py:3>    main <app.py:4>    main <app.py:3>
                load               work (native)      load
                main <app.py:9>                       a;b<c> 7
        thread: one                one                two
        weight: 5                  70000000000        2
    """
    path = tmp_path / "drawn.pb.gz"
    for value in (ValueType("samples", "count"), ValueType("wall", "ns")):
        profile = draw(picture, value)
        path.write_bytes(written(profile))
        assert ours(profile) == tops(path, value.kind, THEIRS[value.unit])


@needs_go
def test_pprof_opens_odd_profiles(tmp_path):
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(-1, weight=3)
    for name in (*HOSTILE, ""):
        frame = builder.frame(name, name, 1, name)
        builder.sample(builder.stack([frame]), label=builder.labels([Label(name, name)]))
    for profile in (builder.build(), ProfileBuilder(ValueType("", "micro")).build()):
        path = tmp_path / "odd.pb.gz"
        path.write_bytes(written(profile))
        subprocess.run([GO, "tool", "pprof", "-raw", str(path)], check=True, capture_output=True)


# The way there and back


def writable(told):
    """Return what was told with what is not Unicode replaced, as the format wants it."""
    if isinstance(told, str):
        return told.encode("utf-8", "replace").decode()
    if isinstance(told, tuple) and type(told) is tuple:
        return tuple(writable(one) for one in told)
    return told


def summary(profile):
    found = told(profile, PprofExporter.carries)
    sums = Counter()
    for key, weight in found["samples"].items():
        sums[writable(key)] += weight
    return sums, found["value"]


@given(profiles())
def test_what_is_written_is_there_again(profile):
    (again,) = read(written(profile)).values()
    assert summary(again) == summary(profile)
    (third,) = read(written(again)).values()
    assert told(third, PprofExporter.carries) == told(again, PprofExporter.carries)


@given(st.lists(profiles(), min_size=1, max_size=3))
def test_several_profiles_are_there_again_whatever_they_share(several):
    several.append(several[0].with_samples(several[0].samples.take(slice(1, None))))
    again = read(written(*several)).values()
    assert [summary(one) for one in again] == [summary(one) for one in several]


texts = st.sampled_from(("", "pid", "thread_id", "tid", "thread", "comm", "host", "route", "é"))
labels = st.lists(
    st.builds(Label, texts, texts, st.just(""))
    | st.builds(Label, texts, st.integers(-(2**63), 2**63 - 1), texts),
    max_size=5,
)
threads = st.builds(Thread, st.integers(-1, 3), st.integers(0, 3), texts, texts, texts)


@given(threads, labels)
def test_threads_and_labels_are_there_again(thread, labels):
    assert split(joined(thread, labels)) == (thread, tuple(labels))
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(-1, builder.thread(thread), label=builder.labels(labels))
    profile = builder.build()
    (again,) = read(written(profile)).values()
    assert summary(again) == summary(profile)


def test_metadata_that_the_format_knows_is_there_again():
    profile = draw(
        "main",
        ValueType("wall", "ns"),
        start_wall=1795366337.25,
        start_monotonic_ns=5,
        end_monotonic_ns=5 + 10**9,
        rate_asked=250.0,
        notes=("taken by hand",),
    )
    again = read(written(profile))["wall"].metadata
    assert (again.start_wall, again.wall_s, again.rate_asked) == (1795366337.25, 1.0, 250.0)
    assert again.notes == ("taken by hand",)
    heap = capture("heap.pb.gz")["inuse_space"]
    assert read(written(heap))["inuse_space"].metadata == heap.metadata


def test_what_no_field_has_room_for_is_left_out_or_told_as_text():
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(-1, label=builder.labels([Label("big", 2**64)]))
    profile = builder.build().with_metadata(start_wall=1e30, rate_asked=1e-12)
    again = read(written(profile))["samples"]
    assert again.tables.labels == ((Label("big", str(2**64)),),)
    assert again.metadata.start_wall is None


# How things are read


def test_names_of_functions_and_addresses():
    data = file(
        [{"location_id": [1, 2, 3, 4, 5], "value": [1]}],
        [
            address({"id": 1, "mapping_id": 2}, 0x7F),
            address({"id": 2, "mapping_id": 1}, 0x10),
            {"id": 3, "line": [encode("Line", {"function_id": 1, "line": -5})]},
            {"id": 4, "line": [encode("Line", {"function_id": 2, "line": 2})]},
            {"id": 5, "mapping_id": 2, "line": [encode("Line", {"line": 2})]},
        ],
        [
            {"id": 1, "system_name": TEXT["_main"]},
            {"id": 2, "name": TEXT["main"], "system_name": TEXT["_main"], "filename": TEXT["a.py"]},
        ],
        [{"id": 1, "filename": TEXT["/bin/app"]}, {"id": 2, "filename": TEXT["[kernel.kallsyms]"]}],
    )
    (row,) = rows(read(data)["samples"])
    assert row.stack == (
        (Function("", "", "[kernel.kallsyms]", "kernel"), 2),
        (Function("main", "a.py", "", "python"), 2),
        (Function("_main", "", "", "native"), 0),
        (Function("0x10", "", "/bin/app", "native"), 0),
        (Function("0x7f", "", "[kernel.kallsyms]", "kernel"), 0),
    )


def test_the_default_is_the_one_the_file_names_or_the_last():
    types = ("samples", "count"), ("cpu", "nanoseconds")
    samples = [{"value": [1, 2]}]
    assert list(read(file(samples, types=types))) == ["cpu", "samples"]
    named = file(samples, types=types, default_sample_type=TEXT["samples"])
    assert list(read(named)) == ["samples", "cpu"]
    unknown = file(samples, types=types, default_sample_type=TEXT["space"])
    assert list(read(unknown)) == ["cpu", "samples"]


@pytest.mark.parametrize(
    ("kind", "unit", "value", "factor"),
    [
        ("cpu", "nanoseconds", ValueType("cpu", "ns"), 1),
        ("cpu", "microseconds", ValueType("cpu", "ns"), 1000),
        ("cpu", "Milliseconds", ValueType("cpu", "ns"), 10**6),
        ("wall", "s", ValueType("wall", "ns"), 10**9),
        ("space", "bytes", ValueType("space", "bytes"), 1),
        ("space", "kilobytes", ValueType("space", "bytes"), 1024),
        ("samples", "count", ValueType("samples", "count"), 1),
        ("cycles", "cycles", ValueType("cycles", "count"), 1),
        ("cpu", "cycles", ValueType("cpu (cycles)", "count"), 1),
        ("", "", ValueType("", "count"), 1),
    ],
)
def test_units(kind, unit, value, factor):
    assert value_type(kind, unit) == (value, factor)


def test_values_are_in_our_unit():
    data = file([{"value": [3]}, {"value": [-1]}], types=[("space", "kilobytes")])
    assert read(data)["space"].samples.weight.tolist() == [3072, -1024]


def test_names_of_value_types_are_unique():
    types = [("cpu", "count"), ("cpu", "ns"), ("cpu", "ns"), ("wall", "ns")]
    assert unique_names(types) == ["cpu (count)", "cpu (ns)", "cpu (ns) #2", "wall"]


@pytest.mark.parametrize(
    ("given_labels", "thread"),
    [
        ([Label("pid", 7), Label("thread_id", 8), Label("thread", "io")], Thread(7, 8, "io")),
        ([Label("comm", "app"), Label("tid", 8), Label("pid", 7)], Thread(7, 8, "", "app")),
        ([Label("thread", "io")], Thread(0, 0)),
        ([Label("pid", "7"), Label("tid", 8)], Thread(0, 0)),
        ([Label("tid", 8)], Thread(0, 0)),
    ],
)
def test_only_exact_labels_are_a_thread(given_labels, thread):
    found, rest = split(given_labels)
    assert found == thread
    assert rest == (tuple(given_labels) if thread.pid == 0 else ())


def test_frames_that_the_file_would_drop_are_kept_and_it_is_said():
    found = read(file([ONE], [AT_MAIN], [MAIN], drop_frames=TEXT["main"]))["samples"]
    assert len(rows(found)[0].stack) == 1
    assert "left out; all are here: main" in found.metadata.notes[0]


def test_a_stack_of_a_million_frames():
    deep = {"location_id": [1] * 10**6, "value": [1]}
    found = read(file([deep, ONE], [AT_MAIN], [MAIN]))["samples"]
    assert len(found.tables.stacks) == 10**6
    assert found.total == 2


def test_bad_unicode_is_replaced():
    data = file([ONE], [AT_MAIN], [MAIN]).replace(b"\x32\x04main", b"\x32\x04m\xff\x00n")
    (row,) = rows(read(data)["samples"])
    assert row.functions()[0].name == "m\ufffd\0n"


# Broken files


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (file([ONE]), "sample[0]", "no location 1"),
        (file([ONE, {**ONE, "location_id": [0]}], [AT_MAIN], [MAIN]), "sample[1]", "no location 0"),
        (file([{**ONE, "location_id": [2**63]}], [AT_MAIN], [MAIN]), "sample[0]", "no location 9"),
        (file([ONE], [AT_MAIN]), "location[0]", "no function 1"),
        (file([ONE], [{"id": 1, "mapping_id": 3}]), "location[0]", "no mapping 3"),
        (file([ONE], [{}]), "location[0]", "id 0"),
        (file([ONE], [AT_MAIN, AT_MAIN], [MAIN]), "location[1]", "another has too"),
        (file([ONE], [AT_MAIN], [{**MAIN, "name": 99}]), "function[0]", "not in the table"),
        (file([ONE], [AT_MAIN], [{**MAIN, "filename": -1}]), "function[0]", "not in the table"),
        (file([], mappings=[{"id": 1, "filename": 99}]), "mapping[0]", "not in the table"),
        (file([], [{"id": 1, "line": [b"\x08"]}]), "location[0]", "a line: "),
        (file([b"\x0a\x01\x80\x10\x01"]), "sample[0]", "cut off"),
        (file([b"\x10\x01\x0a\x05"]), "sample[0]", "cut off"),
        (file([{"value": [1, 2]}]), "sample[0]", "more values"),
        (file([{"value": [1]}, {}]), "sample[1]", "fewer values"),
        (file([{"value": [1], "label": [b"\x08\x63"]}]), "sample[0]", "not in the table"),
        (file([{"value": [1], "label": [b"\x08"]}]), "sample[0]", "a label: "),
        (file([{"value": [2**62]}] * 2), "sample", "too large"),
        (file([{"value": [-(2**63)]}]), "sample", "too large"),
        (file([], types=()), "sample_type", "none"),
        (file([{}] * 9, types=[("cpu", "count")] * 900), "sample", "fewer values"),
        (file([], comment=[99]), "own fields", "no string 99"),
        (file([], time_nanos=1, drop_frames=-1), "own fields", "no string -1"),
        (file([ONE]) + b"\x0a\x7f", f"byte {len(file([ONE]))}", "no field"),
        (b"\x0b\x0b\x0b", "byte 0", "no field"),
    ],
)
def test_broken_files_are_told_with_place_and_reason(data, where, what):
    with pytest.raises(MalformedProfile) as caught:
        read(data)
    assert where in caught.value.where
    assert what in caught.value.what


@every_capture
def test_damage_below_the_compression_is_a_profile_or_one_error(capture):
    data = gzip.decompress(capture.path.read_bytes())
    for broken in (*damaged(data, seed=1, times=200), *truncated(data)):
        outcome(broken, "pprof")


# Whose file it is


@every_capture
def test_its_files_are_known_by_their_first_bytes(capture):
    sniff = PprofImporter().sniff
    data = gzip.decompress(capture.path.read_bytes())
    assert sniff(data)
    # All of the first sample must be there.
    assert sniff(data[: len(data) // 2])
    assert not sniff(data[:10])


@pytest.mark.parametrize(
    "capture", [c for c in captures() if c.format != "pprof"], ids=lambda c: c.id
)
def test_files_of_others_are_not_its(capture):
    assert not PprofImporter().sniff(Source(capture.path).head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"\n\n",
        b"\n\x04\x08\x01",
        b"\n\0",
        b"main;work 1\n",
        b"{}",
        b"\0" * 80,
        b"PK\3\4",
    ],
)
def test_what_is_no_file_of_its_is_not_claimed(head):
    assert not PprofImporter().sniff(head)


@pytest.mark.parametrize(
    "data",
    [
        b"heap profile: 3: 4 [ 5: 6] @ heapprofile\n",
        b"--- contentionz 1 ---\n",
        b"goroutine profile: total 5\n1 @ 0x1\n",
        struct.pack("<6Q", 0, 3, 0, 10000, 0, 1),
        struct.pack("<6I", 0, 3, 0, 10000, 0, 1),
        struct.pack(">6Q", 0, 3, 0, 10000, 0, 1),
    ],
)
def test_older_formats_are_refused_with_a_way_out(data):
    assert PprofImporter().sniff(data)
    with pytest.raises(UnsupportedVersion, match="go tool pprof -proto"):
        read(data)
