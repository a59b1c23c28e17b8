import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture import BACKENDS, WAITS
from perfnb.errors import OptionError
from perfnb.notebook.options import FlameOptions, parse, split
from perfnb.notebook.parser import make_parser, option_names

DEFAULTS = {
    "rate": 100.0,
    "native": False,
    "gil": False,
    "idle": False,
    "threads": False,
    "function": False,
    "subprocesses": False,
    "output": (),
    "backend": "auto",
    "bind": "",
    "inverted": False,
    "height": None,
    "title": "",
    "view": "flame",
    "timeline": False,
    "table": False,
    "thread_table": False,
    "color": "name",
    "source": "notebook",
    "all_frames": False,
    "quiet": False,
    "pid": 0,
    "duration": 0.0,
    "magic": "flame",
    "wall": False,
    "kernel": False,
    "least": 0.0,
    "wakers": False,
    "offwake": False,
    "file": "",
    "value": "",
    "rest_of_cell": False,
    "help": False,
}


def changed(line):
    options, statement = split(line)
    given_ = {name: getattr(options, name) for name in FlameOptions.__slots__}
    return {name: value for name, value in given_.items() if value != DEFAULTS[name]}, statement


def test_joined_letters_take_a_value_of_their_own_word():
    assert changed("-nr 200 x = 1") == ({"native": True, "rate": 200.0}, "x = 1")
    assert changed("-nr200 x = 1") == ({"native": True, "rate": 200.0}, "x = 1")
    assert changed("-ni x = 1") == ({"native": True, "idle": True}, "x = 1")


def test_defaults():
    assert changed("") == ({}, "")
    assert DEFAULTS.keys() == {*FlameOptions.__slots__}


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("-r 250", "rate", 250.0),
        ("-r250", "rate", 250.0),
        ("--rate=2.5", "rate", 2.5),
        ("--rate 10000", "rate", 10000.0),
        ("-n", "native", True),
        ("--native", "native", True),
        ("-g", "gil", True),
        ("--gil", "gil", True),
        ("-i", "idle", True),
        ("--idle", "idle", True),
        ("-t", "threads", True),
        ("--threads", "threads", True),
        ("-F", "function", True),
        ("--function", "function", True),
        ("-s", "subprocesses", True),
        ("--subprocesses", "subprocesses", True),
        ("-o a.svg", "output", ("a.svg",)),
        ("-o a.svg --output b.html", "output", ("a.svg", "b.html")),
        ("-o 'my pictures/a b.svg'", "output", ("my pictures/a b.svg",)),
        ("--backend inprocess", "backend", "inprocess"),
        ("--as profile", "bind", "profile"),
        ("--inverted", "inverted", True),
        ("--height 300", "height", 300),
        ('--title "two words"', "title", "two words"),
        ("--title='-x'", "title", "-x"),
        ("--view sandwich", "view", "sandwich"),
        ("--view=source", "view", "source"),
        ("--timeline", "timeline", True),
        ("--table", "table", True),
        ("--color self", "color", "self"),
        ("--source mine", "source", "mine"),
        ("--all-frames", "all_frames", True),
        ("-q", "quiet", True),
        ("--quiet", "quiet", True),
        ("--rest-of-cell", "rest_of_cell", True),
        ("-h", "help", True),
        ("--help", "help", True),
    ],
)
@pytest.mark.parametrize("statement", ["", "f(x)"])
def test_every_option(line, name, value, statement):
    assert changed(f"{line} {statement}") == ({name: value}, statement)


def test_options_are_combined():
    assert changed("-ng -r 500 --as p run()") == (
        {"native": True, "gil": True, "rate": 500.0, "bind": "p"},
        "run()",
    )


@pytest.mark.parametrize(
    "statement",
    [
        'f("-n -r 5")',
        "x = '--title' + \"it's\"",
        "print('a  b')  # two  spaces",
        "it's not closed",
        "- 1",
        "y -n",
        "a; b",
        "f('-o', 'x')",
    ],
)
def test_the_statement_is_left_as_it_is(statement):
    assert changed(statement) == ({}, statement)
    assert changed(f"-n {statement}") == ({"native": True}, statement)


