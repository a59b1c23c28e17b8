"""``%perfnb`` and `perfnb.profiles`: what was captured in a session, and the texts of its cells."""

from __future__ import annotations

import re

import pytest
from helpers.kernels import TESTS, kernel

RECORDED = TESTS / "data" / "archive" / "recorded.perfnb"


@pytest.fixture
def shared(tmp_path):
    with kernel(tmp_path) as running:
        running.run("import perfnb\nfrom helpers.workloads import *")
        yield running


def said(cell) -> str:
    return cell.stderr + cell.traceback


def listed(cell) -> list[list[str]]:
    """The rows of the table that a cell shows as text: words between two spaces."""
    (shown,) = cell.displays
    heads, *rows, about = shown["text/plain"].splitlines()
    assert re.split(r"\s{2,}", heads.strip()) == [
        "cell", "title", "duration", "samples", "value", "memory",
    ]  # fmt: skip
    assert "the last 50 are kept" in about
    # As in the notebook.
    found = re.findall(r"<td[^>]*>(.*?)</td>", shown["text/html"])
    assert [found[at] for at in range(0, len(found), 7)] == [row.split()[0] for row in rows]
    return [re.split(r"\s{2,}", row.strip()) for row in rows]


def test_everything_captured_is_listed_with_the_number_that_works(shared):
    cell = shared.run("%perfnb")
    assert cell.ok and "no profile has been captured yet" in cell.displays[0]["text/plain"]
    assert shared.value("[perfnb.last(), len(perfnb.profiles)]") == [None, 0]
    shared.run("%%flame -q -r 200\nburn(0.1)")
    shared.run("%flame -q -r 200 --title 'a title' burn(0.1)")
    shared.run("with perfnb.record(rate=200) as rec:\n    burn(0.1)")
    shared.run(f"%flame -q --file {RECORDED}")
    rows = listed(shared.run("%perfnb"))
    number = int(rows[0][1].removeprefix("In [").removesuffix("]"))
    cells = [f"In [{number + at}]" for at in range(4)]
    assert [row[0] for row in rows] == ["0", "1", "2", "3"]
    assert [row[1] for row in rows] == cells
    assert rows[1][2] == "a title"
    assert all(re.fullmatch(r"[\d.]+ [KM]iB", row[-1]) for row in rows)
    assert rows[0][-2].endswith(" on-CPU")
    assert shared.value("[p.metadata.title for p in perfnb.profiles]") == [
        cells[0], "a title", "", "recorded.perfnb",
    ]  # fmt: skip
    same = (
        "perfnb.profiles[2] is rec.profile is perfnb.profiles[-2]",
        "perfnb.last() is perfnb.profiles[-1] is perfnb.profiles[3]",
        f"perfnb.profiles[{cells[2]!r}] is rec.profile",
        "perfnb.profiles['a title'] is perfnb.profiles[1]",
        f"perfnb.profiles[{cells[1]!r}] is perfnb.profiles[1]",
        "perfnb.profiles[1:3] == [perfnb.profiles[1], rec.profile]",
        "len(perfnb.profiles) == 4 and rec.profile in perfnb.profiles",
        "perfnb.profiles[__import__('numpy').int64(1)] is perfnb.profiles[1]",
    )
    assert shared.value(f"[{', '.join(same)}]") == [True] * len(same)
    assert "a title" in shared.run("perfnb.profiles").result


def test_one_is_shown_again_and_forgotten(shared):
    for title in ("one", "two", "three"):
        shared.run(f"%flame -q -r 200 --title {title} burn(0.05)")
    for which, title in (("0", "one"), ("-2", "two"), ("", "three"), ("'two'", "two")):
        cell = shared.run(f"%perfnb show {which}\n6 * 7")
        assert cell.result == "42"
        (picture,) = cell.pictures
        assert picture["text/plain"].startswith(title)
    assert [row[2] for row in listed(shared.run("%perfnb drop 1"))] == ["one", "three"]
    assert [row[2] for row in listed(shared.run("%perfnb drop one"))] == ["three"]
    assert shared.value("[len(perfnb.profiles), perfnb.last().metadata.title]") == [1, "three"]
    assert "no profile" in shared.run("%perfnb drop all").displays[0]["text/plain"]
    assert shared.value("perfnb.last()") is None


