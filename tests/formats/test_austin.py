from collections import Counter

import pytest
from captures import DATA, captures
from helpers.ascii import rows
from helpers.strategies import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile, UnsupportedVersion
from perfnb.formats import IMPORTERS
from perfnb.formats.austin.mojo import number
from perfnb.formats.read import identify, read_all
from perfnb.formats.source import Source
from perfnb.model import Label

FOLDER = DATA / "austin"
HEADER = b"# austin: 3.7.0\n# interval: 100\n# mode: wall\n\n"


def capture(name):
    return read_all(FOLDER / name)


def text(*lines, header=HEADER):
    return read_all(header + "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")


def names(row):
    return [function.name for function in row.functions()]


def total_of(profile, name):
    return sum(row.weight for row in rows(profile) if name in names(row))


# What the tool wrote


@pytest.mark.parametrize("file", ["wall.austin", "children.austin"])
def test_text_keeps_each_line_as_a_sample(file):
    profile = capture(file)["wall"]
    lines = (FOLDER / file).read_text().splitlines()
    told = [line.rpartition(" ") for line in lines if line.startswith("P")]
    assert [row.weight for row in rows(profile)] == [1000 * int(metric) for _, _, metric in told]
    assert [len(row.stack) for row in rows(profile)] == [stack.count(";") - 1 for stack, *_ in told]
    assert profile.metadata.rate_asked == 50
    assert profile.metadata.backend_version == "3.7.0"
    assert profile.samples.time is None


@pytest.mark.parametrize("file", ["wall", "cpu", "memory", "children"])
def test_mojo_has_as_many_samples_as_austin_counted(file):
    profile = next(iter(capture(f"{file}.mojo").values()))
    assert len(profile) == int(profile.metadata.extra["count"])
    assert profile.metadata.backend_version == "4.0.0"
    assert profile.metadata.missed == (1 if file == "children" else 0)


@pytest.mark.parametrize(
    ("file", "value"),
    [("wall.austin", "wall"), ("wall.mojo", "wall"), ("cpu.mojo", "on-CPU"),
     ("full.austin", "on-CPU"), ("children.austin", "wall"), ("children.mojo", "on-CPU")],
)  # fmt: skip
def test_three_parts_of_four_are_heavy(file, value):
    profile = capture(file)[value]
    heavy, light = total_of(profile, "heavy"), total_of(profile, "light")
    assert 0.65 < heavy / (heavy + light) < 0.85


def test_the_thread_that_waits_is_not_on_a_cpu():
    profiles = capture("full.austin")
    assert list(profiles) == ["wall", "on-CPU", "memory"]
    for row in rows(profiles["wall"]):
        assert row.state == ("off-CPU" if "wait" in names(row) else "on-CPU")
    assert total_of(profiles["on-CPU"], "wait") == 0
    assert total_of(profiles["on-CPU"], "main") == total_of(profiles["wall"], "main")


def test_memory_is_in_bytes():
    mebibytes = 3 * 4 * 2**20
    for file in ("full.austin", "memory.austin", "memory.mojo"):
        profile = capture(file)["memory"]
        assert mebibytes * 0.8 < total_of(profile, "main") < mebibytes * 1.5
        assert profile.value.unit == "bytes"


def test_processes_are_kept_apart():
    for file in ("children.austin", "children.mojo"):
        profile = capture(file)["wall"]
        pids = Counter(row.thread.pid for row in rows(profile))
        assert len(pids) == 2
        child = max(pids)
        assert any("BaseProcess._bootstrap" in names(row) for row in rows(profile))
        assert {row.thread.tid for row in rows(profile) if row.thread.pid == child}


# Text


def test_frames_of_every_sort():
    row = rows(text(
        r"P1;T0:7;C:\app\main.py:run:3;<frozen runpy>:_run:9;native@7f12:std::sort<a, b>:44;"
        "/lib/libm.so.6:ns::f(int):12;kernel:do_fault:0;:INVALID:;:GC: 5"
    )["wall"])[0]  # fmt: skip
    assert [(f.name, f.file, f.kind, line) for f, line in row.stack] == [
        ("run", r"C:\app\main.py", "python", 3),
        ("_run", "<frozen runpy>", "python", 9),
        ("std::sort<a, b>", "", "native", 0),
        ("ns::f(int)", "/lib/libm.so.6", "native", 12),
        ("do_fault", "", "kernel", 0),
        ("INVALID", "", "synthetic", 0),
        ("GC", "", "synthetic", 0),
    ]


