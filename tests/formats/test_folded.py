"""Folded stacks: what tools write, what perfnb writes, and what must not be taken for them."""

import io
import random
import shutil
import subprocess
import threading
from collections import Counter

import numpy as np
import pytest
from captures import DATA
from helpers.ascii import draw, rows, show
from helpers.hostile import outcome
from helpers.same import told
from helpers.strategies import HOSTILE, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile, UnknownFormat
from perfnb.formats.folded import FoldedImporter
from perfnb.formats.folded import lines as folded_lines
from perfnb.formats.folded.lines import read_lines
from perfnb.formats.folded.names import escape, unescape
from perfnb.formats.folded.scan import Known
from perfnb.formats.folded.write import FoldedExporter
from perfnb.formats.read import read_all
from perfnb.formats.source import Source
from perfnb.model import KINDS, ProfileBuilder, Thread
from perfnb.units import ValueType

MICRO = ValueType("samples", "micro")


def folded(profile):
    out = io.BytesIO()
    FoldedExporter().write({"any": profile}, out)
    return out.getvalue()


def read(data):
    (profile,) = FoldedImporter().read(Source(data)).values()
    return profile


def functions(profile):
    f = profile.tables.functions
    return set(zip(f.name, f.file, f.module, [KINDS[kind] for kind in f.kind], strict=True))


def stacks(data):
    """What a file says, a path of names with its weight each."""
    return {
        ";".join(function.name for function in row.functions()): row.weight
        for row in rows(read(data))
    }


# Reading


def test_each_line_is_a_stack_and_its_count():
    profile = read(b"main;work 3\nmain;rest 1\n")
    assert show(profile.call_tree()) == "all 0/4\n  main 0/4\n    rest 1/1\n    work 3/3"
    assert profile.value == ValueType("samples", "count")
    assert profile.samples.time is None and profile.threads == (Thread(0, 0),)


@pytest.mark.parametrize(
    "data",
    [
        b"a b;c 3\n",
        b"a b;c 3",
        b"a b;c 3\r\n",
        b"a b;c\t3  \n",
        b"\xef\xbb\xbfa b;c 3\n",
        b"\n# a comment; 5\n\na b;c 3\n \n#another\n",
    ],
)
def test_what_may_stand_around_a_stack(data):
    assert stacks(data) == {"a b;c": 3}


def test_lines_that_are_not_quite_comments():
    assert stacks(b"#<Class:0x1>#run;b 3\n#!main 1\n") == {"#<Class:0x1>#run;b": 3, "#!main": 1}


def test_no_names_at_all():
    assert stacks(b"a;;b 3\n;c 1\n 5\n") == {"a;?;b": 3, "?;c": 1, "": 5}
    assert read(b"7\n").samples.stack.tolist() == [-1]


def test_one_fraction_makes_all_counts_millionths():
    profile = read(b"a;b 0.25\na 3\na;c 1e-05\na;d 1.\n")
    assert profile.value == MICRO
    assert profile.samples.weight.tolist() == [250_000, 3_000_000, 10, 1_000_000]


def test_two_counts_are_before_and_after():
    both = read_all(b"a;b 10 12\na;c 3 0\na;d 0 4\n")
    assert list(both) == ["after", "before"]
    assert show(both["before"].call_tree()) == "all 0/13\n  a 0/13\n    b 10/10\n    c 3/3"
    assert show(both["after"].call_tree()) == "all 0/16\n  a 0/16\n    b 12/12\n    d 4/4"
    assert both["after"].tables is both["before"].tables


def test_names_that_end_in_a_number_are_not_counts_unless_all_do():
    assert stacks(b"main;worker 1 10\nmain;rest 3\n") == {"main;worker 1": 10, "main;rest": 3}


def test_what_tools_put_into_names():
    profile = read(
        b"a;vfs_read_[k] 1\na;inner_[i] 1\na;Lorg/App;::run_[j] 1\nlibc.so.6`malloc 1\n"
        b"mach_kernel`thread_block 1\npy::main:/srv/app.py;[libz.so.1] 1\n[unknown];--;[kernel] 1\n"
    )
    assert functions(profile) == {
        ("a", "", "", "native"),
        ("vfs_read", "", "", "kernel"),
        ("inner", "", "", "native"),
        ("Lorg/App", "", "", "native"),
        ("::run", "", "", "native"),
        ("malloc", "", "libc.so.6", "native"),
        ("thread_block", "", "mach_kernel", "kernel"),
        ("main", "/srv/app.py", "", "python"),
        ("[libz.so.1]", "", "libz.so.1", "native"),
        ("[unknown]", "", "", "native"),
        ("--", "", "", "synthetic"),
        ("[kernel]", "", "kernel", "kernel"),
    }


