"""perf's text and perf's file: real ones, every choice of fields, and what perf itself reports."""

import os
import re
import shutil
import subprocess

import pytest
from captures import DATA
from helpers.ascii import rows
from helpers.hostile import outcome
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture import perfdata
from perfnb.errors import BackendUnavailable, MalformedProfile
from perfnb.formats import perfscript
from perfnb.formats.perfscript import stacks as perfscript_stacks
from perfnb.formats.read import read, read_all
from perfnb.model import Thread
from perfnb.units import ValueType

PERF = DATA / "perf"
perf = shutil.which("perf")
needs_perf = pytest.mark.skipif(
    perf is None, reason="perf is not installed: apt install linux-perf"
)
FRAMES = "\t            1244 square+0x15 (/bin/demo)\n\t  1325 main+0x42 (/bin/demo)\n"


def text(content, **options):
    return read_all(content.encode(), format="perf script", **options)


def one(content):
    (profile,) = text(content).values()
    return profile


def names(profile):
    return [[function.name for function, _ in row.stack] for row in rows(profile)]


def functions(profile):
    return {row["name"]: row for row in profile.functions().iter_rows(named=True)}


def test_the_demo_is_what_its_source_says():
    profiles = read_all(PERF / "demo.txt")
    assert list(profiles) == ["cpu-clock", "page-faults"]
    profile = profiles["cpu-clock"]
    assert profile.value == ValueType("cpu-clock", "ns")
    assert profiles["page-faults"].value == ValueType("page-faults", "count")
    found = functions(profile)
    assert 3 <= found["square"]["self"] / found["cube"]["self"] < 6
    assert found["square"]["module"] == "/tmp/demo/demo" and found["square"]["kind"] == "native"
    assert found["read_zero"]["kind"] == "kernel"
    assert {thread.name for thread in profile.threads} == {"demo", "wide: [load] 2"}
    assert {thread.process for thread in profile.threads} == {"demo"}
    deepest = max(rows(profile), key=lambda row: len(row.stack))
    assert [f.name for f in deepest.functions()[:2]] == ["__libc_start_call_main", "main"]
    told = profile.metadata
    assert (told.backend, told.backend_version, told.rate_asked) == ("perf", "6.1.187", 999)
    assert told.extra["command"].endswith("demo.data ./demo 100000")
    assert 0 < told.wall_s < 1


def test_a_tracepoint_beside_a_clock_that_is_tied_to_the_wall():
    profiles = read_all(PERF / "switches.txt")
    assert list(profiles) == ["cpu-clock:u", "sched:sched_switch"]
    switches = profiles["sched:sched_switch"]
    assert switches.total == len(switches) > 1
    assert all(stack[-1] == "__schedule" for stack in names(switches))
    # It took a quarter of an hour after its machine started, one Sunday.
    assert switches.metadata.start_wall == pytest.approx(1795367428, abs=3600)
    assert switches.tables is profiles["cpu-clock:u"].tables


def test_inlined_functions_have_their_callers_module_and_their_own_lines():
    profile = read(PERF / "inlined.txt")
    leaf = {(row.stack[-1][0].name, row.stack[-1][0].module) for row in rows(profile)}
    assert ("spin", "/tmp/demo/demo") in leaf
    stack = next(row.stack for row in rows(profile) if row.stack[-1][0].name == "spin")
    lines = [(f.name, f.file, line) for f, line in stack]
    assert lines[-1] == ("spin", "demo.c", 12)
    assert ("descend", "demo.c", 19) in lines and lines[-2][:2] == ("square", "demo.c")