def test_threads_of_old_versions_and_of_windows():
    found = rows(text("P1;T7;a.py:f:1 1", "P1;T7ffe;a.py:f:1 1", "P2;T0:7;a.py:f:1 1")["wall"])
    assert [(row.thread.pid, row.thread.tid) for row in found] == [(1, 7), (1, 0x7FFE), (2, 7)]


def test_another_interpreter_is_a_label():
    profile = text("P1;T0:7;a.py:f:1 1", "P1;T2:7;a.py:f:1 1")["wall"]
    assert profile.samples.label.tolist() == [-1, 0]
    assert profile.tables.labels == ((Label("interpreter", 2),),)


def test_memory_may_shrink():
    profile = text("P1;T0:7;a.py:f:1 -4096", header=b"# austin: 3.7.0\n# mode: memory\n")["memory"]
    assert profile.total == -4096


def test_a_thread_without_frames_is_the_empty_stack():
    assert rows(text("P1;T0:7 12")["wall"])[0].stack == ()


@pytest.mark.parametrize("name", [name for name in HOSTILE if not set(name) & set("\n:")])
def test_odd_names_are_kept(name):
    plain = name.encode("utf-8", "replace").decode()
    row = rows(text(f"P1;T0:7;/a b/;c.py:{plain}:3 9")["wall"])[0]
    assert [(f.name, f.file) for f, _ in row.stack] == [(plain, "/a b/;c.py")]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("P1;T0:7", "process and a thread"),
        ("P1;T0:7;a.py:f:1 1.5", "metric"),
        ("P1;T0:7;a.py:f:1 1,2,3", "metric"),
        ("P1;T0:7;a.py 3", "file:function:line"),
        ("main;work 3", "process and a thread"),
        ("P1;Tffffffffffffffff;a.py:f:1 1", "too large"),
        ("P1;T0:7;a.py:f:1 " + "9" * 19, "large"),
    ],
)
def test_a_broken_line_is_named(line, what):
    with pytest.raises(MalformedProfile) as error:
        read_all(HEADER + b"P1;T0:7;a.py:f:1 1\n" + line.encode() + b"\n", format="austin")
    assert error.value.where == "line 6"
    assert what in error.value.what


def test_times_that_cannot_be_added_up():
    with pytest.raises(MalformedProfile, match="added up"):
        text(*["P1;T0:7;a.py:f:1 " + "9" * 15] * 100)


def test_a_very_deep_stack():
    profile = text("P1;T0:7" + ";a.py:f:1" * 100_000 + " 5")["wall"]
    assert len(profile.tables.stacks) == 100_000


def test_other_formats_are_left_alone():
    importer = IMPORTERS.get("austin").load()()
    for head in (b"P;T 1\n", b"main;work 3\n", b"P1 ;T1 4\n", b"P12;Task 3\n", b"# samples\n"):
        assert not importer.sniff(head)
    for one in captures():
        assert importer.sniff(Source(one.path).head) == (one.format == "austin"), one.id
    assert identify(Source(b"P1;T0:7;a.py:f:1 3\n")).name == "austin"


# MOJO


def varint(value):
    size = abs(value)
    first = (size & 0x3F) | (0x40 if value < 0 else 0)
    size >>= 6
    out = [first | (0x80 if size else 0)]
    while size:
        out.append((size & 0x7F) | (0x80 if size >> 7 else 0))
        size >>= 7
    return bytes(out)


def event(code, *parts):
    return bytes([code]) + b"".join(
        varint(part) if isinstance(part, int) else part.encode() + b"\0" for part in parts
    )


def mojo(*events, version=3):
    return b"MOJ" + varint(version) + b"".join(events)


METADATA, STACK, FRAME, INVALID, REF, KERNEL, GC, IDLE, TIME, MEMORY, STRING = range(1, 12)
REPEAT = 13
NAMES = event(STRING, 5, "a.py") + event(STRING, 6, "f") + event(STRING, 7, "g")
F, G = event(FRAME, 20, 5, 6, 3, 3, 1, 9), event(FRAME, 21, 5, 7, 8, 8, 1, 9)
BEGIN = event(STACK, 1, 0, "2a")


@given(st.integers(-(2**62), 2**62))
def test_numbers_of_every_length(value):
    assert number(varint(value)) == value


def test_the_number_of_the_description():
    assert number(bytes.fromhex("C302")) == -131