def test_parentheses_of_other_languages_stay_in_the_name():
    data = b"main;std::sort(int*, int*) 4\nmain;operator() (int) 2\n"
    assert stacks(data) == {"main;std::sort(int*, int*)": 4, "main;operator() (int)": 2}


# py-spy


def test_pyspy_tells_process_thread_file_and_line():
    profile = read(
        b'process 1:"sh -c a; b";process 7:"python x.py";thread (8): Main;f (x.py:3);g (x.py:5) 2\n'
        b'process 7:"python x.py";thread (0x7F00): pool "1";f (x.py:4);memcpy (libc.so.6) 1\n'
        b'process 7:"python x.py";thread (9);<module> (<string>:1);c_call (mod.c:12) 1\n'
    )
    assert profile.threads == (
        Thread(7, 8, "Main", "python x.py"),
        Thread(7, 0x7F00, 'pool "1"', "python x.py"),
        Thread(7, 9, "", "python x.py"),
    )
    assert functions(profile) == {
        ("f", "x.py", "", "python"),
        ("g", "x.py", "", "python"),
        ("<module>", "<string>", "", "python"),
        ("memcpy", "", "libc.so.6", "native"),
        ("c_call", "mod.c", "", "native"),
    }
    assert sorted(profile.tables.frames.line.tolist()) == [0, 1, 3, 4, 5, 12]
    assert profile.metadata.backend == "py-spy"


def test_a_command_may_hold_what_divides_stacks_and_lines():
    profile = read((DATA / "pyspy_raw" / "lines_in_command.txt").read_bytes())
    ((command),) = {thread.process for thread in profile.threads}
    assert command == "python3 -c def f():\n  return sum(i*i for i in range(3000000))\nf(); f()"
    assert all(kind == "python" for *_, kind in functions(profile))


def test_the_recorded_processes_and_threads():
    profile = read((DATA / "pyspy_raw" / "processes.txt").read_bytes())
    assert {(thread.process, thread.name) for thread in profile.threads} == {
        ("python3 nest.py", ""),
        ("/usr/bin/python3 nest.py child; of one", "MainThread"),
        ("/usr/bin/python3 nest.py child; of one", "twin a"),
        ("/usr/bin/python3 nest.py child; of one", "twin b"),
    }
    assert len({thread.pid for thread in profile.threads}) == 2


def test_files_without_lines_are_pyspys_too():
    profile = read((DATA / "pyspy_raw" / "nolineno.txt").read_bytes())
    assert ("squares", "work.py", "", "python") in functions(profile)
    assert not profile.tables.frames.line.any()


# Known shares


@pytest.mark.parametrize("name", ["perf.folded", "inferno.folded"])
def test_three_runs_three_times_as_long_as_one(name):
    totals = Counter()
    for row in rows(read((DATA / "folded" / name).read_bytes())):
        totals.update({function.name: row.weight for function in row.functions()})
    assert totals["three"] / totals["one"] == pytest.approx(3, rel=0.15)
    assert totals["spin"] == totals["three"] + totals["one"]


def test_a_difference_holds_the_recording_it_was_made_from():
    before = read_all(DATA / "folded" / "difference.folded")["before"]
    alone = read_all(DATA / "folded" / "perf.folded")["samples"]
    assert told(before, {"kind"}) == told(alone, {"kind"})


# What is broken, and what is something else


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"a;b 3\na;c\n", "line 2"),
        (b"a;b 3\n\n# x\na;b 3 x\n", "line 4"),
        (b"a;b 3 4\na;b 3 4\na;c\n", "line 3"),
        (b"a;b nan\n", "line 1"),
        (b"a;b 9" + b"9" * 40 + b"\n", "line 1"),
        (b"a;b 9999999999999999999\n", "lines from 1"),
        (b"a;b 1e99\n", "lines from 1"),
        (b"a;b 9000000000000000000\n" * 2, "the whole"),
        (b"a;b 9000000000000\na;b 0.5\n" * 2, "the whole"),
    ],
)
def test_errors_name_the_line(data, where):
    error = outcome(data, "folded")
    assert isinstance(error, MalformedProfile)
    assert error.where == where


def test_the_line_is_right_behind_the_first_chunk():
    lines = [b"main;work;%d 1" % number for number in range(200_000)]
    lines[150_000] = b"main;work"
    assert outcome(b"\n".join(lines), "folded").where == "line 150001"


