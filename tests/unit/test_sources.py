"""Source texts: what a recording keeps, what is shown, what goes with a picture."""

import linecache
import os
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture import sources as capture_sources
from perfnb.capture.sources import with_sources
from perfnb.model import Profile, ProfileBuilder
from perfnb.model.sources import LARGEST, SourceText, decoded, source_of, split_lines, stamp_of
from perfnb.notebook.cells import as_typed
from perfnb.notebook.clean import name_cells
from perfnb.transform.condense import condense
from perfnb.transform.frames import rename
from perfnb.units import ValueType
from perfnb.views.sources import AROUND, spans_of, stored_sources

TEXT = "def work():\n    return 1\n"


def profile_of(*frames, sources=None) -> Profile:
    """A profile with a sample of each (function, file, line)."""
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    for name, file, line in frames:
        builder.sample(builder.stack([builder.frame(name, str(file), line)]))
    made = builder.build()
    return Profile(made.value, made.tables, made.samples, made.metadata, sources or {})


@pytest.fixture
def app(tmp_path):
    file = tmp_path / "app.py"
    file.write_text(TEXT)
    return file


@pytest.fixture
def registered():
    """What is compiled from a string, as IPython and attrs make it known."""
    names = {"/tmp/ipykernel_7/123.py": "x = 1\ny = 2\n", "<made by attrs>": "def made(): pass\n"}
    for name, text in names.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    yield names
    for name in names:
        del linecache.cache[name]


# What a recording keeps.


def test_own_files_are_kept_whole_and_library_files_by_their_stamp(app):
    library = numpy.__file__
    kept = with_sources(profile_of(("work", app, 2), ("f", library, 3))).sources
    assert kept == {
        str(app): SourceText(TEXT, stamp_of(str(app))),
        library: SourceText(None, stamp_of(library)),
    }


def test_what_was_compiled_from_a_string_is_kept(registered):
    kept = with_sources(profile_of(*(("f", name, 1) for name in registered))).sources
    assert kept == {name: SourceText(text) for name, text in registered.items()}


def test_what_is_no_file_and_was_told_to_nobody_is_not_kept():
    names = ("<stdin>", "<frozen runpy>", "/none/such.py", "", "bad\0name.py", "/dev/null", "/tmp")
    assert with_sources(profile_of(*(("f", name, 1) for name in names))).sources == {}


def test_compiled_code_is_not_kept(tmp_path):
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    file = tmp_path / "code.c"
    file.write_text("int main;\n")
    builder.sample(builder.stack([builder.frame("main", str(file), 1, kind="native")]))
    assert with_sources(builder.build()).sources == {}


def test_a_large_file_is_kept_by_its_stamp_only(app):
    app.write_text("#" * LARGEST + "\n")
    assert with_sources(profile_of(("f", app, 1))).sources == {
        str(app): SourceText(None, stamp_of(str(app)))
    }


def test_texts_are_kept_until_they_are_too_much_together(tmp_path, monkeypatch):
    monkeypatch.setattr(capture_sources, "MOST", 25)
    files = [tmp_path / f"{name}.py" for name in "abc"]
    for file in files:
        file.write_text("# 10 bytes")
    kept = with_sources(profile_of(*(("f", file, 1) for file in files))).sources
    assert [kept[str(file)].text for file in files] == ["# 10 bytes", "# 10 bytes", None]
    assert all(one.stamp for one in kept.values())


# Which text is shown.


def test_the_kept_text_is_shown(app):
    profile = with_sources(profile_of(("work", app, 2)))
    shown = source_of(profile, str(app))
    assert (shown.lines, shown.note) == (("def work():", "    return 1"), "")


def test_a_changed_file_is_shown_as_it_was_and_that_is_said(app):
    profile = with_sources(profile_of(("work", app, 2)))
    app.write_text("new = 1\n")
    shown = source_of(profile, str(app))
    assert shown.lines == ("def work():", "    return 1")
    assert shown.note == (
        f"{app} has changed since the recording; this is its text as it was recorded"
    )


def test_a_file_that_was_only_touched_has_not_changed(app):
    profile = with_sources(profile_of(("work", app, 2)))
    os.utime(app, ns=(1, 1))
    assert source_of(profile, str(app)).note == ""


def test_a_deleted_file_is_shown_as_it_was(app):
    profile = with_sources(profile_of(("work", app, 2)))
    app.unlink()
    assert source_of(profile, str(app)).lines == ("def work():", "    return 1")