def test_a_sample_of_everything():
    profiles = read_all(mojo(
        event(METADATA, "mode", "full"),
        BEGIN, NAMES, F, event(REF, 20), G, event(REF, 21), event(KERNEL, "sys_read"),
        event(GC), event(TIME, 100), event(IDLE), event(MEMORY, -300),
        BEGIN, event(REF, 20) + event(REF, 21), event(INVALID), event(TIME, 7), event(MEMORY, 0),
    ))  # fmt: skip
    first, second = rows(profiles["wall"])
    assert names(first) == ["f", "g", "sys_read", "GC"]
    assert names(second) == ["f", "g", "INVALID"]
    assert [line for _, line in second.stack] == [3, 8, 0]
    assert (first.state, second.state) == ("off-CPU", "on-CPU")
    assert (first.thread.pid, first.thread.tid) == (1, 0x2A)
    assert [row.weight for row in rows(profiles["on-CPU"])] == [7000]
    assert [row.weight for row in rows(profiles["memory"])] == [-300]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_version(version):
    stack = event(STACK, 1, *([0] if version > 2 else []), "2a")
    frame = event(FRAME, 20, 5, 6, 3, *([3, 1, 9] if version > 1 else []))
    data = mojo(stack, NAMES, frame, event(REF, 20), event(TIME, 4), version=version)
    (row,) = rows(read_all(data)["wall"])
    assert (names(row), row.weight) == (["f"], 4000)


def test_a_version_of_the_future():
    with pytest.raises(UnsupportedVersion, match="version 5 of MOJO"):
        read_all(mojo(version=5))


def test_keys_belong_to_their_process_and_may_change_their_meaning():
    other = event(STACK, 2, 0, "2b")
    again = event(FRAME, 20, 5, 7, 8, 8, 1, 9)
    profile = read_all(mojo(
        BEGIN, NAMES, F, event(REF, 20), event(TIME, 1),
        other, event(STRING, 5, "b.py"), event(STRING, 6, "h"), F, event(REF, 20), event(TIME, 1),
        BEGIN, event(REF, 20), event(TIME, 1),
        BEGIN, again, event(REF, 20), event(TIME, 1),
    ))["wall"]  # fmt: skip
    assert [names(row) for row in rows(profile)] == [["f"], ["h"], ["f"], ["g"]]


def test_a_repeated_stack_loses_its_compiled_end():
    library = event(STRING, 8, "libm.so") + event(FRAME, 22, 8, 7, 1, 1, 1, 1)
    other = event(STACK, 1, 0, "2b")
    profile = read_all(mojo(
        BEGIN, NAMES, library, F, event(REF, 20), event(REF, 22), event(TIME, 1),
        other, event(REF, 22), event(TIME, 1),
        BEGIN, event(REF, 22) + event(REF, 22), event(REPEAT), event(TIME, 1),
        BEGIN, event(REPEAT), event(TIME, 1),
        version=4,
    ))["wall"]  # fmt: skip
    assert [names(row) for row in rows(profile)] == [["f", "g"], ["g"], ["f", "g", "g"], ["f"]]


def test_stacks_that_grow_with_every_sample_stay_small_in_memory():
    grow = BEGIN + event(REF, 20) + event(REPEAT) + event(TIME, 1)
    data = mojo(BEGIN, NAMES, F, event(REF, 20), event(TIME, 1), grow * 30_000, version=4)
    assert len(read_all(data)["wall"].tables.stacks) == 30_001


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([event(REF, 20)], "outside of a stack"),
        ([BEGIN, event(REF, 20)], "no frame or string 20"),
        ([BEGIN, F], "no frame or string 5"),
        ([BEGIN, b"\x63"], "event 99"),
        ([BEGIN, b"\x0b\x05abc"], "not whole"),
        ([BEGIN, b"\x09" + b"\xff" * 40], "not whole"),
        ([BEGIN, NAMES], "ends within a stack"),
        ([event(STACK, 1, 0, "no hex")], "hexadecimal"),
        ([event(STACK, 2**64, 0, "1")], "too large"),
        ([BEGIN, event(TIME, 2**65)], "too large"),
        ([BEGIN, event(TIME, 2**61), BEGIN, event(TIME, 2**61)], "added up"),
    ],
)
def test_a_broken_event_is_named(events, what):
    with pytest.raises(MalformedProfile, match=what) as error:
        read_all(mojo(*events))
    assert error.value.where.startswith("byte ") or what == "added up"
