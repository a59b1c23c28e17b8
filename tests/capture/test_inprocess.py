"""Recording from inside: what is counted as running, and which thread is which."""

from __future__ import annotations

import os
import threading
import time

import pytest
from helpers.workloads import burn, describe, in_turns, mostly_asleep, two_threads

import perfnb
from perfnb import ProfileBuilder, ValueType
from perfnb.capture.inprocess import WaitChannels
from perfnb.model import Thread


@pytest.mark.parametrize("rate", [50, 200, 1000])
@pytest.mark.parametrize("work", [burn, two_threads, in_turns])
def test_on_cpu_time_is_the_cpu_time_used(work, rate):
    with perfnb.record("inprocess", rate=rate) as rec:
        began = time.process_time()
        work(0.6)
        used = time.process_time() - began
    assert 0.75 * used < rec.profile.total / 1e9 < 1.1 * used


@pytest.mark.parametrize("rate", [100, 300])
def test_time_asleep_and_awake(rate):
    with perfnb.record("inprocess", rate=rate, idle=True) as rec:
        mostly_asleep(0.4)
    shares = describe(rec.profile.where(thread=threading.get_native_id()))["shares"]
    # It sleeps for 1.2 s; how long the work takes depends on what else the machine does.
    assert shares["nap"] == pytest.approx(1.2 / rec.profile.metadata.wall_s, abs=0.2)


def test_weights_of_a_thread_sum_to_the_time_recorded():
    with perfnb.record("inprocess", rate=300, idle=True) as rec:
        mostly_asleep(0.1)
    mine = rec.profile.where(thread=threading.get_native_id())
    assert mine.total == pytest.approx(rec.profile.metadata.wall_s * 1e9, rel=1e-6)
    assert mine.samples.weight.min() > 0


def test_threads_that_get_the_same_number_from_python_stay_apart():
    with perfnb.record("inprocess", rate=200) as rec:
        in_turns(0.6)
    names = {t["name"]: t["share"] for t in describe(rec.profile)["threads"] if t["share"] > 0.1}
    assert set(names) == {"first", "second", "third"}


def test_a_thread_that_ends_while_it_is_looked_at(monkeypatch):
    really_open = os.open

    def ended(path, flags):
        if path.endswith("wchan"):
            raise FileNotFoundError(path)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", ended)
    # The file that could be opened is closed again: no test may leave one.
    assert WaitChannels().maybe_gil(threading.get_native_id()) == 1


def test_a_thread_gets_the_name_that_is_known_later():
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    rows = [builder.thread(Thread(1, 2, name)) for name in ("", "worker", "other", "")]
    assert rows == [0, 0, 0, 0]
    assert builder.tables().threads == (Thread(1, 2, "worker"),)