HEADERS = {
    "demo 27140 12479.579725:    5025125   cpu-clock: ": (0, 27140, "demo", 5025125, "cpu-clock"),
    "demo 27140/27142 [003] 12479.579725: 7 cycles:u: ": (27140, 27142, "demo", 7, "cycles:u"),
    "wide: [load] 2 27142 12479.579725: 9 cycles: ": (0, 27142, "wide: [load] 2", 9, "cycles"),
    "a 1 2.3: b: 7/8 [001] 12479.579725: 9 cycles:P: ": (7, 8, "a 1 2.3: b:", 9, "cycles:P"),
    "            demo    0/0     12479.579725:  x:y: f=1 g=a: b": (0, 0, "demo", 1, "x:y"),
    "demo 27140 12479.579725: ": (0, 27140, "demo", 1, "samples"),
    "12479.579725: ": (0, 0, "", 1, "samples"),
    "27142 12479.579725: 5 cycles: ": (0, 27142, "", 5, "cycles"),
    "demo 27140 12479.579725:   12 ": (0, 27140, "demo", 12, "samples"),
    "demo 27140 cycles:ppp: ": (0, 27140, "demo", 1, "cycles:ppp"),
    "demo     5/6     [001]     33 cpu_core/cycles/: ": (5, 6, "demo", 33, "cpu_core/cycles/"),
    "demo 27140 ": (0, 27140, "demo", 1, "samples"),
    "demo ": (0, 0, "demo", 1, "samples"),
    ":-1    -1 [000] 12479.579725: 1 cycles: ": (0, -1, ":-1", 1, "cycles"),
    "": (0, 0, "", 1, "samples"),
}


@pytest.mark.parametrize("head", HEADERS)
def test_any_choice_of_fields(head):
    for content in (f"{head}\n{FRAMES}\n", f"{head}\n{FRAMES}\n{head}\n{FRAMES}"):
        profile = one(content)
        row = rows(profile)[-1]
        assert [f.name for f in row.functions()] == ["main", "square"]
        told = row.thread.pid, row.thread.tid, row.thread.name, row.weight, profile.value.kind
        assert told == HEADERS[head]
        assert (row.time is not None) == (".579725" in head)


