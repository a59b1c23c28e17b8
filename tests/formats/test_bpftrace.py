"""bpftrace's maps: text and JSON, stacks of both sides, and keys that have no names."""

import json

import pytest
from captures import DATA
from helpers.ascii import draw, rows, show
from helpers.hostile import outcome, retyped
from helpers.same import told

from perfnb.errors import MalformedProfile
from perfnb.formats.bpftrace import BpftraceImporter
from perfnb.formats.read import read_all
from perfnb.formats.source import Source
from perfnb.model import KINDS, Label, Thread
from perfnb.units import ValueType

TEXT = b"""\
Attaching 2 probes...
@[
    vfs_read+187
    do_syscall_64+113
, 
    read+13
    main+4
, app, 7]: 5
@[, 
    main+8
, app, 7]: 2
@[, , swapper/0, 0]: 1

@calls: 12
@by_name[app]: 3
"""
JSON = (
    b'{"type": "attached_probes", "data": {"probes": 2}}\n'
    b'{"type": "printf", "data": "@[hello]: 3\\n"}\n'
    b'{"type": "map", "data": {"@": {'
    b'"\\n    vfs_read+187\\n    do_syscall_64+113\\n,\\n    read+13\\n    main+4\\n,app,7": 5, '
    b'",\\n    main+8\\n,app,7": 2, ",,swapper/0,0": 1}}}\n'
    b'{"type": "map", "data": {"@calls": 12}}\n'
    b'{"type": "map", "data": {"@by_name": {"app": 3}}}\n'
)
TREE = "all 1/8\n  main 2/7\n    read 0/5\n      do_syscall_64 0/5\n        vfs_read 5/5"


def read(data):
    return BpftraceImporter().read(Source(data))


@pytest.mark.parametrize(
    "data",
    [TEXT, TEXT.replace(b"\n", b"\r\n"), TEXT.replace(b", \n", b",\n"), JSON],
    ids=["text", "CRLF", "bare commas", "JSON"],
)
def test_stacks_of_the_kernel_stand_on_those_of_the_user(data):
    assert BpftraceImporter().sniff(data)
    ((name, profile),) = read(data).items()
    assert name == "@"
    assert profile.value == ValueType("count", "count")
    assert show(profile.call_tree()) == TREE
    assert profile.threads == (Thread(7, 0, "app"), Thread(0, 0, "swapper/0"))
    f = profile.tables.functions
    kinds = dict(zip(f.name, [KINDS[kind] for kind in f.kind], strict=True))
    assert kinds == {
        "main": "native",
        "read": "native",
        "do_syscall_64": "kernel",
        "vfs_read": "kernel",
    }


def test_both_forms_say_the_same():
    assert told(read(TEXT)["@"]) == told(read(JSON)["@"])


def test_the_order_of_the_keys_is_free():
    data = b"@x[app, 7, 8, \n    main+1\n, \n    do_idle+3\n]: 4\n"
    profile = read(data)["@x"]
    assert show(profile.call_tree()) == "all 0/4\n  main 0/4\n    do_idle 4/4"
    assert profile.threads == (Thread(7, 8, "app"),)


def test_perf_mode_tells_libraries():
    data = (
        b"@[\n\t7f99 x\n\t7f9928660e2a crc32_z+346 (/usr/lib/libz.so.1)\n"
        b"\t7f9928660000 0x7f9928660000 ([unknown])\n, \n\tffffffff81d35f79 read_zero+121\n]: 3\n"
    )
    f = read(data)["@"].tables.functions
    assert set(zip(f.name, f.module, [KINDS[kind] for kind in f.kind], strict=True)) == {
        ("7f99 x", "", "native"),
        ("crc32_z", "/usr/lib/libz.so.1", "native"),
        ("0x7f9928660000", "", "native"),
        ("read_zero", "", "kernel"),
    }


def test_other_keys_are_labels():
    data = b"@[\n    f+1\n, 3]: 2\n@[\n    f+1\n, 4]: 1\n@n[\n    f+1\n, app]: 1\n"
    profiles = read(data)
    assert profiles["@"].tables.labels == ((Label("key 2", 3),), (Label("key 2", 4),))
    assert profiles["@n"].tables.labels == ((Label("comm", "app"),),)
    assert profiles["@"].threads == (Thread(0, 0),)


def test_threads_of_one_process_keep_their_names():
    data = b"@[\n    f+1\n, node, 7]: 2\n@[\n    f+1\n, libuv, 7]: 1\n"
    profile = read(data)["@"]
    assert profile.threads == (Thread(7, 0, "node, libuv"),)
    assert profile.tables.labels == ((Label("comm", "node"),), (Label("comm", "libuv"),))


