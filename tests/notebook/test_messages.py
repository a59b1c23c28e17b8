"""What goes wrong is said once, in the cell, and does not touch what the cell does."""

from __future__ import annotations

import pytest
from helpers.kernels import kernel

KILL = (
    "import psutil\nburn(0.05)\n"
    "[c.kill() for c in psutil.Process().children() if '{}' in ' '.join(c.cmdline())]\n"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with kernel(tmp_path_factory.mktemp("kernel")) as running:
        running.run("from helpers.workloads import *\nimport perfnb")
        yield running


def one_notice(cell) -> str:
    """Return perfnb's only message of a cell that is otherwise in order."""
    assert cell.ok, cell.traceback
    assert cell.result == "42"
    assert not cell.stderr
    (notice,) = cell.notices
    return notice


@pytest.fixture
def untraceable(tmp_path):
    """A kernel that the system lets nobody trace."""
    with kernel(tmp_path) as running:
        running.run(
            "import ctypes\nfrom helpers.workloads import *\nlibc = ctypes.CDLL(None)\n"
            "libc.prctl(24, 19, 0, 0, 0); libc.prctl(4, 0, 0, 0, 0)"
        )
        yield running


def test_not_permitted(untraceable):
    cell = untraceable.run("%%flame -r 200\nburn(0.1)\n6 * 7")
    assert cell.ok and cell.result == "42" and not cell.notices
    assert "in-process" in cell.pictures[0]["text/plain"]
    assert "no permission" in untraceable.last()["metadata"]["reason"]
    said = one_notice(untraceable.run("%%flame --backend pyspy\n6 * 7"))
    assert "no permission" in said and "--backend inprocess" in said
    assert "The cell runs, unprofiled" in said
    said = one_notice(untraceable.run("%%flame -n\n6 * 7"))
    assert "no permission" in said


def test_pyspy_killed(shared):
    said = one_notice(shared.run(f"%%flame --backend pyspy\n{KILL.format('py-spy')}6 * 7"))
    assert "killed by signal 9" in said


def test_watcher_killed(shared):
    one_notice(shared.run(f"%%flame --backend pyspy\n{KILL.format('threadwatch')}6 * 7"))


def test_too_short(shared):
    said = one_notice(shared.run("%%flame -r 1\n6 * 7"))
    assert "too short" in said and "-r " in said


def test_nested(shared):
    inner = "get_ipython().run_cell('%%flame\\npass');"
    for again in (inner, "%flame burn(0.01)", "%flame --rest-of-cell"):
        cell = shared.run(f"%%flame -r 200\nburn(0.1)\n{again}\n6 * 7")
        assert "already being profiled" in one_notice(cell)
        assert len(cell.pictures) == 1
        assert shared.last()["shares"]["burn"] > 0.7


def test_record_inside(shared):
    cell = shared.run(
        "%%flame -r 200\nburn(0.1)\ntry:\n    with perfnb.record(): pass\n"
        "except perfnb.PerfnbError as error:\n    print(type(error).__name__)\n6 * 7"
    )
    assert cell.stdout == "CaptureActive\n"
    assert cell.result == "42"
    assert len(cell.pictures) == 1


def test_inside_record(shared):
    cell = shared.run(
        "with perfnb.record(rate=200) as rec:\n"
        "    burn(0.1)\n"
        "    get_ipython().run_cell('%%flame\\nburn(0.01)');\n"
        "len(rec.profile) > 5 and 42"
    )
    assert "already being recorded" in one_notice(cell)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--no-such", "unrecognized arguments: --no-such"),
        ("-r none", "invalid float value: 'none'"),
        ("-r 0", "a rate of 0 Hz"),
        ("-r nan", "a rate of nan Hz"),
        ("-r", "expected one argument"),
        ("--backend gdb", "invalid choice: 'gdb'"),
        ("--backend perf", "--backend perf does not record this"),
        ("--as 5x", "not a name"),
        ("--height 5", "--height 5 is too low"),
        ("-o x.unknown", "x.unknown"),
        ("-o 'x.html", "No closing quotation"),
        ("x = 5", "'x' is not an option"),
    ],
)
def test_a_bad_option_stops_the_cell(shared, options, says):
    cell = shared.run(f"%%flame {options}\nprint('ran')")
    assert not cell.ok
    assert says in cell.stderr + cell.traceback
    assert "ran" not in cell.stdout
    assert not cell.pictures


def test_an_empty_cell(shared):
    for code in ("%%flame", "%%flame -r 200\n\n   \n"):
        cell = shared.run(code)
        assert not cell.ok
        assert "is empty" in cell.stderr + cell.traceback
    assert "no statement" in (cell := shared.run("%flame -r 200")).stderr + cell.traceback


@pytest.mark.parametrize("path", ["../none/x.html", "none/x.svg", "none/x.folded"])
def test_a_file_that_cannot_be_written(shared, path):
    cell = shared.run(f"%%flame -r 200 --title kept -o {path}\nburn(0.1)\n6 * 7")
    assert f"{path} was not written: No such file" in one_notice(cell)
    assert len(cell.pictures) == 1
    assert shared.value("perfnb.last().metadata.title") == "kept"


def test_files_are_written(shared):
    options = "-q -r 200 -o x.html -o 'with space.svg' --output=x.folded"
    assert shared.run(f"%%flame {options}\nburn(0.1)").outputs == []
    texts = shared.value("[open(f).read() for f in ('x.html', 'with space.svg', 'x.folded')]")
    assert "<html" in texts[0]
    assert "<svg" in texts[1] and "burn" in texts[1]
    assert ";burn " in texts[2]
