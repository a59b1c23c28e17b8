"""Nothing outlives a recording, however it ends."""

from __future__ import annotations

import contextlib
import itertools
import threading

import psutil
import pytest
from helpers.leaks import nothing_left
from helpers.workloads import burn

import perfnb
from perfnb.errors import CaptureActive, CaptureError, NoSamples


def children_of_recording():
    names = ("py-spy", "threadwatch")
    children = psutil.Process().children()
    return [c for c in children if any(name in " ".join(c.cmdline()) for name in names)]


@contextlib.contextmanager
def recorded(backend):
    # On a loaded machine nothing may have been sampled in so short a time.
    with contextlib.suppress(NoSamples), perfnb.record(backend, rate=1000):
        yield


def normal_end(backend):
    with recorded(backend):
        burn(0.01)


def exception(backend):
    with pytest.raises(ValueError), recorded(backend):
        burn(0.01)
        raise ValueError


def interrupt(backend):
    with pytest.raises(KeyboardInterrupt), recorded(backend):
        burn(0.01)
        raise KeyboardInterrupt


def profiler_killed(backend):
    rec = perfnb.record(backend, rate=1000)
    rec.start()
    burn(0.01)
    for child in children_of_recording():
        child.kill()
    with contextlib.suppress(CaptureError):
        rec.stop()


def thread_exits(backend):
    thread = threading.Thread(target=burn, args=(0.01,))
    with recorded(backend):
        thread.start()
        burn(0.01)
        thread.join()


def begun_in_a_thread_that_exits(backend):
    rec = perfnb.record(backend, rate=1000)
    thread = threading.Thread(target=rec.start)
    thread.start()
    thread.join()
    burn(0.01)
    with contextlib.suppress(NoSamples):
        rec.stop()


def abort(backend):
    rec = perfnb.record(backend, rate=1000)
    rec.start()
    rec.abort()
    rec.abort()


def forgotten_after_abort(backend):
    rec = perfnb.record(backend, rate=1000)
    rec.start()
    burn(0.01)
    rec.abort()
    with pytest.raises(CaptureError):
        rec.stop()


def stop_raises(backend):
    with pytest.raises(CaptureError), perfnb.record(backend, rate=1):
        pass


def refused(backend):
    with recorded(backend):
        with pytest.raises(CaptureActive):
            perfnb.record(backend).start()
        burn(0.01)


ENDS = (
    normal_end, exception, interrupt, profiler_killed, thread_exits,
    begun_in_a_thread_that_exits, abort, forgotten_after_abort, stop_raises, refused,
)  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_nothing_is_left_after(end, backend):
    end(backend)


def test_nothing_is_left_after_two_hundred():
    normal_end("pyspy")
    normal_end("inprocess")
    with nothing_left():
        for end, backend in itertools.islice(
            itertools.cycle(itertools.product(ENDS, ("pyspy", "inprocess"))), 200
        ):
            end(backend)
