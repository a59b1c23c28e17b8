import json
import subprocess
import sys
from collections import Counter

import pytest
from captures import DATA, captures
from helpers.ascii import rows

from perfnb.capture import memrayfile
from perfnb.errors import FormatError, MalformedProfile, UnsupportedVersion
from perfnb.formats import IMPORTERS
from perfnb.formats.read import read_all
from perfnb.formats.source import Source

memray = pytest.importorskip("memray")

FOLDER = DATA / "memray"
FILES = sorted(path.name for path in FOLDER.glob("*.memray"))
MIB = 2**20


def names(row):
    return [function.name for function in row.functions()]


def total_of(profile, name):
    return sum(row.weight for row in rows(profile) if name in names(row))


@pytest.mark.parametrize("file", FILES)
def test_the_known_program(file):
    profiles = read_all(FOLDER / file)
    temporary = ["temporary", "temporary allocations"] if file != "aggregated.memray" else []
    assert list(profiles) == [
        "peak",
        "peak allocations",
        "leaked",
        "leaked allocations",
        *temporary,
    ]
    assert total_of(profiles["peak"], "keep") == 8 * MIB
    assert total_of(profiles["peak"], "peak") == 16 * MIB
    assert total_of(profiles["leaked"], "keep") == 12 * MIB
    assert total_of(profiles["leaked"], "peak") == 0
    assert total_of(profiles["leaked allocations"], "keep") == 2
    if temporary:
        assert total_of(profiles["temporary"], "peak") == 16 * MIB
        assert total_of(profiles["temporary allocations"], "main") >= 100


@pytest.mark.parametrize("file", FILES)
def test_each_thread_keeps_its_own(file):
    leaked = read_all(FOLDER / file)["leaked"]
    by_thread = Counter()
    for row in rows(leaked):
        if "keep" in names(row):
            by_thread[row.thread.tid, "worker" in row.thread.name] += row.weight
    assert sorted(by_thread.values()) == [4 * MIB, 8 * MIB]
    assert {row.thread.pid for row in rows(leaked)} != {0}


@pytest.mark.parametrize("file", FILES)
def test_memray_says_the_same(file):
    profiles = read_all(FOLDER / file)
    with memray.FileReader(FOLDER / file) as reader:
        for name, records in (
            ("peak", reader.get_high_watermark_allocation_records(merge_threads=False)),
            ("leaked", reader.get_leaked_allocation_records(merge_threads=False)),
        ):
            size, count = Counter(), Counter()
            for one in records:
                stack = tuple(reversed(one.stack_trace()))
                size[stack] += one.size
                count[stack] += one.n_allocations
            for value, known in ((name, size), (f"{name} allocations", count)):
                found = Counter()
                for row in rows(profiles[value]):
                    found[tuple((f.name, f.file, line) for f, line in row.stack)] += row.weight
                assert found == known
        assert profiles["peak"].total == reader.metadata.peak_memory
        metadata = profiles["peak"].metadata
        assert metadata.start_wall == reader.metadata.start_time.timestamp()
        assert metadata.extra["command"] == reader.metadata.command_line


def test_what_allocated_is_a_label():
    profile = read_all(FOLDER / "all.memray")["peak"]
    told = Counter()
    for label, weight in zip(profile.samples.label, profile.samples.weight, strict=True):
        (one,) = profile.tables.labels[label]
        told[one.key, one.value] += int(weight)
    assert told["allocator", "mmap"] == 24 * MIB


def test_native_frames_stand_below_python_ones(tmp_path):
    file = tmp_path / "native.memray"
    argv = [sys.executable, "-m", "memray", "run", "-q", "--native", "-o", file]
    workload = FOLDER / "workload.py"
    subprocess.run([*argv, workload], check=True, cwd=tmp_path, capture_output=True)
    peak = read_all(file)["peak"]
    assert total_of(peak, "keep") == 8 * MIB
    (row,) = (row for row in rows(peak) if names(row).count("peak") and row.weight == 16 * MIB)
    kinds = {function.name: function.kind for function in row.functions()}
    assert kinds["peak"] == kinds["main"] == "python"
    assert row.functions()[-1].kind == "native"


# What can go wrong


def replace_program(monkeypatch, tmp_path, code):
    program = tmp_path / "program.py"
    program.write_text(f"import json, os, signal, sys\n{code}\n")
    monkeypatch.setattr(memrayfile, "_PROGRAM", program)
    return read_all(FOLDER / "all.memray", format="memray")


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9"),
        ("sys.exit('no more memory')", "gave up .*no more memory"),
        ("print('[1, 2')", "nonsense"),
        ("print('{\"frames\": 3}')", "nonsense"),
        ("print('{}'); print('Memray ERROR: Invalid record', file=sys.stderr)", "Invalid record"),
        ("print(json.dumps({'error': 'no such thing'}))", "no such thing"),
    ],
)
def test_what_ends_the_reader_is_told(monkeypatch, tmp_path, code, what):
    with pytest.raises(MalformedProfile, match=what):
        replace_program(monkeypatch, tmp_path, code)


@pytest.mark.parametrize("column", [[[9], [0], [1], [5], [1]], [[0], [9], [1], [5], [1]]])
def test_records_of_nothing(monkeypatch, tmp_path, column):
    with pytest.raises(MalformedProfile):
        replace_program(
            monkeypatch, tmp_path, f"print(json.dumps({{'found': {{'peak': {column}}}}}))"
        )


def test_sizes_that_cannot_be_added_up(monkeypatch, tmp_path):
    told = {
        "threads": [[1, ""]],
        "found": {"peak": [[-1] * 2, [0] * 2, [1] * 2, [2**62] * 2, [1] * 2]},
    }
    with pytest.raises(MalformedProfile, match="added up"):
        replace_program(monkeypatch, tmp_path, f"print('''{json.dumps(told)}''')")


def test_a_file_of_another_memray():
    data = bytearray((FOLDER / "plain.memray").read_bytes())
    data[7] = 99
    with pytest.raises(UnsupportedVersion):
        read_all(bytes(data))


def test_without_memray(monkeypatch):
    monkeypatch.setattr(memrayfile, "find_spec", lambda name: None)
    with pytest.raises(FormatError, match=r"pip install perfnb\[memray\]"):
        read_all(FOLDER / "all.memray")


def test_other_formats_are_left_alone():
    importer = IMPORTERS.get("memray").load()()
    for one in captures():
        assert importer.sniff(Source(one.path).head) == (one.format == "memray"), one.id