LINES = {
    "ffffffff81d35f77 read_zero+0x77 ([kernel.kallsyms])": (
        "read_zero", "", "[kernel.kallsyms]", "kernel", 0),
    "ffffffffc0a1 nf_hook+0x1 ([nf_conntrack])": ("nf_hook", "", "[nf_conntrack]", "native", 0),
    "ffffffffc05a1234 f+0x1 (/lib/modules/6.1/ext4.ko.xz)": (
        "f", "", "/lib/modules/6.1/ext4.ko.xz", "kernel", 0),
    "7f00 std::map<int, (anonymous namespace)::A>::operator()(int) const+0x1f (/usr/lib/a b.so)": (
        "std::map<int, (anonymous namespace)::A>::operator()(int) const", "", "/usr/lib/a b.so",
        "native", 0),
    "7f00 operator() (x) (/tmp/my prog (deleted))": (
        "operator() (x)", "", "/tmp/my prog (deleted)", "native", 0),
    "7f00 f+0x10 (/tmp/my prog (deleted))": ("f", "", "/tmp/my prog (deleted)", "native", 0),
    "7f00 f+0x10 (/lib/libc.so.6+0x7f00)": ("f", "", "/lib/libc.so.6", "native", 0),
    "7f00 [unknown] (/usr/lib/libc.so.6)": ("[libc.so.6]", "", "/usr/lib/libc.so.6", "native", 0),
    "7f00 [unknown] ([unknown])": ("[unknown]", "", "", "native", 0),
    "7f00 ([unknown])": ("([unknown])", "", "", "native", 0),
    "ffffffffff600001 [unknown] ([vsyscall])": ("[vsyscall]", "", "[vsyscall]", "native", 0),
    "7f00 JS:*run /srv/a.js:1:2+0x12 (/tmp/perf-12.map)": (
        "JS:*run /srv/a.js:1:2", "", "/tmp/perf-12.map", "native", 0),
    "7f00 py::Job.run:/srv/job.py+0x12 (/tmp/perf-12.map)": (
        "Job.run", "/srv/job.py", "", "python", 0),
    "7f00 f+0x1 (/bin/a)\n  dir/a b.c:12": ("f", "dir/a b.c", "/bin/a", "native", 12),
    "7f00 f+0x1 (/bin/a)\n  ??:0": ("f", "", "/bin/a", "native", 0),
    "7f00 f+0x1 (/bin/a)\n  a.c:12 (discriminator 3)": ("f", "a.c", "/bin/a", "native", 12),
    "7f00 <b>\x00é;x 3+0x1 (/bin/a)": ("<b>\x00é;x 3", "", "/bin/a", "native", 0),
    "7f00": ("0x7f00", "", "", "native", 0),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_any_frame(line):
    profile = one(f"demo 1 2.000001: 3 cycles: \n\t   {line}\n\t 12 main+0x0 (/bin/a)\n\n")
    (row,) = rows(profile)
    function, number = row.stack[-1]
    assert (*function, number) == LINES[line]


def test_samples_without_stacks():
    profile = one(
        "          demo 27177 12482.143705:  10101010 cpu-clock:      5636b31c9285 cube+0x1b (/d)\n"
        "          demo 27177 12482.153805:  10101010 cpu-clock:      5636b31c9244 square (/d)\n"
    )
    assert names(profile) == [["cube"], ["square"]]
    assert profile.total == 20202020
    bare = one("            demo      5636b31c9285 cube\n            demo      5636b31c9244 f\n")
    assert names(bare) == [["cube"], ["f"]]


def test_tracepoints_without_stacks_have_none():
    profiles = text(
        f"demo 1 2.000001: 3 cycles: \n{FRAMES}\n"
        "  demo 1 2.000002: x:y: comm=add pid=12 state=R ==> next face\n"
        "  demo 1 2.000003: x:y: prio=120 ffffffff821facd8 __schedule+0x618 ([kernel.kallsyms])\n"
        f"demo 1 2.000004: 4 cycles: \n{FRAMES}\n"
    )
    assert {name: names(profile) for name, profile in profiles.items()} == {
        "cycles": [["main", "square"]] * 2,
        "x:y": [[], ["__schedule"]],
    }


def test_other_records_are_no_samples_and_losses_are_told():
    profile = one(
        "perf-exec     0/0         0.000000: PERF_RECORD_COMM: perf-exec:8/8\n"
        f"demo 8/8 2.000001: 3 cycles: \n{FRAMES}\n"
        "demo 8/8 2.000002: PERF_RECORD_FORK(8:9):(8:8)\n"
        "demo 8/8 2.000003: PERF_RECORD_LOST lost 37\n"
        f"demo 8/8 2.000004: 3 cycles: \n{FRAMES}\n"
        "demo 8/8 2.000005: PERF_RECORD_LOST_SAMPLES lost 5\n"
    )
    assert (len(profile), profile.metadata.missed) == (2, 42)
    assert "42" in profile.metadata.truncated


def test_a_thread_has_the_last_of_its_names():
    profile = one(
        f"perf-exec 8/8 2.000001: 3 cycles: \n{FRAMES}\ndemo 8/8 2.000002: 3 cycles: \n{FRAMES}\n"
        f"worker 8/9 [001] 2.000003: 3 cycles: \n{FRAMES}\n"
        f"worker 8/9 [002] 2.000004: 3 cycles: \n{FRAMES}\n"
    )
    assert profile.threads == (Thread(8, 8, "demo", "demo"), Thread(8, 9, "worker", "demo"))


def test_line_ends_of_windows_and_blanks_for_tabs():
    content = (PERF / "demo.txt").read_text()
    plain = rows(read(content.encode()))
    assert rows(read(content.replace("\n", "\r\n").encode())) == plain
    assert rows(read(content.replace("\t", "        ").encode(), format="perf script")) == plain


comms = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\v", exclude_categories=["Cs"]),
    min_size=1,
    max_size=15,
).filter(lambda name: name == name.strip(" ") and not name.startswith(("#", "\t")))
frame_names = st.sampled_from(
    ["main", "a::b(int) const", "f;g 3", "[unknown]", "operator()", "<b>"]
)
a_frame = st.tuples(st.integers(0x1000, 0x1010), frame_names, st.sampled_from(["/bin/a", "/b c"]))
a_sample = st.tuples(
    comms,
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(0, 10**9),
    st.integers(0, 2**40),
    st.lists(a_frame, max_size=12),
)


