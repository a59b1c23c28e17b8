"""Which level is taken: as root, as an ordinary user, and where perf events are refused."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from helpers import waiting
from helpers.kernels import TESTS, find_python
from test_users import as_ordinary_user

import perfnb
from perfnb.capture.offcpu import perf
from perfnb.errors import BackendUnavailable, OptionError, TargetExited

WAITING = str(TESTS / "helpers" / "waiting.py")
DENIED = str(TESTS / "helpers" / "denied.py")
PARANOID = perf.PARANOID


@contextlib.contextmanager
def paranoid(level):
    """Set how much the kernel tells to whom, and set it back."""
    before = PARANOID.read_text()
    try:
        PARANOID.write_text(str(level))
    except OSError as error:
        pytest.skip(f"{PARANOID} cannot be set here: {error}")
    try:
        yield
    finally:
        PARANOID.write_text(before)


def run(argv):
    done = subprocess.run(
        argv, capture_output=True, text=True, cwd="/",
        env={**os.environ, "PYTHONPATH": str(TESTS), "HOME": "/tmp"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sleeps(*before):
    return run([*before, sys.executable, "-B", WAITING, "sleeps", "2"])


def right(seen):
    """Whether the longest sleep was measured, be it exactly or not."""
    truth = seen["truth"]["sleep_40ms"]
    return seen["all"]["sleep_40ms"] == pytest.approx(truth, rel=0.2)


def test_root_gets_kernel_stacks():
    if os.geteuid() != 0:
        pytest.skip("not root")
    seen = sleeps()
    assert seen["backend"].startswith("bpftrace")
    assert seen["offcpu"]["level"] == "kernel"
    assert right(seen)


def test_an_ordinary_user_gets_every_switch():
    with paranoid(2):
        seen = sleeps(*as_ordinary_user([]))
    assert seen["backend"].startswith("perf")
    assert seen["offcpu"]["level"] == "exact"
    assert "CAP_SYS_ADMIN" in seen["reason"]
    assert right(seen)


def test_a_kernel_that_is_more_paranoid_is_taken_at_its_word():
    # The mainline kernel knows no level above 2; Debian's and Ubuntu's refuse everything at 3.
    with paranoid(3):
        seen = sleeps(*as_ordinary_user([]))
        refused = subprocess.run(
            as_ordinary_user(
                [sys.executable, "-c",
                 "from perfnb.capture.offcpu.perfevents import refused; import os;"
                 "print(refused(os.getpid()))"]
            ), capture_output=True, text=True, cwd="/",
        ).stdout.strip()  # fmt: skip
    assert seen["offcpu"]["level"] == ("sampled" if refused else "exact")
    assert ("perf: " in seen["reason"]) == bool(refused)
    assert right(seen)


def test_where_perf_events_are_refused_proc_is_read_and_that_is_said():
    seen = sleeps(sys.executable, DENIED, *as_ordinary_user([]))
    assert seen["backend"].startswith("/proc")
    assert seen["offcpu"]["level"] == "sampled"
    assert "lost" not in seen["offcpu"]
    assert "perf: the kernel refuses perf events (Operation not permitted)" in seen["reason"]
    assert right(seen)


def test_asked_for_by_name_it_says_what_would_permit_it():
    code = (
        "import perfnb\n"
        "try:\n    perfnb.record('perf', kind='offcpu').start()\n"
        "except perfnb.PerfnbError as error:\n"
        "    import json; print(json.dumps([type(error).__name__, error.message, error.hint]))"
    )
    kind, message, hint = run([sys.executable, DENIED, sys.executable, "-c", code])
    assert kind == "BackendUnavailable"
    assert "the kernel refuses perf events" in message
    assert "perf_event_open" in hint or "perf_event_paranoid" in hint


def test_backends_of_the_other_kind_are_refused_with_a_list():
    with pytest.raises(OptionError, match="does not record kind='offcpu'") as caught:
        perfnb.record("pyspy", kind="offcpu")
    assert "perf" in caught.value.hint
    with pytest.raises(OptionError, match="does not record kind='cpu'"):
        perfnb.record("perf")
    with pytest.raises(OptionError, match="no backend called 'nope'"):
        perfnb.record("nope", kind="wall")
    with pytest.raises(OptionError, match="kind='offline'"):
        perfnb.record(kind="offline")
    with pytest.raises(OptionError, match="neither gil nor idle"):
        perfnb.record(kind="wall", gil=True)


TARGET = """
import sys, time
def naps():
    while True:
        time.sleep(0.02)
def main():
    print("ready", flush=True)
    naps()