def test_a_file_of_which_the_stamp_is_known_is_shown_as_it_is_now(app):
    profile = profile_of(("work", app, 2), sources={str(app): SourceText(None, stamp_of(str(app)))})
    assert source_of(profile, str(app)).note == ""
    app.write_text("new = 1\n")
    shown = source_of(profile, str(app))
    assert shown.lines == ("new = 1",)
    assert shown.note == f"{app} has changed since the recording: lines may not fit"


def test_of_an_unknown_file_it_is_said_that_it_is_the_present_one(app):
    shown = source_of(profile_of(("work", app, 2)), str(app))
    assert shown.lines == ("def work():", "    return 1")
    assert shown.note.startswith("the file as it is now; the profile does not tell")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("In [5]", "the text of In [5] was not kept"),
        ("<string>", "the text of <string> was not kept"),
        ("", "the text of this function was not kept"),
        ("/none/such.py", "/none/such.py: there is no such file here"),
        ("/dev/zero", "/dev/zero: there is no such file here"),
        ("/", "/: there is no such file here"),
        ("\0", "\0: there is no such file here"),
    ],
)
def test_why_there_is_no_text(file, says):
    shown = source_of(profile_of(("f", file, 1)), file)
    assert (shown.lines, shown.note) == ((), says)


def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    assert source_of(profile_of(("f", pipe, 1)), str(pipe)).lines == ()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
        (b"x = '\xff'\r\n", "x = '\ufffd'\n"),
        (b"# coding: nonsense\nx = 1\n", "# coding: nonsense\nx = 1\n"),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
    ],
)
def test_text_is_decoded_as_python_does(data, text):
    assert decoded(data) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\fb\nc\u2028d\n", ("a\fb", "c\u2028d")),
        ("a\n\nb", ("a", "", "b")),
        ("", ()),
        ("\n", ("",)),
    ],
)
def test_lines_are_counted_as_python_counts_them(text, lines):
    assert split_lines(text) == lines


# Names of cells.


def test_sources_follow_the_names_of_files():
    sources = {"/tmp/1.py": SourceText("one\n"), "b.py": SourceText("two\n")}
    profile = profile_of(("f", "/tmp/1.py", 1), ("g", "b.py", 1), ("h", "c.py", 1), sources=sources)
    assert name_cells(profile, {"/tmp/1.py": 5}).sources == {
        "In [5]": SourceText("one\n"),
        "b.py": SourceText("two\n"),
    }


def test_of_several_files_that_become_one_the_longest_text_is_it():
    sources = {"a": SourceText("short"), "b": SourceText("much longer"), "c": SourceText(None)}
    profile = profile_of(("f", "a", 1), ("f", "b", 2), ("f", "c", 3), sources=sources)
    one = rename(profile, lambda f: (f[0], "In [1]", *f[2:]))
    assert one.sources == {"In [1]": SourceText("much longer")}


CALL = "get_ipython().run_line_magic('flame', '--rest-of-cell -r 200')"


@pytest.mark.parametrize(
    ("typed", "compiled", "shown"),
    [
        ("%%flame -r 200\nx = 1", f"{CALL}\nx = 1\n", "%%flame -r 200\nx = 1"),
        ("  x = 1\n  %pwd", "x = 1\nget_ipython().run_line_magic('pwd', '')\n", "  x = 1\n  %pwd"),
        # The number was given to another cell since.
        ("y = 2", "x = 1\n", "x = 1\n"),
        # IPython took off empty lines at the top.
        ("\n\nx = 1", "x = 1\n", "x = 1\n"),
    ],
)
def test_cells_are_shown_as_they_were_typed_where_the_lines_fit(typed, compiled, shown):
    sources = {"In [1]": SourceText(compiled), "In [7]": SourceText("z\n")}
    profile = profile_of(("f", "In [1]", 1), ("g", "In [7]", 1), sources=sources)
    assert as_typed(profile, ["", typed]).sources == {
        "In [1]": SourceText(shown),
        "In [7]": SourceText("z\n"),
    }


# Which texts go with a picture.

MODULE = [
    "import a",  # 1
    "",
    "@decorated",  # 3
    "@twice",
    "def outer():",
    "    def inner():",  # 6
    "        return 1",
    "    return inner",  # 8
    "",
    "class Thing:",  # 10
    "    size = 1",
    "    async def method(self):",  # 12
    "        return [x for x in range(3)]",
    *[""] * 60,
    "last = outer()",  # 74
]


@pytest.mark.parametrize(
    ("lines", "names", "spans"),
    [
        ([7], [], [(6, 7)]),
        ([8], [], [(3, 8)]),
        ([3], [], [(3, 8)]),
        ([7, 8], [], [(3, 8)]),
        ([7, 13], [], [(6, 7), (12, 13)]),
        ([13, 74], [], [(12, 13), (74 - AROUND, 74)]),
        ([1], [], [(1, 1 + AROUND)]),
        ([1, 40], [], [(1, 16), (25, 55)]),
        ([16, 47], [], [(1, 62)]),
        ([0, 99], [], []),
        ([], ["Thing.method"], [(12, 13)]),
        ([], ["outer.<locals>.inner", "absent"], [(6, 7)]),
    ],
)
def test_spans_are_the_innermost_functions(lines, names, spans):
    assert spans_of(MODULE, lines, names) == spans