@given(st.lists(a_sample, min_size=1, max_size=12), st.integers(1, 300), st.integers(20, 200))
def test_what_is_printed_is_read_wherever_it_is_cut(samples, size, piece):
    content = ""
    wanted = []
    for comm, pid, tid, time, period, frames in samples:
        content += (
            f"{comm} {pid}/{tid} [001] {time // 10**6}.{time % 10**6:06}: {period} cycles: \n"
        )
        content += "".join(f"\t{ip:>16x} {name}+0x1 ({dso})\n" for ip, name, dso in frames) + "\n"
        stack = [
            f"[{dso.rpartition('/')[2]}]" if name == "[unknown]" else name
            for _, name, dso in reversed(frames)
        ]
        wanted.append((time * 1000, pid, tid, period, stack))
    data = content.encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perfscript, "_SIZE", size)
        patch.setattr(perfscript_stacks, "_PIECE", piece)
        patch.setattr(perfscript_stacks, "_KEPT", 500)
        (profile,) = perfscript.read_text(pieces, lambda *why: AssertionError(why)).values()
    found = [
        (row.time, row.thread.pid, row.thread.tid, row.weight, [f.name for f in row.functions()])
        for row in rows(profile)
    ]
    assert found == sorted(wanted, key=lambda sample: sample[0])


def test_a_stack_of_a_million_frames():
    deep = "".join(f"\t{n % 997:16x} f{n % 7}+0x1 (/bin/a)\n" for n in range(1_000_000))
    profile = one(f"demo 1 2.000001: 3 cycles: \n{deep}\ndemo 1 2.000002: 4 cycles: \n{FRAMES}\n")
    assert len(profile.tables.stacks) == 1_000_002
    assert profile.total == 7


ENDLESS = (" ", "1 ", "a ", "+0x1 (", "(", ":1 (", "\t", "dead ", "name = ", ".ko", "/", "1/ ", "9")


@pytest.mark.parametrize("part", ENDLESS)
@pytest.mark.parametrize("before", ["", "# a", "demo 1 2.000001: 3 x: ", "demo ", "\t 12 f"])
def test_a_long_line_takes_no_time_that_grows_with_its_square(before, part):
    line = before + part * (2_000_000 // len(part))
    content = f"demo 1 2.000001: 3 cycles: \n{FRAMES}\n{line}\n{FRAMES}{line}\n\n"
    outcome(content.encode(), "perf script")
    outcome(line.encode(), "perf script")
    perfscript.PerfScriptImporter().sniff(line.encode()[:65536])


def test_a_line_that_is_longer_than_all():
    name = "x" * 3_000_000
    profile = one(f"demo 1 2.000001: 3 cycles: \n\t 12 {name}+0x1 (/bin/a)\n{FRAMES}\n")
    assert names(profile) == [["main", "square", name]]


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (f"demo 1 2.000001: 3 cycles: \n{FRAMES}\nnonsense\n", "byte 101", "'nonsense'"),
        (f"demo 1 2.000001: 3 cycles: \n{FRAMES}\tnonsense\n\n", "byte 0", r"'\tnonsense'"),
        (f"demo 1 2.000001: {2**63} cycles: \n{FRAMES}\n", "byte", "63 bits"),
        (f"demo 1 {10**11}.000001: 3 cycles: \n{FRAMES}\n", "the whole", "63 bits"),
        (f"demo 1 2.000001: {2**62} cycles: \n{FRAMES}\n" * 2, "the whole", "add up"),
        ("# ========\n# perf version : 6.1\n# ========\n#\n", "the end", "no sample"),
    ],
)
def test_errors_name_the_place(content, where, what):
    with pytest.raises(MalformedProfile) as caught:
        text(content)
    assert where in caught.value.where and what in caught.value.what


@pytest.mark.parametrize(
    "content",
    [
        "main;f 3\nmain;g 4\n",
        "bash-1234  [000] d..2. 123.456789: sched_switch: prev_comm=bash\n",
        '{\n\t"a": 1,\n\t"abc def": 2\n}\n',
        "#include <stdio.h>\nint main()\n{\n\treturn 0;\n}\n",
        "all:\n\tgcc -o a a.c\n",
        "2026-11-22 10:00:00.123456: error: a thing\n",
        "@[\n    func+12\n    other+3\n]: 5\n",
    ],
)
def test_other_texts_are_not_claimed(content):
    assert not perfscript.PerfScriptImporter().sniff(content.encode())


