"""The same waits as another tool sees them in the same run."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess

import pytest
from test_waits import waited

# 517.124131 [0001]  python[2776/2775]   0.012  0.003  1.234: waited, delayed and ran, in ms.
ROW = re.compile(
    rb"^\s*(\d+\.\d+)\s+\[\d+\]\s+.*?\[(\d+)(?:/\d+)?\]\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*$", re.M
)
READY_S = 10


@contextlib.contextmanager
def perf_sched(file):
    """Have perf record what the scheduler does, of every process."""
    control, enable = os.pipe()
    answer, acknowledge = os.pipe()
    argv = ["perf", "sched", "record", "--output", str(file), "--clockid", "CLOCK_MONOTONIC",
            "--control", f"fd:{control},{acknowledge}", "--delay", "-1"]  # fmt: skip
    with (
        os.fdopen(enable, "wb", buffering=0) as order,
        os.fdopen(answer, "rb", buffering=0) as reply,
        subprocess.Popen(
            argv, pass_fds=(control, acknowledge), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as perf,
    ):
        os.close(control)
        os.close(acknowledge)
        try:
            order.write(b"enable\n")
            if not reply.read(3):
                pytest.skip(f"perf sched record: {perf.stderr.read().decode()[-300:]}")
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            perf.communicate()


def timehist(file, window, tids):
    """Return what each thread waited, was delayed and ran in a window, ns."""
    argv = ["perf", "sched", "timehist", "--input", str(file), "--tid", ",".join(map(str, tids))]
    printed = subprocess.run(argv, capture_output=True, check=True).stdout
    found = {tid: [0.0, 0.0, 0.0] for tid in tids}
    for at, tid, *times in ROW.findall(printed):
        # The row is of the switch that ended the run; the waiting came before it.
        if int(tid) in found and window[0] <= float(at) * 1e9 <= window[1]:
            for place, one in enumerate(times):
                found[int(tid)][place] += float(one) * 1e6
    return found


def test_perf_sched_tells_the_same_of_every_thread(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("perf sched is for root")
    with perf_sched(tmp_path / "sched.data"):
        seen = waited("sleeps beside spinning", "perf", 3, kind="offcpu")
    threads = {row["tid"]: row for row in seen["threads"] if row["name"] in ("sleeps", "spinning")}
    theirs = timehist(tmp_path / "sched.data", seen["window"], threads)
    wall = seen["wall_ns"]
    for tid, row in threads.items():
        # From giving up the CPU to getting one; the delay, from being woken on, is a part of it.
        waited_ns, _, ran_ns = theirs[tid]
        assert ran_ns > 0, (tid, row)
        off = row["blocked_ns"] + row["runqueue_ns"] + row["stopped_ns"]
        # That py-spy had a thread run to be stopped, perf does not know, and a wait counts in
        # whole where it ends.
        assert waited_ns == pytest.approx(off, rel=0.01, abs=0.025 * wall), row
        assert ran_ns == pytest.approx(row["cpu_ns"], rel=0.01, abs=0.025 * wall), row
