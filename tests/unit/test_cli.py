"""``perfnb``: what it prints, what it writes, and how it ends."""

import argparse
import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from helpers.ascii import draw
from helpers.same import told
from helpers.strategies import HOSTILE, profiles
from hypothesis import given
from rich.console import Console

from perfnb.cli import main, make_parser, show
from perfnb.cli.icicle import DEEPEST, icicle
from perfnb.cli.terminal import cut, printable
from perfnb.formats import EXPORTERS, IMPORTERS, write_all
from perfnb.formats.read import read_all
from perfnb.model import ProfileBuilder
from perfnb.units import ValueType

RECORDED = str(Path(__file__).parents[1] / "data" / "archive" / "recorded.perfnb")
PICTURE = """
            main    main    main    other
            parse   parse   write
            regex
    weight: 40      10      30      20
    time:   10      20      30      40
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "drawn.perfnb"
    cpu = draw(PICTURE, title="drawn", backend="tool", notes=("odd",))
    cpu = replace(cpu, value=ValueType("on-CPU", "ns"))
    calls = replace(cpu, value=ValueType("calls", "count"))
    write_all({"cpu": cpu, "calls": calls}, path)
    return str(path)


@pytest.fixture
def run(capsys):
    def run(*argv):
        try:
            status = main(argv)
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


# show


def test_the_whole_of_it_as_text(run, file):
    status, out, err = run("show", "--width", "60", "--value", "cpu", file)
    assert (status, err) == (0, "")
    head, table, picture = out.replace("·", "-").split("\n\n")
    assert head.splitlines()[0] == "drawn"
    assert "archive - 100 ns on-CPU - 4 samples - 1 thread - 30.0 ns" in head
    assert "values: cpu, calls" in head
    assert "tool" in head and "Too thin to trust" in head
    assert [" ".join(line.split()) for line in table.splitlines()[1:]] == [
        "40 ns 40.0 % 40 ns 40.0 % regex",
        "30 ns 30.0 % 30 ns 30.0 % write",
        "20 ns 20.0 % 20 ns 20.0 % other",
        "10 ns 10.0 % 50 ns 50.0 % parse",
        "0 0 % 80 ns 80.0 % main",
    ]
    assert picture.splitlines() == [
        "|all--------------------------------------------------------",
        "|main-------------------------------------------|other------",
        "|parse------------------------|write------------",
        "|regex------------------",
    ]


def test_only_the_picture(run, file):
    status, out, _ = run("show", "--flame", "--width", "20", file)
    assert status == 0
    assert out.splitlines()[:2] == ["|all----------------", "|main-----------|---"]


def test_the_tree_puts_the_heaviest_first_and_chains_in_line(run, file):
    _, out, _ = run("show", "--tree", "--rows", "0", "--width", "70", file)
    lines = [line.rstrip() for line in out.split("\n\n")[1].splitlines()]
    assert lines == [
        "   100 %    100 ns  all",
        "  80.0 %     80 ns  |- main",
        "  50.0 %     50 ns  |  |- parse",
        "  40.0 %     40 ns  |  |  regex",
        "  30.0 %     30 ns  |  `- write",
        "  20.0 %     20 ns  `- other",
    ]


def test_rows_and_order(run, file):
    _, out, _ = run("show", "-n", "2", "--sort", "total", "--width", "80", file)
    rows = out.split("\n\n")[1].splitlines()[1:]
    assert [row.split()[-1] for row in rows] == ["main", "parse"]


@pytest.mark.parametrize("names", ["a" * 5000, "f", "日本" * 50, "x.y" * 99])
def test_names_never_push_the_numbers_out(run, tmp_path, names):
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    builder.sample(builder.stack([builder.frame(names, names, 1, names)]), weight=1_240_000_000)
    builder.build().write(tmp_path / "x.perfnb")
    _, out, _ = run("show", "--width", "90", str(tmp_path / "x.perfnb"))
    heading, row = out.split("\n\n")[1].splitlines()
    assert row.startswith("1.24 s  100 %  1.24 s  100 %  ")
    assert heading.split() == ["self", "total", "function", "module"]
    assert len(row.rstrip()) <= 90


def test_other_values_and_none_such(run, file):
    _, out, _ = run("show", "--value", "calls", file)
    assert "100 calls" in out
    status, out, err = run("show", "--value", "weather", file)
    assert (status, out) == (2, "")
    assert err.endswith(
        "drawn.perfnb: no value type 'weather'\n  → --value takes one of: cpu, calls\n"
    )


def test_weights_below_zero_are_listed_but_not_drawn(run, tmp_path):
    builder = ProfileBuilder(ValueType("change", "bytes"))
    for name, weight in (("less", -3000), ("more", 5000)):
        builder.sample(builder.stack([builder.frame(name)]), weight=weight)
    builder.build().write(tmp_path / "x.perfnb")
    status, out, _ = run("show", str(tmp_path / "x.perfnb"))
    assert status == 0
    assert "−2.93 KiB" in out
    assert "no picture" in out


def test_no_samples_at_all(run, tmp_path):
    draw("").write(tmp_path / "x.perfnb")
    status, out, _ = run("show", str(tmp_path / "x.perfnb"))
    assert status == 0
    assert "0 samples" in out


def terminal(monkeypatch, width=60):
    """Let what is shown go to a terminal of true colours, and return what it gets."""
    held = io.StringIO()

    def console(_=None):
        return Console(
            file=held, width=width, force_terminal=True, color_system="truecolor",
            no_color=False, markup=False, highlight=False, emoji=False,
        )  # fmt: skip

    monkeypatch.setattr(show, "console", console)
    return held


@pytest.mark.parametrize("options", [[], ["--tree"], ["--flame"]])
def test_names_reach_neither_terminal_nor_markup(run, tmp_path, monkeypatch, options):
    builder = ProfileBuilder(ValueType("[bold]\x1b[2J", "count"))
    names = (*HOSTILE, "[red]x[/red]", "[/]", ":smile:", "\x1b]0;owned\x07", "a\r\nb", "\x9b31m")
    for name in names:
        builder.sample(builder.stack([builder.frame(name, name, 1, name)]), weight=1)
    profile = builder.build().with_metadata(title="\x1b[31mtitle", notes=("\x1b[32m[bold]note",))
    profile.write(tmp_path / "x.perfnb")
    for colours in (False, True):
        held = terminal(monkeypatch, 150) if colours else None
        status, out, err = run("show", "-n", "100", *options, str(tmp_path / "x.perfnb"))
        text = held.getvalue() if held else out
        assert (status, err) == (0, "")
        # Colours are rich's own; nothing else that begins with an escape is there.
        left = "".join(part.partition("m")[2] for part in ("m" + text).split("\x1b["))
        assert all(one.isprintable() or one == "\n" for one in left)
        if not options:
            assert "[red]x[/red]" in left
            assert ":smile:" in left


def test_colours_are_those_of_the_flame_graph(run, file, monkeypatch):
    from perfnb.layout.palette import color

    held = terminal(monkeypatch)
    assert run("show", file)[0] == 0
    numbers = color("regex", "python").removeprefix("rgb(").removesuffix(")").replace(",", ";")
    assert f"48;2;{numbers}m" in held.getvalue()
    assert "▉" in held.getvalue()


@given(profiles())
def test_any_profile_is_drawn_within_its_width(profile):
    for plain in (True, False):
        lines = list(icicle(profile.call_tree(), profile.value, 40, plain=plain))
        assert len(lines) <= DEEPEST + 1
        assert all(line.cell_len <= 40 for line in lines[:-1])


def test_what_is_too_deep_is_counted():
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("again")] * 5000))
    lines = list(icicle(builder.build().call_tree(), builder.value, 40, plain=True))
    assert len(lines) == DEEPEST + 1
    assert lines[-1].plain == f"and {5001 - DEEPEST} levels more"


def test_what_is_too_narrow_is_counted():
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("wide")]), weight=97)
    builder.sample(builder.stack([builder.frame(name) for name in "abcd"]), weight=3)
    lines = list(icicle(builder.build().call_tree(), builder.value, 40, plain=True))
    assert [line.plain for line in lines[-1:]] == ["and 3 levels more, too narrow for names"]


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("main", 10, "main"),
        ("json.encoder.JSONEncoder.encode", 20, "JSONEncoder.encode"),
        ("json.encoder.JSONEncoder.encode", 12, "encode"),
        ("_make.<locals>._iterencode", 14, "_iterencode"),
        ("std::vector<int>::push_back(int const&)", 12, "push_back"),
        ("github.com/user/repo/pkg.(*Type).Method", 14, "(*Type).Method"),
        ("github.com/user/repo/pkg.(*Type).Method", 12, "Method"),
        ("main.(*sequencer).Add.func2", 9, "Add.func2"),
        ("runtime.goexit.abi0", 8, "goexit.…"),
        ("/usr/lib/libc.so.6", 10, "libc.so.6"),
        ("...", 2, ".…"),
        ("a_very_long_function_name", 10, "a_very_lo…"),
        ("日本語の関数", 7, "日本語…"),
        ("<lambda>", 4, "<la…"),
        ("main", 1, ""),
        ("main", 0, ""),
    ],
)
def test_names_are_cut_where_they_tell_least(name, width, shown):
    assert cut(name, width) == shown


def test_a_name_of_any_length_is_cut():
    assert cut("a." * 1_000_000 + "end", 10) == "a.a.a.end"


def test_what_is_printable_stays():
    assert printable("naïve 日本 😀") == "naïve 日本 😀"
    assert printable("a\x1b[0m\u202e\udcff\n") == "a�[0m���"


# convert


def test_another_format_and_back(run, tmp_path):
    folded, again = str(tmp_path / "x.folded"), str(tmp_path / "y.perfnb.gz")
    assert run("convert", RECORDED, folded) == (0, "", "")
    assert ";work;heavy;spin " in (tmp_path / "x.folded").read_text()
    assert run("convert", RECORDED, again) == (0, "", "")
    assert told(*read_all(again).values()) == told(*read_all(RECORDED).values())


def test_several_value_types(run, file, tmp_path):
    both, one = str(tmp_path / "both.perfnb"), str(tmp_path / "one.perfnb")
    assert run("convert", file, both)[0] == run("convert", file, one, "--value", "calls")[0] == 0
    assert list(read_all(both)) == ["cpu", "calls"]
    assert list(read_all(one)) == ["calls"]
    status, _, err = run("convert", file, str(tmp_path / "x.folded"))
    assert status == 0
    assert err == "perfnb: folded holds one value type: cpu, without calls\n"
    assert run("convert", file, str(tmp_path / "x.folded"), "--value", "cpu") == (0, "", "")


def test_a_file_onto_itself_is_whole_or_untouched(run, file):
    before = told(read_all(file)["cpu"])
    assert run("convert", file, file)[0] == 0
    assert told(read_all(file)["cpu"]) == before
    data = Path(file).read_bytes()[:-30]
    Path(file).write_bytes(data)
    assert run("convert", file, file)[0] == 1
    assert Path(file).read_bytes() == data


def piped(*argv, input=b"", **env):
    return subprocess.run(
        [sys.executable, "-m", "perfnb.cli", *argv],
        input=input,
        capture_output=True,
        env={**os.environ, **env},
    )


def test_standard_input_and_output():
    done = piped("convert", "-", "-", "--to", "archive", input=b"main;work 3\n", NO_COLOR="1")
    assert (done.returncode, done.stderr) == (0, b"")
    again = piped("show", "-", input=done.stdout)
    assert (again.returncode, again.stderr) == (0, b"")
    assert again.stdout.startswith(b"standard input\n")
    assert b"|work---" in again.stdout


def test_a_terminal_of_another_encoding_is_no_reason_to_stop():
    done = piped("show", "-", input="größe;日本 3\n".encode(), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"gr??e" in done.stdout


@pytest.mark.parametrize("command", [["show"], ["convert", "-", "--to", "folded"]])
def test_a_reader_that_has_seen_enough(command):
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "perfnb.cli", command[0], RECORDED, *command[1:]]
    done = subprocess.run(argv, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_quiet(monkeypatch, capsys):
    def interrupted(*_, **__):
        # Not os.kill: another thread may get that, and this one a little later.
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("perfnb.cli.convert.read_all", interrupted)
    assert main(["convert", "x", "y.svg"]) == 130
    assert capsys.readouterr() == ("", "")


# formats


def test_every_format_is_listed(run):
    status, out, _ = run("formats")
    assert status == 0
    for row in (*IMPORTERS, *EXPORTERS):
        assert row.name in out
    assert all(suffix in out for row in EXPORTERS for suffix in row.suffixes)


def test_choices_are_the_rows():
    (commands,) = (
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    choices = {a.dest: a.choices for a in commands.choices["convert"]._actions if a.choices}
    assert choices == {"from_format": IMPORTERS.names(), "to_format": EXPORTERS.names()}


def test_the_page_about_formats_has_them_all():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    for heading, rows in (("What is read", IMPORTERS), ("What is written", EXPORTERS)):
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert sorted(re.findall(r"^\| `([\w .]+)` \|", section, re.M)) == sorted(rows.names())


def test_the_version(run):
    assert run("--version") == (0, f"perfnb {version('perfnb')}\n", "")


# errors


@pytest.mark.parametrize(
    ("argv", "status", "says"),
    [
        ([], 2, "required: COMMAND"),
        (["paint"], 2, "invalid choice: 'paint'"),
        (["show"], 2, "required: FILE"),
        (["show", "x", "--from", "word"], 2, "invalid choice: 'word'"),
        (["show", "x", "-n", "many"], 2, "'many' is not a number"),
        (["show", "x", "--width", "3"], 2, "'3' is not a number, 20 or more"),
        (["show", "x", "--tree", "--flame"], 2, "not allowed with"),
        (["convert", "x", "y.docx"], 2, "y.docx: no format has this suffix\n  → one of .html"),
        (["convert", "x", "-"], 2, "no suffix that names a format\n  → --to html, svg, folded"),
        (["show", "missing.svg"], 1, "perfnb: missing.svg: No such file or directory\n"),
        (["show", "."], 1, "perfnb: .: Is a directory\n"),
        (["show", "empty"], 1, "perfnb: empty: not a profile format"),
        (["show", "broken\x1b"], 1, "perfnb: broken�, "),
        (["show", "memory://nothing"], 1, "perfnb: /nothing: FileNotFoundError\n"),
        (["show", "nowhere://x"], 1, "perfnb: nowhere://x: Protocol not known: nowhere\n"),
        (["convert", RECORDED, "none/x.svg"], 1, "No such file or directory"),
    ],
)
def test_errors_are_one_line_and_a_hint(run, tmp_path, monkeypatch, argv, status, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "broken\x1b").write_bytes(Path(RECORDED).read_bytes()[:3000])
    found, out, err = run(*argv)
    assert (found, out) == (status, "")
    assert says in err
    assert "Traceback" not in err
    if err.startswith("perfnb: "):
        assert len(err.splitlines()) <= 2


def test_help_imports_nothing_heavy():
    script = (
        "import sys, perfnb.cli\n"
        "try: perfnb.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'polars', 'rich', 'bokeh', 'msgspec', 'IPython'} & sys.modules.keys()\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