def recorded(folder, *options):
    """Record the demo here; skip where that is not possible."""
    compiler = shutil.which("gcc")
    if compiler is None or perf is None:
        pytest.skip("needs gcc and perf: apt install gcc linux-perf")
    program, file = folder / "demo", folder / "recorded.data"
    flags = ["-O1", "-g", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-pthread"]
    subprocess.run([compiler, *flags, PERF / "demo.c", "-o", program], check=True)
    argv = [perf, "record", "-q", "-g", "-F", "499", *options, "-o", file, program, "150000"]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"perf may not record here: {done.stderr.decode()[-200:]}")
    return file


def reported(file, *options):
    """Return what perf report says of each symbol: two numbers."""
    argv = [perf, "report", "-i", file, "--stdio", "-g", "none", "--percentage", "absolute"]
    env = {**os.environ, "DEBUGINFOD_URLS": ""}
    said = subprocess.run([*argv, *options, "-t", "|"], capture_output=True, env=env, check=True)
    lines = re.findall(r"^ *([\d.]+)%? *\| *(\d+) *\|\[.\] (.*?) *$", said.stdout.decode(), re.M)
    return {name: (float(first), int(samples)) for first, samples, name in lines}


def test_as_perf_report_says(tmp_path):
    file = recorded(tmp_path, "-e", "cpu-clock:u")
    profile = read(file)
    found = functions(profile)
    alone = reported(file, "--no-children", "-F", "period,sample,sym")
    assert {"square", "cube"} <= alone.keys()
    for name, (period, samples) in alone.items():
        assert (found[name]["self"], found[name]["self_samples"]) == (period, samples), name
    assert sum(period for period, _ in alone.values()) == profile.total
    below = reported(file, "--children", "-F", "overhead_children,sample,sym")
    assert {"main", "descend"} <= below.keys()
    for name, (percent, _) in below.items():
        assert 100 * found[name]["total_share"] == pytest.approx(percent, abs=0.006), name


@needs_perf
def test_a_recording_out_of_a_pipe(tmp_path):
    file = recorded(tmp_path, "-e", "cpu-clock:u")
    program = tmp_path / "demo"
    argv = [perf, "record", "-q", "-g", "-e", "cpu-clock:u", "-o", "-", program, "20000"]
    data = subprocess.run(argv, capture_output=True, check=True).stdout
    assert functions(read(data))["square"]["self"] > functions(read(data))["cube"]["self"]
    (tmp_path / "-").write_bytes(file.read_bytes())
    assert read(tmp_path / "-").total == read(file).total


@needs_perf
def test_a_file_of_perf_keeps_what_does_not_need_the_binary():
    profile = read(PERF / "perf.data")
    assert profile.value == ValueType("cpu-clock:u", "ns")
    assert profile.total == 2004008 * len(profile)
    assert {thread.process for thread in profile.threads} == {"demo"}
    assert profile.metadata.rate_asked == 499 and profile.metadata.notes


def test_without_perf_there_is_a_way(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BackendUnavailable, match="perf script --header"):
        read(PERF / "perf.data")


FAKES = {
    "exit 234": "echo 0xc28: failed to process type: 0 >&2; exit 234",
    "signal 11": "kill -SEGV $$",
    "no sample": "exit 0",
    "not what perf prints": "yes nonsense | head -c 5000000; exec sleep 100",
    "printed nothing": "exec sleep 100",
}


@pytest.mark.parametrize("what", FAKES)
def test_a_perf_that_fails(what, tmp_path, monkeypatch):
    fake = tmp_path / "perf"
    fake.write_text(f"#!/bin/sh\n{FAKES[what]}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    if what == "printed nothing":
        monkeypatch.setattr(perfdata, "_SILENT_S", 0.01)
    with pytest.raises(MalformedProfile) as caught:
        read(PERF / "perf.data")
    expected = {"exit 234": "failed to process type"}.get(what, what)
    assert expected in str(caught.value)


def test_a_header_that_lies():
    data = bytearray((PERF / "perf.data").read_bytes())
    for at in range(8, 104):
        broken = bytearray(data)
        broken[at] ^= 0x80
        outcome(bytes(broken), "perf.data")
    with pytest.raises(MalformedProfile, match="ends early"):
        read(bytes(data[:5000]))
