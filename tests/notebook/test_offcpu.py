"""``%%offcpu`` and ``%%flame --wall`` in real kernels: what the cell waited for."""

from __future__ import annotations

import sys

import pytest
from helpers.kernels import kernel

KILL = "[c.kill() for c in psutil.Process().children() if '{}' in ' '.join(c.cmdline())]\n6 * 7"
TOTALS = "dict(perfnb.last().functions().select('name', 'total').iter_rows())"
THREADS = "perfnb.last().metadata.extra['threads']"
SEEN = "sorted({{perfnb.last().threads[i].{} for i in set(perfnb.last().samples.thread)}})"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with kernel(tmp_path_factory.mktemp("kernel")) as running:
        running.run("import asyncio, psutil, perfnb, threading, time")
        yield running


def test_a_sleep_is_told_under_the_cell_that_slept(shared):
    cell = shared.run("%%offcpu\ntime.sleep(0.3)\n6 * 7")
    assert cell.ok and cell.result == "42" and not cell.notices
    (picture,) = cell.pictures
    assert "off-CPU" in picture["text/plain"] and "[sleep]" in picture["text/plain"]
    totals = shared.value(TOTALS)
    assert totals["[sleep]"] == pytest.approx(0.3e9, rel=0.1)
    assert totals["<module>"] >= totals["[sleep]"]


def test_threads_of_the_machinery_are_not_told(shared):
    shared.run("def nap():\n    time.sleep(0.3)")
    shared.run(
        "%%offcpu\nthread = threading.Thread(target=nap, name='mine')\n"
        "thread.start(); thread.join()"
    )
    assert {row["name"] for row in shared.value(THREADS)} == {"MainThread", "mine"}
    assert shared.value(SEEN.format("name")) == ["MainThread", "mine"]


def test_in_a_wall_time_picture_threads_have_the_wall_time(shared):
    cell = shared.run("%%flame --wall\ntime.sleep(0.2)\nx = sum(i * i for i in range(2_000_000))")
    assert cell.ok and not cell.notices
    profile = shared.value(
        "[perfnb.last().value.kind, perfnb.last().where(thread='MainThread').total,"
        " perfnb.last().metadata.wall_s]"
    )
    assert profile[0] == "wall"
    assert profile[1] == pytest.approx(profile[2] * 1e9, rel=0.01)
    (row,) = [row for row in shared.value(THREADS) if row["name"] == "MainThread"]
    parts = ("cpu_ns", "runqueue_ns", "blocked_ns", "stopped_ns")
    assert sum(row[part] for part in parts) == pytest.approx(row["wall_ns"], rel=0.01)
    assert row["cpu_ns"] > 0.01e9 and row["blocked_ns"] > 0.15e9


def test_a_task_waits_under_its_await(shared):
    shared.run("async def nap():\n    await asyncio.sleep(0.3)")
    cell = shared.run("%%offcpu\nawait asyncio.gather(nap(), nap())\n6 * 7")
    assert cell.ok and cell.result == "42", cell.traceback
    totals = shared.value(TOTALS)
    # Two tasks that waited side by side, and the cell that waited for both.
    assert totals["nap"] == pytest.approx(0.6e9, rel=0.1)
    assert totals["<module>"] > 0.25e9
    assert sum(total for name, total in totals.items() if name.endswith(".select")) < 0.05e9


def test_short_waits_are_hidden_and_kept(shared):
    cell = shared.run("%%offcpu -m 50\nfor _ in range(20): time.sleep(0.005)\ntime.sleep(0.2)")
    text = cell.pictures[0]["text/plain"]
    whole = shared.value("perfnb.last().total")
    assert whole > 0.28e9
    shown = next(line for line in text.splitlines() if "[sleep]" in line)
    assert 0.15 < float(shown.split()[0]) / 1000 < 0.25, shown
    assert shared.value("perfnb.last().where(duration=(0.05, None)).total") < 0.25e9


