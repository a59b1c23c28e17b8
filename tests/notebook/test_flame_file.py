"""``%flame --file``: a file's flame graph, without a recording."""

from __future__ import annotations

import pytest
from helpers.kernels import TESTS, kernel

RECORDED = TESTS / "data" / "archive" / "recorded.perfnb"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    home = tmp_path_factory.mktemp("kernel")
    with kernel(home) as running:
        running.run("import perfnb, threading")
        running.run(f"import shutil; shutil.copy({str(RECORDED)!r}, 'my recording.bin')")
        yield running


def said(cell) -> str:
    return cell.stderr + cell.traceback


def test_a_file_is_drawn_and_kept(shared):
    cell = shared.run("%flame --file 'my recording.bin' --as opened\n6 * 7")
    assert cell.ok and cell.result == "42"
    (picture,) = cell.pictures
    assert "my recording.bin" in picture["text/plain"]
    assert not cell.notices
    assert shared.value("perfnb.last() is opened")
    assert shared.last()["shares"]["heavy"] == pytest.approx(0.34, abs=0.02)
    assert shared.last()["metadata"]["rate_asked"] == 200


def test_no_recording_is_started(shared):
    cell = shared.run(
        "before = threading.active_count()\n%flame -q --file 'my recording.bin'\n"
        "threading.active_count() - before"
    )
    assert cell.ok and cell.result == "0" and not cell.pictures
    assert shared.run("%%flame -r 200\nsum(range(3_000_000))\n6 * 7").result == "42"


def test_it_is_shown_and_written_as_a_cell_is(shared):
    options = "-t -F --inverted --height 300 --title mine --value wall -o x.folded -o x.svg"
    cell = shared.run(f"%flame {options} --file 'my recording.bin'")
    assert cell.ok and len(cell.pictures) == 1
    assert shared.value("perfnb.last().metadata.title") == "mine"
    texts = shared.value("[open(f).read() for f in ('x.folded', 'x.svg')]")
    assert ";work;heavy;spin " in texts[0]
    assert "<svg" in texts[1] and "waiter" in texts[1]


def test_how_it_is_shown_at_first_is_asked_for(shared):
    options = "--view sandwich --timeline --table --color self --source none"
    (picture,) = shared.run(f"%flame {options} --file 'my recording.bin'").pictures
    asked = ('"view":"sandwich"', '"timeline":true', '"table":true', '"color_by":"self"')
    assert all(one in picture["text/html"] for one in asked)
    (plain,) = shared.run("%flame --file 'my recording.bin'").pictures
    assert not any(one in plain["text/html"] for one in asked)
    assert "invalid choice: 'upside'" in said(shared.run("%flame --view upside f()"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--file missing.svg", "missing.svg: No such file or directory"),
        ("--file .", "Is a directory"),
        ("--file 'my recording.bin' --value weather", "there are: wall"),
        ("--file 'my recording.bin' f(x)", "takes no statement: 'f(x)'"),
        ("--file my recording.bin", "takes no statement: 'recording.bin'"),
        ("--file x -r 500", "--rate is about recording"),
        ("--file x -n", "--native is about recording"),
        ("--file x --backend inprocess", "--backend is about recording"),
        ("--value wall", "name it with --file"),
        ("--file", "expected one argument"),
    ],
)
def test_what_does_not_work_is_said_in_one_message(shared, line, says):
    cell = shared.run(f"%flame {line}")
    assert not cell.ok and not cell.pictures
    assert says in said(cell)
    assert "Traceback" not in said(cell)


def test_a_broken_file(shared):
    shared.run("open('half.bin', 'wb').write(open('my recording.bin', 'rb').read()[:5000]);")
    cell = shared.run("%flame --file half.bin")
    assert not cell.ok
    assert "half.bin, " in said(cell) and "Traceback" not in said(cell)


def test_a_cell_is_not_a_file(shared):
    cell = shared.run("%%flame --file 'my recording.bin'\nprint('ran')")
    assert not cell.ok and "ran" not in cell.stdout
    assert "does not record the cell" in said(cell)


def test_a_file_without_samples(shared):
    shared.run("perfnb.ProfileBuilder(perfnb.ValueType('x', 'ns')).build().write('none.perfnb')")
    cell = shared.run("%flame --file none.perfnb\n6 * 7")
    assert cell.ok and cell.result == "42" and not cell.pictures
    assert "no samples" in cell.notices[0]


def test_the_options_are_completed(shared):
    assert "--file" in shared.value("get_ipython().complete(None, '%flame --fi', 11)[1]")