def test_a_forgotten_profile_is_freed(shared):
    shared.run("%flame -q -r 200 burn(0.05)")
    shared.run("import gc, sys; arrays = perfnb.last().samples.weight")
    assert shared.value("sys.getrefcount(arrays)") > 2
    shared.run("%perfnb drop 0")
    assert shared.value("[gc.collect(), sys.getrefcount(arrays)][1]") == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("show 3", "no profile 3: there is only profile 0"),
        ("show -2", "no profile -2"),
        ("show In [99]", "no profile called 'In [99]'"),
        ("drop", "which one?"),
        ("drop 7", "no profile 7"),
        ("explode 0", "'explode' is none of show, explore, drop"),
    ],
)
def test_what_does_not_work_is_said_in_one_message(any_kernel, line, says):
    any_kernel.run("%perfnb drop all\n%flame -q -r 200 burn(0.05)")
    cell = any_kernel.run(f"%perfnb {line}")
    assert not cell.ok and not cell.displays
    assert says in said(cell) and "Traceback" not in said(cell)


def test_wrong_keys_are_errors_of_lists_and_mappings(shared):
    for key, error in (("0", "IndexError"), ("'x'", "KeyError"), ("None", "TypeError")):
        cell = shared.run(f"perfnb.profiles[{key}]")
        assert cell.error[0] == error
        assert "none has been captured yet" in cell.error[1] or error == "TypeError"


def test_the_oldest_are_forgotten(shared):
    shared.run(f"profile = perfnb.read({str(RECORDED)!r})\nfrom perfnb import profiles")
    shared.run(
        f"for i in range(53):\n    get_ipython().run_line_magic('flame', "
        f"f'-q --file {RECORDED} --title t{{i}}')"
    )
    assert shared.value("[p.metadata.title for p in profiles]") == [f"t{i}" for i in range(3, 53)]


def test_titles_are_text(shared):
    shared.run("%flame -q -r 200 --title '<img src=x onerror=alert(1)>' burn(0.05)")
    html = shared.run("%perfnb").displays[0]["text/html"]
    assert "&lt;img src=x onerror=alert(1)&gt;" in html and "<img" not in html


def test_help_and_completion(shared):
    for line in ("-h", "--help"):
        cell = shared.run(f"%perfnb {line}")
        assert cell.ok and "usage: %perfnb" in cell.stdout and "drop N|all" in cell.stdout
    completed = "get_ipython().complete(None, {!r}, {})[1]"
    assert "show" in shared.value(completed.format("%perfnb sh", 10))
    assert "%perfnb" in shared.value(completed.format("%perf", 5))


def test_it_is_gone_with_the_extension(shared):
    shared.run("%flame -q -r 200 burn(0.05)")
    assert shared.run("%unload_ext perfnb").ok
    assert shared.value("[len(perfnb.profiles), perfnb.last()]") == [0, None]
    assert not shared.run("%perfnb").ok


# The texts of cells.


def texts(running) -> dict[str, str]:
    return running.value(
        "{f: s.text for f, s in perfnb.last().sources.items() if f.startswith('In [')}"
    )


def test_the_text_of_cells_is_kept_as_it_was_typed(shared):
    defined = "def slow():\n    burn(0.05)  # é\n"
    shared.run(defined)
    code = "%%flame -q -r 500\nhere = !pwd\nslow()\nburn(0.05)"
    shared.run(code)
    number = shared.value("perfnb.last().metadata.title")
    found = texts(shared)
    assert found[number] == code
    (other,) = found.keys() - {number}
    assert found[other].rstrip("\n") == defined.rstrip("\n")
    assert shared.value(
        "__import__('perfnb.model.sources').model.sources"
        f".source_of(perfnb.last(), {number!r}).lines[2]"
    ) == ("slow()")


def test_a_file_of_the_users_is_kept_as_it_was(shared):
    shared.run("open('own.py', 'w').write('import helpers.workloads as w\\ndef go(): w.burn(0.1)')")
    shared.run("import own")
    shared.run("%flame -q -r 200 own.go()")
    shared.run("open('own.py', 'w').write('# other')")
    shown = shared.value(
        "[[*s.lines, s.note] for f in perfnb.last().sources if f.endswith('/own.py')"
        " for s in [__import__('perfnb.model.sources').model.sources.source_of(perfnb.last(), f)]]"
    )
    assert shown[0][:2] == ["import helpers.workloads as w", "def go(): w.burn(0.1)"]
    assert "own.py has changed since the recording" in shown[0][2]


def test_a_written_profile_has_the_texts(shared):
    shared.run("%%flame -q -r 200 -o kept.perfnb\nburn(0.1)")
    assert shared.value("perfnb.read('kept.perfnb').sources == perfnb.last().sources")
    assert texts(shared)