def test_reasons_and_durations_are_chosen_in_python(shared):
    shared.run("lock = threading.Lock()\n\ndef hold():\n    with lock:\n        time.sleep(0.3)")
    shared.run("%%offcpu -q\nt = threading.Thread(target=hold, name='holder'); t.start()\n"
               "time.sleep(0.05)\nwith lock: pass\nt.join()")  # fmt: skip
    lock = shared.value(
        "dict(perfnb.last().where(reason='lock', thread='MainThread').functions()"
        ".select('name', 'total').iter_rows())"
    )
    assert lock["[lock]"] == pytest.approx(0.25e9, rel=0.2)
    assert lock["held by holder"] > 0.5 * lock["[lock]"]


def test_an_exception_is_the_cells_own_and_the_picture_is_there(shared):
    cell = shared.run("%%offcpu\ntime.sleep(0.2)\n1 / 0")
    assert not cell.ok
    assert cell.traceback.rstrip().endswith("ZeroDivisionError: division by zero")
    assert len(cell.pictures) == 1
    assert shared.value(TOTALS)["[sleep]"] > 0.15e9


@pytest.mark.parametrize("backend", ["perf", "proc", "bpftrace"])
def test_a_profiler_that_is_killed_is_told_once(shared, backend):
    tool = {"perf": "perf record", "proc": "waitwatch", "bpftrace": "bpftrace"}[backend]
    cell = shared.run(f"%%offcpu --backend {backend}\n{KILL.format(tool)}")
    assert cell.ok and cell.result == "42", cell.traceback
    (notice,) = cell.notices
    assert "killed by signal 9" in notice or "is missing" in notice or "not whole" in notice


def test_wakers_that_nobody_recorded_are_asked_for_in_vain(shared):
    cell = shared.run("%%offcpu --wakers --backend perf\ntime.sleep(0.2)\n6 * 7")
    assert cell.ok and cell.result == "42"
    (notice,) = cell.notices
    assert "bpftrace" in notice and "Here is who waited" in notice
    assert "[sleep]" in cell.pictures[0]["text/plain"]


def test_who_ended_the_waits(shared):
    cell = shared.run(
        "%%offcpu --offwake --backend bpftrace\nt = threading.Thread(target=hold, name='holder')\n"
        "t.start()\ntime.sleep(0.05)\nwith lock: pass\nt.join()"
    )
    assert cell.ok and not cell.notices, cell.notices
    assert "woken by holder" in shared.value(
        "' '.join(perfnb.last().offwake().tables.functions.name)"
    )
    # What is kept is the recording itself.
    assert shared.value("perfnb.last().samples.waker is not None")


def test_another_process_for_some_seconds(shared):
    shared.run(
        "import subprocess, sys\ncode = 'import time\\nwhile True: time.sleep(0.01)'\n"
        f"other = subprocess.Popen([{sys.executable!r}, '-c', code])"
    )
    try:
        cell = shared.run("%offcpu --pid {other.pid} -d 1".replace("{other.pid}", str(
            shared.value("other.pid"))))  # fmt: skip
        assert cell.ok, cell.traceback
        assert len(cell.pictures) == 1
        assert shared.value("perfnb.last().total") > 0.8e9
        assert shared.value(SEEN.format("pid")) == [shared.value("other.pid")]
    finally:
        shared.run("other.kill(); other.wait()")


def test_options_that_do_not_fit_are_usage_errors(shared):
    for line in ("%%offcpu --gil", "%%offcpu -d 3", "%%offcpu --backend pyspy"):
        cell = shared.run(f"{line}\n1 + 1")
        assert not cell.ok
        assert "UsageError" in cell.stderr + cell.traceback
    assert "--thread-table" in shared.run("%%offcpu -h\n1").stdout


def test_where_nobody_may_look_waits_are_sampled_without_reasons(tmp_path):
    with kernel(tmp_path) as untraceable:
        untraceable.run(
            "import ctypes, time, perfnb\nlibc = ctypes.CDLL(None)\n"
            "libc.prctl(24, 19, 0, 0, 0); libc.prctl(4, 0, 0, 0, 0)"
        )
        cell = untraceable.run("%%offcpu\ntime.sleep(0.4)\n6 * 7")
        assert cell.ok and cell.result == "42" and not cell.notices
        text = cell.pictures[0]["text/plain"]
        assert "in-process" in text and "without their reasons" in text
        assert "no permission" in untraceable.value("perfnb.last().metadata.reason")
