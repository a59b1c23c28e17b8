"""Recordings that cannot be: one clear error, the program unharmed, nothing left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from helpers.kernels import TESTS
from helpers.workloads import burn, describe

import perfnb
from perfnb.capture import process, pyspy
from perfnb.capture.base import CaptureSpec
from perfnb.capture.pyspy import PySpyBackend, explain
from perfnb.errors import (
    BackendUnavailable,
    CaptureActive,
    CaptureError,
    NoSamples,
    OptionError,
    PermissionRequired,
    TargetExited,
    ToolFailed,
)

# Of py-spy 0.4, as it says them.
SAYS = {
    "Error: Permission Denied: Try running again with elevated permissions by going "
    "'sudo env \"PATH=$PATH\" !!'": PermissionRequired,
    "Error: Failed to suspend process\nReason: EPERM: Operation not permitted": PermissionRequired,
    "Error: Failed to open process 4242 - check if it is running.\nReason: No such process "
    "(os error 3)": TargetExited,
    "Error: process exited": TargetExited,
    "Error: Failed to find python version from target process": BackendUnavailable,
    "Error: Unsupported version of Python: 3.99.0": BackendUnavailable,
    "thread 'main' panicked at src/main.rs:1:1:\nindex out of bounds": ToolFailed,
    "": ToolFailed,
}

# An ordinary process that forbids to be traced, as programs that hold secrets do.
UNTRACEABLE = """
import ctypes
SYS_PTRACE, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 19, 4, 24
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, SYS_PTRACE, 0, 0, 0)
ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
"""


def profiler(name: str) -> psutil.Process:
    """Return a process that the recording of this one has started."""
    children = psutil.Process().children()
    return next(c for c in children if name in " ".join(c.cmdline()) and c.status() != "zombie")


def fake_pyspy(path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(pyspy, "find_pyspy", lambda: str(path))


@pytest.mark.parametrize("said", SAYS)
def test_what_pyspy_says_is_translated(said):
    error = explain(("py-spy", "record"), 1, said, "while attaching", 4242)
    assert type(error) is SAYS[said]
    assert error.hint or isinstance(error, TargetExited)


def test_not_permitted():
    script = UNTRACEABLE + (
        "import perfnb\n"
        "from helpers.workloads import burn\n"
        "with perfnb.record(rate=200) as rec: burn(0.2)\n"
        "print(rec.profile.metadata.backend, '|', rec.profile.metadata.reason)\n"
        "for options in ({'backend': 'pyspy'}, {'native': True}):\n"
        "    try:\n"
        "        with perfnb.record(**options): print('not reached')\n"
        "    except perfnb.PerfnbError as error: print(type(error).__name__, '|', error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    fallback, asked, native = done.stdout.splitlines()
    assert fallback.startswith("in-process | pyspy: no permission to profile process")
    assert asked.startswith("PermissionRequired | ")
    assert "SYS_PTRACE" in asked and "--backend inprocess" in asked
    assert native.startswith("PermissionRequired | ")


def test_pyspy_killed():
    with pytest.raises(ToolFailed, match="killed by signal 9") as caught, perfnb.record() as rec:
        burn(0.05)
        profiler("py-spy").kill()
    assert caught.value.exit_code == -signal.SIGKILL
    with pytest.raises(ToolFailed):
        _ = rec.profile


def test_pyspy_ended_by_itself_keeps_what_it_recorded():
    with perfnb.record(backend="pyspy", rate=200) as rec:
        burn(0.2)
        other = profiler("py-spy")
        other.send_signal(signal.SIGINT)
        while other.status() != psutil.STATUS_ZOMBIE:
            burn(0.01)
    assert describe(rec.profile)["shares"]["burn"] > 0.8
    assert "py-spy ended before the recording was stopped" in rec.profile.metadata.notes


def test_watcher_killed():
    with pytest.raises(CaptureError), perfnb.record(backend="pyspy", rate=200):
        burn(0.05)
        profiler("threadwatch").kill()
        burn(0.05)


def test_own_exception_comes_first():
    with pytest.raises(ZeroDivisionError), perfnb.record(backend="pyspy") as rec:
        profiler("py-spy").kill()
        raise ZeroDivisionError
    assert isinstance(rec.error, ToolFailed)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_profile_up_to_an_exception(backend, error):
    with pytest.raises(error), perfnb.record(backend=backend, rate=200) as rec:
        burn(0.1)
        raise error
    assert describe(rec.profile)["shares"]["burn"] > 0.8


def test_pyspy_absent(monkeypatch):
    monkeypatch.setattr(pyspy, "find_pyspy", lambda: None)
    with perfnb.record(rate=200) as rec:
        burn(0.1)
    assert rec.profile.metadata.backend == "in-process"
    assert "py-spy is not installed" in rec.profile.metadata.reason
    with pytest.raises(BackendUnavailable) as caught, perfnb.record(backend="pyspy"):
        pass
    assert caught.value.hint == "pip install py-spy"
    with pytest.raises(BackendUnavailable, match="py-spy is not installed"):
        perfnb.record(native=True).start()


def test_pyspy_is_found_beside_the_interpreter_or_on_the_path(tmp_path, monkeypatch):
    assert pyspy.find_pyspy() == str(Path(sys.executable).with_name("py-spy"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pyspy.find_pyspy() is None
    (tmp_path / "py-spy").touch(mode=0o755)
    assert pyspy.find_pyspy() == str(tmp_path / "py-spy")


def test_unknown_interpreter(tmp_path, monkeypatch):
    says = "Error: Failed to find python version from target process"
    fake_pyspy(tmp_path / "py-spy", monkeypatch, f"echo '{says}' >&2; exit 1")
    with perfnb.record(rate=200) as rec:
        burn(0.1)
    assert rec.profile.metadata.backend == "in-process"
    assert "does not know the interpreter" in rec.profile.metadata.reason
    with pytest.raises(BackendUnavailable) as caught, perfnb.record(backend="pyspy"):
        pass
    assert "upgrade py-spy" in caught.value.hint


def test_says_it_samples_but_ends(tmp_path, monkeypatch):
    fake_pyspy(tmp_path / "py-spy", monkeypatch, "echo 'Sampling process'; exit 3")
    with pytest.raises(ToolFailed) as caught, perfnb.record(backend="pyspy"):
        pass
    assert caught.value.exit_code == 3


def test_speaks_another_language(tmp_path, monkeypatch):
    script = "trap 'exit 0' INT; echo 'Sampling process'; while :; do sleep 0.01; done"
    fake_pyspy(tmp_path / "py-spy", monkeypatch, script)
    with pytest.raises(ToolFailed, match="names no sampling instant"), perfnb.record("pyspy"):
        pass


def test_too_short(backend):
    with pytest.raises(NoSamples, match="too short") as caught, perfnb.record(backend, rate=1):
        pass
    assert "-r" in caught.value.hint


def nothing_seen(backend: str, **options: bool) -> NoSamples:
    """Wait while recording, until a recording has seen nothing: waking up is running too."""
    for _ in range(10):
        try:
            with perfnb.record(backend, **options):
                signal.sigtimedwait([], 0.2)
        except NoSamples as error:
            return error
    raise AssertionError("a thread that waits was always seen running")


def test_nobody_was_running(backend):
    error = nothing_seen(backend)
    assert "thread was running" in error.message
    assert "--idle" in error.hint


def test_nobody_held_the_gil():
    error = nothing_seen("pyspy", gil=True)
    assert "held the GIL" in error.message
    assert "--gil" in error.hint


def test_one_at_a_time(backend):
    with perfnb.record(backend, rate=200) as outer:
        with pytest.raises(CaptureActive), perfnb.record(backend):
            pass
        burn(0.1)
    assert describe(outer.profile)["shares"]["burn"] > 0.8
    with perfnb.record(backend, rate=200) as after:
        burn(0.1)
    assert len(after.profile) > 0


def test_profile_before_the_end():
    rec = perfnb.record()
    with pytest.raises(CaptureError, match="not ended"):
        _ = rec.profile


@pytest.mark.parametrize("options", [{"rate": 0}, {"rate": 20_000}, {"backend": "perf"}])
def test_bad_options(options):
    with pytest.raises(OptionError):
        perfnb.record(**options)


@pytest.mark.parametrize("option", ["native", "gil", "subprocesses"])
def test_what_cannot_be_done_from_inside(option):
    with pytest.raises(BackendUnavailable, match=option) as caught:
        perfnb.record("inprocess", **{option: True}).start()
    assert "--backend pyspy" in caught.value.hint


def test_where_yama_asks_for_permission_it_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "YAMA", tmp_path / "ptrace_scope")
    process.YAMA.write_text("1\n")
    allowed = []
    monkeypatch.setattr(process, "allow_tracer", allowed.append)
    with perfnb.record(backend="pyspy", rate=200) as rec:
        child = profiler("py-spy")
        assert Path(child.exe()).name == "py-spy"
        burn(0.1)
    assert allowed == [child.pid, 0]
    assert describe(rec.profile)["shares"]["burn"] > 0.8


@pytest.mark.parametrize(("scope", "euid", "fix"), [(3, 0, "reboot"), (2, 1000, "ptrace_scope=1")])
def test_where_yama_forbids(tmp_path, monkeypatch, scope, euid, fix):
    monkeypatch.setattr(process, "YAMA", tmp_path / "ptrace_scope")
    process.YAMA.write_text(f"{scope}\n")
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    available = PySpyBackend.availability(CaptureSpec())
    assert not available.ok
    assert f"ptrace_scope is {scope}" in available.reason
    assert fix in available.fix


def test_yama_lets_root_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "YAMA", tmp_path / "ptrace_scope")
    process.YAMA.write_text("2\n")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert PySpyBackend.availability(CaptureSpec()).ok