def test_statistics_are_totals_of_so_many():
    for data in (
        b"@[\n    f+1\n]: count 3, average 12, total 36\n",
        b'{"type": "stats", "data": {"@": {"\\n    f+1\\n": '
        b'{"count": 3, "average": 12, "total": 36}}}}',
    ):
        profile = read(data)["@"]
        assert (profile.total, profile.sample_count) == (36, 3)


def test_maps_of_something_else_are_told_of():
    profile = read_all(DATA / "bpftrace" / "maps.txt")["@by_cpu"]
    assert profile.metadata.notes == ("@spread is left out: its values are not numbers",)
    both = read_all(DATA / "bpftrace" / "perf_mode.json")
    assert list(both) == ["@mean", "@phase", "@timing"]
    assert "averages" in both["@mean"].metadata.notes[-1]


def test_equal_keys_are_not_lost():
    line = b'{"type": "map", "data": {"@": {"\\n    f+1\\n": 1, "": 2, "": 3}}}\n'
    assert read(line)["@"].total == 6
    twice = read(line * 2)["@"]
    assert twice.total == 12
    assert "printed 2 times" in twice.metadata.notes[0]


def test_lost_events_are_missed():
    assert read(b"Lost 12 events\n" + TEXT)["@"].metadata.missed == 12
    lost = b'{"type": "lost_events", "data": {"events": 5}}\n'
    assert read(JSON + lost * 2)["@"].metadata.missed == 10
    assert read(TEXT)["@"].metadata.missed is None


@pytest.mark.parametrize("name", ["stacks.txt", "stacks.json"])
def test_the_recorded_workload_packs_most_of_the_time(name):
    profile = read_all(DATA / "bpftrace" / name)["@"]
    leaves = {}
    for row in rows(profile):
        leaf = row.functions()[-1].name
        leaves[leaf] = leaves.get(leaf, 0) + row.weight
    assert leaves["crc32_z"] > 0.75 * profile.total
    assert {thread.name for thread in profile.threads} == {"python3"}
    assert profile.total == pytest.approx(98, abs=2)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (TEXT[:60], "line 2"),
        (b"@[\n    f+1\nAttaching\n]: 3\n", "line 3"),
        (b"@[\n    f+1\n, a]: 3\n@[\n    f+1\n]: 3\n", "map @"),
        (b"@[\n    f+1\n]: 99999999999999999999\n", "map @"),
        (b"@[\n    f+1\n]: hello\n", "the whole"),
        (b"@[app]: 3\n", "the whole"),
        (JSON[:200], "line 3"),
        (b'{"type": "map", "data": ' + b"[" * 100_000, "line 1"),
        (b'{"type": "map", "data": {"@": {"\\n    f\\n": 1' + b"0" * 5000 + b"}}}", "line 1"),
        (b'{"type": "map", "data": {"@": {"\\n    f\\n": NaN}}}', "the whole"),
    ],
)
def test_errors_name_the_place(data, where):
    error = outcome(data, "bpftrace")
    assert isinstance(error, MalformedProfile)
    assert error.where == where


def test_values_of_other_types():
    document = json.loads((DATA / "bpftrace" / "stacks.json").read_bytes().splitlines()[-1])
    for data in retyped(document, seed=3):
        outcome(data, "bpftrace")


def test_a_stack_a_million_deep():
    profile = read(b"@[\n" + b"    f+1\n" * 1_000_000 + b"]: 3\n")["@"]
    assert len(profile.tables.stacks) == 1_000_000


@pytest.mark.parametrize("part", [b" ([", b"+1", b"] : ", b", ", b"ffff", b"@[", b")"])
def test_names_on_which_a_pattern_could_hang(part):
    long = part * 100_000
    outcome(b"@[\n    7f9928660e2a f" + long + b"\n, a" + long + b"]: 2\n", "bpftrace")
    assert not BpftraceImporter().sniff(long)


def test_names_that_hurt():
    data = b"@[\n    <b>\x00;\xff +7\n    operator+ (int, int)+9\n, a]b: 3, 7]: 2\n"
    f = read(data)["@"].tables.functions
    assert set(f.name) == {"<b>\x00;\ufffd ", "operator+ (int, int)"}


@pytest.mark.parametrize(
    "data", [b"main;work 3\n", b"@[app]: 3\n", b'{"type": 3}', b'{"traceEvents": []}', b"@x\n  y\n"]
)
def test_other_texts_are_not_taken_for_bpftrace(data):
    assert not BpftraceImporter().sniff(data)


def test_a_drawn_profile_is_the_same():
    drawn = draw(
        """
                main (native)       main (native)
                do_idle (kernel)
        weight: 2                   1
        """,
        ValueType("count", "count"),
    )
    data = b"@[\n    do_idle+1\n, \n    main+1\n]: 2\n@[, \n    main+9\n]: 1\n"
    assert told(read(data)["@"], {"kind", "value"}) == told(drawn, {"kind", "value"})