main()
"""


@contextlib.contextmanager
def target(python):
    with subprocess.Popen([python, "-c", TARGET], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_another_process(version):
    python, looked = find_python(version)
    if python is None:
        assert version not in ("3.8", "3.13") or os.environ.get("CI") != "true", looked
        pytest.skip(f"no Python {version}")
    with target(python) as process:
        with perfnb.record("perf", kind="offcpu", pid=process.pid) as rec:
            threading.Event().wait(1)
        assert process.poll() is None
    profile = rec.profile
    totals = dict(profile.functions().select("name", "total").iter_rows())
    assert totals["naps"] == pytest.approx(profile.metadata.wall_s * 1e9, rel=0.05)
    assert totals["[sleep]"] > 0.9 * totals["naps"]
    assert {thread.pid for thread in profile.threads} == {process.pid}


def test_children_are_followed_by_perf_alone():
    with target(sys.executable) as process:
        with perfnb.record(kind="offcpu", subprocesses=True) as rec:
            threading.Event().wait(1)
        assert process.poll() is None
    profile = rec.profile
    assert profile.metadata.backend.startswith("perf")
    assert "bpftrace: it cannot do --subprocesses" in profile.metadata.reason
    naps = profile.where(process=process.pid).functions()
    totals = dict(naps.select("name", "total").iter_rows())
    assert totals["naps"] == pytest.approx(profile.metadata.wall_s * 1e9, rel=0.1)
    assert any("no reasons" in note for note in profile.metadata.notes)


def test_a_process_that_ends_leaves_what_was_recorded():
    with (
        target(sys.executable) as process,
        perfnb.record("perf", kind="offcpu", pid=process.pid) as rec,
    ):
        threading.Event().wait(0.7)
        process.kill()
        process.wait()
    assert rec.profile.total > 0.4e9


def test_a_process_that_is_no_more():
    with target(sys.executable) as process:
        pass
    with pytest.raises((TargetExited, BackendUnavailable)):
        perfnb.record(kind="offcpu", pid=process.pid).start()


def test_a_block_that_raises_keeps_its_profile():
    recorder = perfnb.record("perf", kind="offcpu")
    with pytest.raises(ZeroDivisionError), recorder:
        time.sleep(0.2)
        raise ZeroDivisionError
    assert recorder.profile.total > 0.15e9


@pytest.mark.parametrize("backend", ["bpftrace", "perf", "proc", "inprocess"])
def test_nothing_is_left_of_a_recording_that_is_given_up(backend):
    recorder = perfnb.record(backend, kind="offcpu")
    try:
        recorder.start()
    except BackendUnavailable as error:
        pytest.skip(str(error))
    recorder.abort()
    # `no_leaks` looks for processes, threads and files.


def test_a_tool_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    available = perf.availability(os.getpid())
    assert not available.ok
    assert "perf is not installed" in available.reason
    assert "apt install" in available.fix


def test_a_recording_that_is_full_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(perf, "MOST_BYTES", 1 << 20)
    waiting.OVER.clear()
    busy = threading.Thread(target=waiting.pipes)
    busy.start()
    try:
        with perfnb.record("perf", kind="offcpu") as rec:
            threading.Event().wait(1.5)
    finally:
        waiting.OVER.set()
        busy.join()
    profile = rec.profile
    assert "full" in profile.metadata.truncated
    last = (profile.samples.time + profile.samples.duration).max()
    assert last < profile.metadata.end_monotonic_ns - 0.5e9
    assert "left out" in {item.label for item in profile.flame().honesty}


def test_perf_that_dies_meanwhile_is_told(monkeypatch, tmp_path):
    fake = tmp_path / "perf"
    fake.write_text("#!/bin/sh\necho 'it was the disk' >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    recorder = perfnb.record("perf", kind="offcpu")
    with pytest.raises(perfnb.PerfnbError, match="it was the disk"):
        recorder.start()


def test_inside_the_interpreter_waits_have_no_reasons():
    with perfnb.record("inprocess", kind="offcpu") as rec:
        threading.Event().wait(0.4)
    profile = rec.profile
    assert profile.value.kind == "off-CPU"
    assert profile.total > 0.2e9
    assert "wait" not in profile.functions()["kind"].to_list()
    assert any("reasons" in note for note in profile.metadata.notes)


def test_files_of_the_tests_are_where_they_are_looked_for():
    assert Path(WAITING).exists() and Path(DENIED).exists()


FIGHT = """%%offcpu -q --backend perf
def loop():
    end = time.monotonic() + 0.8
    while time.monotonic() < end:
        pass

fighters = [threading.Thread(target=loop, name=f"fighter-{i}") for i in range(2)]
for one in fighters: one.start()
for one in fighters: one.join()
"""


def test_kernels_of_every_python(any_kernel):
    """Sleeps, locks and the GIL are told apart, whatever the interpreter's inside is like."""
    any_kernel.run("import threading, time")
    totals = "dict(perfnb.last().functions().select('name', 'total').iter_rows())"
    any_kernel.run("%%offcpu -q --backend perf\ntime.sleep(0.3)")
    assert any_kernel.value(totals)["[sleep]"] == pytest.approx(0.3e9, rel=0.1)
    cell = any_kernel.run(FIGHT)
    assert cell.ok and not cell.notices, cell.traceback
    found = any_kernel.value(
        "dict(perfnb.last().keep('^loop$').functions().select('name', 'total').iter_rows())"
    )
    assert found["[GIL]"] > 0.4e9
    assert found["[GIL]"] > 10 * found.get("[lock]", 0)
    assert sum(t for name, t in found.items() if name.startswith("held by fighter")) > 0.2e9
    # The cell waits for both, one after the other.
    joined = any_kernel.value(
        "dict(perfnb.last().where(thread='MainThread').functions()"
        ".select('name', 'total').iter_rows())"
    )
    assert joined["[lock]"] > 0.5e9
