"""Fails a test that leaves something running or open."""

from __future__ import annotations

import contextlib
import gc
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_core.utils import ensure_event_loop

from perfnb import ProfileBuilder, ValueType


def held() -> Counter[str]:
    """Return all that this process holds: children, threads, open files, shared memory."""
    gc.collect()
    things: Counter[str] = Counter()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            things[f"process {child.pid} {child.status()} {child.name()}"] += 1
    for thread in Path("/proc/self/task").iterdir():
        things[f"thread {thread.name}"] += 1
    for number in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            things[f"file {number.readlink()}"] += 1
    for memory in Path("/dev/shm").iterdir():
        # Browsers of others come and go.
        if "chromium" not in memory.name:
            things[f"memory {memory.name}"] += 1
    return things


def settled(things: Counter[str]) -> Counter[str]:
    """Leave out how a process was seen: it may sleep now and run then."""
    return Counter({" ".join(key.split()[:2]): n for key, n in things.items()})


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """Compare what is held before and after."""
    before = held()
    yield
    after = held()
    new = settled(after) - settled(before)
    assert not new, [key for key in after if " ".join(key.split()[:2]) in new]


@pytest.fixture(scope="session", autouse=True)
def warm() -> None:
    """Have libraries start what they keep for good: Polars its threads, Jupyter its loop."""
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("f")]))
    builder.build().functions()
    ensure_event_loop()


@pytest.fixture(autouse=True)
def no_leaks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """Run the test with a temporary folder of its own, and look at what it leaves."""
    folder: Path = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with nothing_left():
        yield
    assert not list(folder.iterdir())