def test_two_dashes_end_the_options():
    assert changed("-n -- -x + 1") == ({"native": True}, "-x + 1")
    assert changed("-- --native") == ({}, "--native")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--bogus", "unrecognized arguments: --bogus"),
        ("--rat 5", "unrecognized arguments: --rat"),
        ("-r", "--rate: expected one argument"),
        ("-r fast", "invalid float value: 'fast'"),
        ("-r 0.5", "a rate of 0.5 Hz cannot be sampled"),
        ("-r 10001", "a rate of 10001 Hz cannot be sampled"),
        ("-r nan", "a rate of nan Hz cannot be sampled"),
        ("--backend gdb", "invalid choice: 'gdb'"),
        ("--backend perf", "does not record this"),
        ("--wall --backend pyspy", "does not record waits"),
        ("--wall -i", "neither --gil nor --idle"),
        ("-k", "goes with --wall"),
        ("-wg", "neither --gil nor --idle"),
        ("--pid=-3", "below zero"),
        ("--pid x", "invalid int value"),
        ("-d 5 --pid 7", "lasts as long as it lasts"),
        ("-d 5", "how long it is watched"),
        ("--as 1st", "not a name a variable can have"),
        ("--as class", "not a name a variable can have"),
        ("--as a.b", "not a name a variable can have"),
        ("--height 59", "too low"),
        ("--height tall", "invalid int value"),
        ("-o a.png", "no format has this suffix"),
        ("-o profile", "no format has this suffix"),
        ("--title 'open", "close the quotation"),
        ("-n=1", "ignored explicit argument '1'"),
    ],
)
def test_what_does_not_fit_is_named(line, message):
    with pytest.raises(OptionError) as caught:
        parse(line)
    assert message in str(caught.value)
    assert caught.value.hint or "--as" in line


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-i", "%offcpu: unrecognized arguments: -i"),
        ("--gil", "unrecognized arguments: --gil"),
        ("--file x", "unrecognized arguments: --file"),
        ("--backend pyspy", "invalid choice: 'pyspy'"),
        ("-m -1", "--min -1 is below zero"),
        ("--wakers --offwake", "choose one"),
        ("--title 'open", "%offcpu: 'open"),
    ],
)
def test_what_does_not_fit_waits_is_named(line, message):
    with pytest.raises(OptionError) as caught:
        parse(line, "offcpu")
    assert message in str(caught.value)


def test_options_of_waits():
    options, statement = split("-m 2.5 --pid 12 --thread-table f()", "offcpu")
    assert (options.least, options.pid, options.thread_table) == (2.5, 12, True)
    assert (options.kind, options.magic, statement) == ("offcpu", "offcpu", "f()")
    assert split("-d 3 --pid 7", "offcpu")[0].duration == 3
    assert split("--wall f()")[0].kind == "wall"
    assert split("f()")[0].kind == "cpu"


def test_wall_is_coloured_by_state_unless_told_otherwise():
    assert split("--wall")[0].color == "state"
    assert split("--wall --color module")[0].color == "module"
    assert split("", "offcpu")[0].color == "name"


def test_above_a_cell_there_are_only_options():
    with pytest.raises(OptionError, match="'f\\(\\)' is not an option") as caught:
        parse("-n f()")
    assert "below the line" in caught.value.hint


def test_the_help_names_every_option_and_backend():
    text = make_parser().format_help()
    assert text.startswith("usage: %%flame [options]")
    assert all(name in text for name in (*option_names(), *BACKENDS.names()))
    text = make_parser("offcpu").format_help()
    assert text.startswith("usage: %%offcpu [options]")
    assert all(name in text for name in (*option_names("offcpu"), *WAITS.names()))


words = st.text(st.sampled_from("ab'\"-= \\#;é"), max_size=12)


@given(words)
def test_any_line_is_read_or_refused(line):
    try:
        _, statement = split(line)
    except OptionError:
        return
    assert line.rstrip().endswith(statement)