def test_functions_are_found_in_every_kind_of_block():
    text = (
        "if a:\n  def f0(): pass\nelif b:\n  def f1(): pass\nelse:\n  def f2(): pass\n"
        "try:\n  def f3(): pass\nexcept E:\n  def f4(): pass\nelse:\n  def f5(): pass\n"
        "finally:\n  def f6(): pass\n"
        "match a:\n  case 1:\n    def f7(): pass\n"
        "with a:\n  for b in c:\n    while d:\n      def f8(): pass"
    )
    blocks = text.split("\n")
    for number in range(9):
        line = next(at for at, text in enumerate(blocks, 1) if f"f{number}(" in text)
        assert spans_of(blocks, [], [f"f{number}"]) == [(line, line)]


@pytest.mark.parametrize("odd", ["def (:", "x = '\\d'\n" * 3 + "(", "\0", "(" * 5000])
def test_what_is_not_python_is_shown_around_the_lines(odd):
    lines = [*odd.split("\n"), *[""] * 100]
    assert spans_of(lines, [50]) == [(50 - AROUND, 50 + AROUND)]


def test_no_warning_of_anothers_program_is_heard():
    assert spans_of(["def f():", "    return '\\d' is 1"], [2]) == [(1, 2)]


@given(st.sets(st.integers(1, len(MODULE))))
def test_spans_hold_every_line_and_do_not_touch(sampled):
    spans = spans_of(MODULE, sampled)
    assert all(1 <= first <= last <= len(MODULE) for first, last in spans)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(spans))
    inside = {line for first, last in spans for line in range(first, last + 1)}
    assert sampled <= inside


def test_what_is_stored_is_as_asked(app, registered):
    (cell, _) = registered
    profile = with_sources(
        profile_of(("<module>", cell, 1), ("work", app, 2), ("array_repr", numpy.__file__, 120))
    )
    profile = name_cells(profile, {cell: 5})

    def chunks(what):
        return {
            Path(file).name: [(one["first"], one["text"]) for one in stored["chunks"]]
            for file, stored in stored_sources(profile, what).items()
        }

    mine = {"In [5]": [(1, "x = 1\ny = 2")], "app.py": [(1, TEXT.rstrip("\n"))]}
    assert chunks("none") == {}
    assert chunks("notebook") == {"In [5]": mine["In [5]"]}
    assert chunks("mine") == mine
    everything = chunks("all")
    assert everything.keys() == {*mine, "__init__.py"}
    (first, text), *_ = everything["__init__.py"]
    assert text.split("\n")[120 - first] == Path(numpy.__file__).read_text().split("\n")[119]


def test_a_profile_cannot_have_a_picture_tell_other_files():
    frames = [("f", file, 1) for file in ("/etc/passwd", "/etc/hosts", str(Path.home() / ".netrc"))]
    assert stored_sources(profile_of(*frames), "all") == {}
    known = {file: SourceText(None, (1, 1)) for _, file, _ in frames}
    assert stored_sources(profile_of(*frames, sources=known), "all") == {}


def test_notes_name_files_as_the_picture_does(app):
    profile = with_sources(profile_of(("work", app, 2)))
    app.write_text("new = 1\n")
    (stored,) = stored_sources(profile, "mine", lambda file: file.rpartition("/")[2]).items()
    assert stored[0] == "app.py"
    assert stored[1]["note"].startswith("app.py has changed since")


def test_merged_profiles_keep_the_texts_that_they_agree_on():
    same, mine, theirs = (SourceText(text, None) for text in ("a = 1\n", "b = 1\n", "b = 2\n"))
    left = profile_of(("f", "In [1]", 1), sources={"In [1]": same, "In [2]": mine})
    right = profile_of(("f", "In [1]", 1), sources={"In [1]": same, "In [2]": theirs, "c": mine})
    assert left.merge(right).sources == {"In [1]": same, "c": mine}


def test_a_profile_that_is_drawn_smaller_keeps_its_texts():
    sources = {"In [1]": SourceText("a = 1\n", None)}
    frames = [("f", "In [1]", line) for line in range(1, 9)]
    small = condense(profile_of(*frames, sources=sources), boxes=3).profile
    assert len(small.tables.stacks) < len(frames)
    assert small.sources == sources