def test_names_of_any_length_are_told_apart_over_many_chunks(monkeypatch):
    chance = random.Random(1)
    names = [b"", b"\0", b"\0\0", *(b"x" * size for size in range(1, 70))]
    names += [b"y" * size + end for size in (511, 512, 513, 600) for end in (b"", b"1", b"2")]
    names += [chance.randbytes(40).translate(None, b";\n\r \t") for _ in range(3000)]
    data = b"".join(
        b"%b %d\n" % (b";".join(chance.choices(names, k=chance.randint(2, 30))), number)
        for number in range(9000)
    )
    assert len(data) > 3 << 20
    fast = read_lines(Source(data), 1)
    monkeypatch.setattr(folded_lines, "scan", lambda chunk, known: None)
    slow = read_lines(Source(data), 1)
    assert fast.names == slow.names
    for one, other in zip(
        (fast.name, fast.offset, *fast.counts), (slow.name, slow.offset, *slow.counts), strict=True
    ):
        assert (one == other).all()


@given(st.lists(st.binary(max_size=40), unique=True, max_size=60), st.integers(0, 60))
def test_known_names_are_found_and_no_others(names, known):
    data = b"".join([bytes(16), *names, bytes(16)])
    stop = np.cumsum([16, *map(len, names)])[1:]
    start = stop - np.array([len(name) for name in names], dtype=np.int64)
    table = Known().more(names[: known // 2]).more(names[known // 2 : known])
    row = table.find(data, start, stop)
    # Where many happen to have one place, some are looked up elsewhere.
    assert all(one in (-1, at) for at, one in enumerate(row[:known].tolist()))
    assert (row[known:] == -1).all()


def test_nearly_all_known_names_are_found():
    names = [b"name %d" % number for number in range(20_000)]
    data = b"".join([bytes(16), *names, bytes(16)])
    stop = np.cumsum([16, *map(len, names)])
    row = Known().more(names).find(data, stop[:-1], stop[1:])
    assert ((row == np.arange(len(names))) | (row == -1)).all()
    assert (row >= 0).mean() > 0.999


@pytest.mark.parametrize(
    "line", [b"a;b 3 x", b"a;b x3", b"a;b", b"a;b 3;", b"a;b 12345678901234567890"]
)
def test_a_broken_line_among_very_many(line):
    data = b"main;work 1\n" * 200_000
    at = len(data) // 2 // 12 * 12
    error = outcome(data[:at] + line + b"\n" + data[at:], "folded")
    assert isinstance(error, MalformedProfile)


def test_threads_end_with_the_reading():
    before = threading.active_count()
    assert read(b"main;work 1\n" * 400_000).total == 400_000
    outcome(b"main;work 1\n" * 400_000 + b"main;work\n", "folded")
    assert threading.active_count() == before


@pytest.mark.parametrize("where", ["a", "a;b"])
def test_counts_may_be_of_any_length(where):
    counts = [10**power + 7 for power in range(18)]
    data = "".join(f"{where} {count}\n" for count in counts).encode()
    assert read(data).samples.weight.tolist() == counts


def test_names_that_mean_the_same_frame_are_one_row():
    profile = read(b"a;f_[j] 1\na;f 2\na;f_[j];g 3\na;f;g 4\n")
    assert show(profile.call_tree()) == "all 0/10\n  a 0/10\n    f 3/10\n      g 7/7"
    assert len(profile.tables.stacks) == 3


def test_counts_may_be_negative():
    assert stacks(b"a;b -3\na 5\n") == {"a;b": -3, "a": 5}


def test_names_that_hurt():
    data = b"\xff\xfe;\x00a;<b>&amp 3\nx;\xe2\x80\xa8 1\n"
    assert stacks(data) == {"\ufffd\ufffd;\x00a;<b>&amp": 3, "x;\u2028": 1}


@pytest.mark.parametrize("name", [b"a", b"f (a.py:3)"])
def test_a_stack_a_million_deep(name):
    deep = b";".join([name] * 1_000_000) + b" 3\n"
    assert FoldedImporter().sniff(deep[: 1 << 16])
    profile = read(deep)
    assert profile.total == 3
    assert len(profile.tables.stacks) == 1_000_000
    assert read(folded(profile)).total == 3


@pytest.mark.parametrize(
    "part", [b" (<>", b'process 1:"a;', b'process 1:"', b'";process 1:"a', b"[.so", b" 1", b"`a"]
)
def test_names_on_which_a_pattern_could_hang(part):
    for begin in (b"", b"[", b'process 1:"', b"f (a.py:3);"):
        data = begin + part * 50_000 + b")] 3\n"
        FoldedImporter().sniff(data[: 1 << 16])
        assert read_all(data * 2, format="folded")


def test_processes_are_parents_of_a_few_generations_only():
    profile = read(b'process 1:"x";' * 100_000 + b"f (a.py:3) 3\n")
    assert profile.threads == (Thread(1, 0, "", "x"),)
    assert profile.total == 3


@pytest.mark.parametrize(
    "text",
    [
        "id;name;count\n1;Berlin;3\n2;Paris;5\n",
        "a,b,c\n1,2,3\n",
        "for (i = 0; i < 10; i++) {\n  total += i;\n}\nreturn 0;\n",
        "import os; import sys\nx = 5\n",
        "2026-01-02 10:00:00 started; took 12 ms\n2026-01-02 10:00:01 done\n",
        "The answer is 42\nThe question; though, is unknown.\n",
        "MemTotal: 12345\nMemFree: 123\n",
        "1 2\n3 4\n",
        "user=5 3\n",
        "[1, 2]\n",
        "<html>\n<p>; 3\n</html>\n",
    ],
)
def test_other_texts_are_not_taken_for_folded_stacks(text):
    assert not FoldedImporter().sniff(text.encode())


def test_a_text_that_nobody_knows():
    with pytest.raises(UnknownFormat):
        read_all(b"Lorem ipsum; dolor sit\namet 5\n")


def test_flat_profiles_are_known_by_their_words():
    assert FoldedImporter().sniff(b"main 3\n 5\nstd::sort 2\n")


# Writing


def test_each_distinct_stack_is_a_line():
    profile = draw("""
                main <a.py:1>    main <a.py:2>    main    other
                work             work             rest
        weight: 5                2                1       4
    """)
    assert folded(profile) == b"main;rest 1\nmain;work 7\nother 4\n"


def test_functions_of_cells_keep_their_cell():
    profile = draw("""
        <module> <In [5]:1>    <module> <In [5]:2>
        train <In [4]:7>       train <In [4]:8>
    """)
    assert folded(profile) == b"In [5];In [4] train 2\n"


def test_fractions_are_written_as_such():
    builder = ProfileBuilder(MICRO)
    for name, weight in (("a", 2_500_000), ("b", -1), ("c", 3_000_000)):
        builder.sample(builder.stack([builder.frame(name)]), weight=weight)
    assert folded(builder.build()) == b"a 2.5\nb -0.000001\nc 3.0\n"


def test_what_the_format_cannot_write_has_a_stand_in():
    assert escape("a;b\nc\rd") == "a\u037eb␊c␍d"
    assert escape("worker 5") == "worker\u00a05"
    assert escape("# a") == "#\u00a0a"
    assert escape("") == "?"


@given(st.one_of(st.sampled_from(HOSTILE), st.text(), st.from_regex(r"#? ?[a-z ]* [0-9.e+-]+")))
def test_names_come_back(name):
    if name and not {*name} & {*map(chr, (0x37E, 0xA0, *range(0x2400, 0x2422)))}:
        written = escape(name).encode()
        assert not {*written} & {*b";\n\r"}
        assert unescape(written) == name.encode("utf-8", "replace").decode()


@given(profile=profiles())
def test_what_is_written_is_read_again(profile):
    again = read(folded(profile))
    spelled = ProfileBuilder(profile.value)
    for row in rows(profile):
        names = [unescape(escape(_label(f)).encode()) for f in row.functions()]
        spelled.sample(spelled.stack(map(spelled.frame, names)), weight=row.weight)
    assert told(again, ()) == told(spelled.build(), ())
    assert folded(again) == folded(profile)


def _label(function):
    if not function.file.startswith("In ["):
        return function.name
    return function.file if function.name == "<module>" else f"{function.file} {function.name}"


@pytest.mark.parametrize("tool", ["flamegraph.pl", "inferno-flamegraph"])
def test_the_tools_take_what_is_written(tool):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    builder = ProfileBuilder(ValueType("samples", "count"))
    for name in HOSTILE:
        builder.sample(builder.stack([builder.frame("main"), builder.frame(name)]), weight=100)
    done = subprocess.run(
        [tool], input=folded(builder.build()), capture_output=True, check=True, timeout=60
    )
    assert b"gnored" not in done.stderr
    assert f"{100 * len(HOSTILE):,} samples".encode() in done.stdout
