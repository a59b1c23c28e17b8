"""Waits that bpftrace saw, of threads whose waits are known."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from helpers.workloads import burn

from perfnb.capture.offcpu import bpfaccess, bpftrace
from perfnb.capture.offcpu.bpftrace import BpfWaits, availability
from perfnb.capture.offcpu.kernelwaits import KernelWaits
from perfnb.capture.offcpu.perf import PerfSwitches
from perfnb.capture.offcpu.reasons import of_stack
from perfnb.capture.process import Child
from perfnb.errors import BackendUnavailable, CaptureError, TargetExited, ToolFailed

ABLE = availability(os.getpid())
pytestmark = pytest.mark.skipif(not ABLE.ok, reason=f"{ABLE.reason}: {ABLE.fix}")

A_SWITCH_NS = 1_000_000
"""What a loaded machine may take from an event to the clock being read."""


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def waits_in(tid: int, function: str) -> bool:
    return function in Path(f"/proc/self/task/{tid}/wchan").read_text()


@contextlib.contextmanager
def recorded(*pids: int) -> Iterator[list[KernelWaits]]:
    waits = BpfWaits()
    waits.start(*(pids or (os.getpid(),)))
    found: list[KernelWaits] = []
    try:
        yield found
        found.append(waits.stop())
    finally:
        waits.abort()


class Worker(threading.Thread):
    """A thread that does one thing and knows what the kernel counted of it."""

    def __init__(self, task: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.task, self.error = task, None
        self.go, self.over, self.leave = (threading.Event() for _ in range(3))
        self.leave.set()
        self.start()

    def run(self) -> None:
        self.go.wait()
        self.asked = time.monotonic_ns()
        self.before = self.counted()
        self.began = time.monotonic_ns()
        self.task()
        self.finished = time.monotonic_ns()
        self.after = self.counted()
        self.done = time.monotonic_ns()
        self.over.set()
        self.leave.wait()

    @staticmethod
    def counted() -> dict[str, int]:
        task = Path(f"/proc/self/task/{threading.get_native_id()}")
        lines = (task / "status").read_text(errors="replace").splitlines()
        switches = [int(line.split()[1]) for line in lines if "ctxt_switches" in line]
        _, delay, _ = (task / "schedstat").read_text().split()
        return {"voluntary": switches[0], "involuntary": switches[1], "delay": int(delay)}

    def rows(self, waits: KernelWaits) -> np.ndarray:
        """Return the rows that lie within its task."""
        rows = np.arange(len(waits))[waits.of(self.native_id)]
        return rows[(waits.out[rows] >= self.began) & (waits.in_[rows] <= self.finished)]

    def agrees(self, name: str, waits: KernelWaits, ours: np.ndarray) -> bool:
        """Return whether the kernel counted as much meanwhile as the rows have, of `ours`.

        It may have counted while the counters and the clock were read.
        """
        rows = np.arange(len(waits))[waits.of(self.native_id)]
        most = (waits.in_[rows] >= self.asked) & (waits.out[rows] <= self.done)
        least, most = ours[self.rows(waits)].sum(), ours[rows[most]].sum()
        slack = 0.01 * least + 3
        return bool(least - slack <= self.counted_meanwhile(name) <= most + slack)

    def counted_meanwhile(self, name: str) -> int:
        return self.after[name] - self.before[name]


def did(task: Callable[[], object]) -> tuple[KernelWaits, Worker]:
    worker = Worker(task)
    with recorded() as found:
        worker.go.set()
        worker.join()
    return found[0], worker


def names(waits: KernelWaits, row: int) -> tuple[str, ...]:
    return waits.stacks[waits.stack[row]]


def test_sleeps_have_their_length_on_the_clock_of_python():
    lengths = [0.03, 0.001, 0.06, 0.0002, 0.01]
    told: list[tuple[int, int]] = []

    def sleeps() -> None:
        for length in lengths:
            before = time.monotonic_ns()
            time.sleep(length)
            told.append((before, time.monotonic_ns()))

    waits, worker = did(sleeps)
    rows = worker.rows(waits)
    for length, (before, after) in zip(lengths, told, strict=True):
        inside = rows[(waits.out[rows] >= before) & (waits.in_[rows] <= after)]
        row = inside[np.argmax(waits.blocked_ns[inside])]
        assert of_stack(names(waits, row)).name == "[sleep]"
        assert chr(waits.state[row]) == "S"
        # The clock is read before and after: the bound is hard on both sides.
        assert before < waits.out[row] < before + 20 * A_SWITCH_NS
        assert before + length * 1e9 <= waits.wake[row] <= waits.in_[row] < after
        assert waits.interrupt[row] and waits.waker[row] == 0
        assert any("hrtimer" in name for name in waits.stacks[waits.waker_stack[row]])
    assert waits.lost == 0


def test_who_releases_a_lock_wakes_who_waits_for_it():
    lock = threading.Lock()
    lock.acquire()
    released: list[int] = []
    waiting = Worker(lock.acquire)

    def release() -> None:
        until(lambda: waits_in(waiting.native_id, "futex"))
        time.sleep(0.02)
        released.append(time.monotonic_ns())
        lock.release()

    releasing = Worker(release)
    with recorded() as found:
        waiting.go.set()
        until(lambda: waiting.is_alive() and waits_in(waiting.native_id, "futex"))
        releasing.go.set()
        waiting.join()
        releasing.join()
    waits = found[0]
    rows = waiting.rows(waits)
    row = rows[np.argmax(waits.blocked_ns[rows])]
    assert of_stack(names(waits, row)).name == "[lock or GIL]"
    assert waits.blocked_ns[row] > 15_000_000
    assert waits.waker[row] == releasing.native_id
    assert waits.waker_pid[row] == waits.pid[row] == os.getpid()
    assert not waits.interrupt[row]
    assert 0 < waits.wake[row] - released[0] < 20 * A_SWITCH_NS
    assert any("futex_wake" in name for name in waits.stacks[waits.waker_stack[row]])


def test_who_writes_into_a_pipe_wakes_who_reads_from_it():
    # Late, so that there is a wait for it.
    answers = (
        "import os, time\n"
        "while byte := os.read(0, 1):\n    time.sleep(0.0005)\n    os.write(1, byte)"
    )
    with Child(
        [sys.executable, "-c", answers], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        fds = other.popen.stdin.fileno(), other.popen.stdout.fileno()

        def ask() -> None:
            for _ in range(100):
                os.write(fds[0], b"x")
                os.read(fds[1], 1)

        waits, worker = did(ask)
        pid = other.pid
    rows = worker.rows(waits)
    # Other waits are for the GIL, which this thread is woken for by threads of its own process.
    rows = rows[~waits.runnable[rows]]
    reads = [row for row in rows if of_stack(names(waits, row)).name == "[pipe read]"]
    assert 90 <= len(reads) <= 100
    assert {int(waits.waker[row]) for row in reads} == {pid}
    assert {int(waits.waker_pid[row]) for row in reads} == {pid}
    assert waits.comms[pid].startswith("python")


def test_threads_of_two_processes():
    with Child(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        ends = cat.popen.stdin.fileno(), cat.popen.stdout.fileno()
        with recorded(os.getpid(), cat.pid) as found:
            for _ in range(50):
                os.write(ends[0], b"x")
                os.read(ends[1], 1)
        theirs = found[0].of(cat.pid)
        assert set(found[0].pid.tolist()) == {os.getpid(), cat.pid}
        assert set(found[0].pid[theirs].tolist()) == {cat.pid}
        assert os.getpid() in found[0].waker[theirs]


def test_waiting_for_a_cpu_is_what_the_kernel_counts():
    cpu = min(os.sched_getaffinity(0))
    with Child([sys.executable, "-c", "while True: pass"]) as spinner:
        os.sched_setaffinity(spinner.pid, {cpu})

        def compete() -> None:
            os.sched_setaffinity(0, {cpu})
            burn(0.2)

        waits, worker = did(compete)
    rows = worker.rows(waits)
    delay = waits.in_ - waits.out - waits.blocked_ns
    assert worker.counted_meanwhile("delay") > 50_000_000
    assert waits.lost or worker.agrees("delay", waits, delay)
    # It never waits for anything but the CPU, except that another thread holds the GIL.
    longest = rows[np.argmax(delay[rows])]
    assert chr(waits.state[longest]) == "R"
    assert waits.wake[longest] == 0 and waits.waker[longest] == 0


def test_every_switch_that_the_kernel_counts_is_there():
    there, back = os.pipe(), os.pipe()

    def echo() -> None:
        while os.read(there[0], 1) == b"x":
            os.write(back[1], b"x")

    def ask() -> None:
        for _ in range(20_000):
            os.write(there[1], b"x")
            os.read(back[0], 1)
        os.write(there[1], b"q")

    echoing = Worker(echo)
    echoing.go.set()
    waits, worker = did(ask)
    echoing.join()
    assert len(worker.rows(waits)) > 10_000
    assert worker.agrees("voluntary", waits, ~waits.runnable)
    assert worker.agrees("involuntary", waits, waits.runnable)
    assert waits.lost < 0.001 * len(waits)
    for fd in (*there, *back):
        os.close(fd)


def test_sums_agree_with_sums_made_in_the_kernel(tmp_path):
    program = """
      tracepoint:sched:sched_switch /pid == PID/ { @left[tid] = nsecs; }
      tracepoint:sched:sched_switch /@left[args->next_pid]/ {
        @total[args->next_pid] = sum(nsecs - @left[args->next_pid]);
        delete(@left[args->next_pid]);
      }
      END { clear(@left); }
    """.replace("PID", str(os.getpid()))
    lock = threading.Lock()

    def mixed() -> None:
        for number in range(40):
            time.sleep(0.001 * (number % 3))
            burn(0.002)
            with lock:
                time.sleep(0.0005)

    workers = [Worker(mixed) for _ in range(3)]
    for worker in workers:
        # Of a thread that ends, its last waits have no state of their own.
        worker.leave.clear()
    said = tmp_path / "said"
    with said.open("wb") as log, Child(
        bpfaccess.command(program, str(tmp_path / "sums")),
        stdin=subprocess.PIPE, stdout=log, stderr=log,
        env={"__BPFTRACE_NOTIFY_PROBES_ATTACHED": "1"},
    ) as other:  # fmt: skip
        until(lambda: b"PROBES_ATTACHED" in said.read_bytes())
        with recorded() as found:
            for worker in workers:
                worker.go.set()
            for worker in workers:
                worker.over.wait()
        other.popen.stdin.close()
        assert other.wait(20)
    for worker in workers:
        worker.leave.set()
        worker.join()
    sums = {}
    for line in (tmp_path / "sums").read_text().splitlines():
        if line.startswith("@total["):
            tid, _, total = line[7:].partition("]: ")
            sums[int(tid)] = int(total)
    waits = found[0]
    for worker in workers:
        rows = waits.of(worker.native_id)
        # The first wait, for the word to go, began before the recording and ended in it.
        whole = waits.begun[rows] & waits.ended[rows]
        ours = int((waits.in_[rows] - waits.out[rows])[whole].sum())
        assert sums[worker.native_id] > 50_000_000
        # A kernel may switch without telling, which the other program does not notice.
        assert waits.lost or ours == pytest.approx(sums[worker.native_id], rel=0.01)


def test_switches_are_those_that_perf_tells():
    def mixed() -> None:
        for _ in range(50):
            time.sleep(0.0005)
            burn(0.001)

    worker = Worker(mixed)
    perf = PerfSwitches()
    with recorded() as found:
        perf.start([os.getpid()])
        try:
            worker.go.set()
            worker.join()
            theirs = perf.stop()
        finally:
            perf.abort()
    ours = found[0].switches()
    columns = []
    for told in (theirs, ours):
        rows = told.of(worker.native_id)
        inside = (told.time[rows] > worker.began) & (told.time[rows] < worker.finished)
        columns.append((told.what[rows][inside], told.time[rows][inside], told.pid[rows][inside]))
    (what, when, pid), (our_what, our_when, our_pid) = columns
    assert len(what) > 80
    if found[0].lost:
        pytest.skip("a switch that the kernel's tracepoint did not tell")
    assert what.tolist() == our_what.tolist()
    assert pid.tolist() == our_pid.tolist()
    assert np.abs(when - our_when).max() < A_SWITCH_NS
    assert np.median(np.abs(when - our_when)) < 50_000


def test_a_wait_that_began_before_and_one_that_goes_on():
    lock = threading.Lock()
    lock.acquire()
    early, late = Worker(lock.acquire), Worker(lock.acquire)
    early.go.set()
    until(lambda: waits_in(early.native_id, "futex"))
    with recorded() as found:
        late.go.set()
        until(lambda: waits_in(late.native_id, "futex") and hasattr(late, "began"))
        lock.release()
        early.join()
    lock.release()
    late.join()
    waits = found[0]
    first = waits.of(early.native_id).start
    assert not waits.begun[first] and waits.ended[first]
    assert waits.out[first] == waits.window[0] < waits.wake[first] <= waits.in_[first]
    assert of_stack(names(waits, first)).name == "[lock or GIL]"
    assert waits.waker[first] == threading.main_thread().native_id
    last = waits.of(late.native_id).stop - 1
    assert waits.begun[last] and not waits.ended[last]
    assert waits.in_[last] == waits.window[1] and waits.wake[last] == 0
    assert of_stack(names(waits, last)).name == "[lock or GIL]"
    assert not waits.runnable[last] and waits.blocked_ns[last] > 0


def test_threads_that_come_and_go():
    with recorded() as found:
        for _ in range(5):
            threads = [threading.Thread(target=time.sleep, args=(0.002,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    waits = found[0]
    tids = set(waits.threads_begun)
    assert len(tids) == 20
    assert tids <= set(waits.threads_ended)
    assert all(waits.threads_begun[tid] < waits.threads_ended[tid] for tid in tids)
    assert tids <= set(waits.tid.tolist())
    assert waits.switches().begun == waits.threads_begun


def test_a_file_written_to_disk(tmp_path):
    def write() -> None:
        with (tmp_path / "data").open("wb") as file:
            for _ in range(20):
                file.write(os.urandom(1 << 16))
                file.flush()
                os.fsync(file.fileno())

    waits, worker = did(write)
    rows = worker.rows(waits)
    reasons = [of_stack(names(waits, row)).name for row in rows if not waits.runnable[row]]
    if not any(name.startswith("[disk") for name in reasons):
        pytest.skip("nothing waits for this machine's disk")
    assert "[disk write]" in reasons


def test_a_name_with_anything_in_it():
    name = b"\n1 2 3 4\\ \xff\n"

    def rename() -> None:
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_bytes(name)
        time.sleep(0.001)

    waits, worker = did(rename)
    assert len(waits) and worker.native_id in waits.comms


def test_what_is_lost_is_counted(monkeypatch):
    small = {**bpftrace.environment(), "BPFTRACE_PERF_RB_PAGES": "1"}
    monkeypatch.setattr(bpftrace, "environment", lambda: small)
    end = threading.Event()

    def busy() -> None:
        while not end.is_set():
            time.sleep(0.00001)

    workers = [Worker(busy) for _ in range(4)]
    waits = BpfWaits()
    waits.start(os.getpid())
    try:
        # It cannot read while it stands still.
        os.kill(waits._tool.pid, signal.SIGSTOP)
        for worker in workers:
            worker.go.set()
        until(lambda: all(hasattr(worker, "began") for worker in workers))
        time.sleep(0.2)
        os.kill(waits._tool.pid, signal.SIGCONT)
        assert waits.stop().lost > 0
    finally:
        end.set()
        waits.abort()
        for worker in workers:
            worker.go.set()
            worker.join()


def test_an_output_that_is_too_large_ends_the_recording(monkeypatch):
    monkeypatch.setattr(bpftrace, "MOST_BYTES", 1 << 15)
    waits = BpfWaits()
    waits.start(os.getpid())
    try:
        until(lambda: (time.sleep(0), not waits._tool.running())[1])
        found = waits.stop()
    finally:
        waits.abort()
    assert found.full and len(found)
    assert found.in_.max() <= found.window[1]


def bpftraces() -> list[int]:
    return [child.pid for child in psutil.Process().children() if child.name() == "bpftrace"]


def test_nothing_is_left_after_an_end_of_any_kind(monkeypatch):
    waits = BpfWaits()
    waits.start(os.getpid())
    waits.abort()
    waits.abort()
    with pytest.raises(ZeroDivisionError), recorded():
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), recorded():
        raise KeyboardInterrupt
    waits = BpfWaits()
    waits.start(os.getpid())
    os.kill(waits._tool.pid, signal.SIGKILL)
    with pytest.raises(ToolFailed):
        waits.stop()
    monkeypatch.setattr(bpftrace, "script", lambda pids, tids: "BEGIN { nonsense")
    with pytest.raises(ToolFailed, match="attaching"):
        BpfWaits().start(os.getpid())
    assert not bpftraces()


def test_it_ends_with_who_started_it():
    program = (
        "import os, sys; from perfnb.capture.offcpu.bpftrace import BpfWaits\n"
        "waits = BpfWaits(); waits.start(os.getpid()); print(waits._tool.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    with Child([sys.executable, "-c", program], stdin=subprocess.PIPE,
               stdout=subprocess.PIPE) as owner:  # fmt: skip
        told, line = owner.wait_for(b"\n", 30)
        assert told
        tool = psutil.Process(int(line))
        assert tool.name() == "bpftrace"
        os.kill(owner.pid, signal.SIGKILL)
        until(lambda: not tool.is_running() or tool.status() == psutil.STATUS_ZOMBIE)


def test_tracefs_need_not_be_mounted():
    program = (
        "import os, time\n"
        "from perfnb.capture.offcpu import bpfaccess, bpftrace\n"
        "assert not bpfaccess._traced()\n"
        "waits = bpftrace.BpfWaits(); waits.start(os.getpid()); time.sleep(0.001)\n"
        "print(len(waits.stop()) > 0, bpfaccess._traced())"
    )
    # Where it is mounted here, it is taken away from that process alone.
    without = (
        'for place in /sys/kernel/tracing /sys/kernel/debug; do umount $place; done; exec "$@"'
    )
    with Child(
        ["unshare", "--mount", "sh", "-c", without, "sh", sys.executable, "-c", program],
        stdout=subprocess.PIPE,
    ) as child:
        assert b"".join(child.output(30)) == b"True False\n"


def test_stopping_does_not_wait_for_a_forked_child():
    waits = BpfWaits()
    waits.start(os.getpid())
    child = os.fork()
    if not child:
        # It holds what we hold, and outlives the recording.
        signal.pause()
        os._exit(0)
    try:
        before = time.monotonic()
        waits.stop()
        assert time.monotonic() - before < 10
    finally:
        waits.abort()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_process_that_ends_is_recorded_up_to_its_end():
    with Child(["cat"], stdin=subprocess.PIPE) as cat:
        waits = BpfWaits()
        waits.start(cat.pid)
        try:
            cat.popen.stdin.close()
            assert cat.wait(10)
            found = waits.stop()
        finally:
            waits.abort()
        assert cat.pid in found.threads_ended
        with pytest.raises(CaptureError) as raised:
            BpfWaits().start(cat.pid)
        assert isinstance(raised.value, (BackendUnavailable, TargetExited))


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("_capabilities", lambda: 0, "CAP_BPF"),
        ("_in_first_namespace", lambda: False, "container"),
        ("_traced", lambda: False, "tracefs"),
    ],
)
def test_why_it_cannot_work_here(monkeypatch, attribute, value, reason):
    monkeypatch.setattr(bpfaccess, attribute, value)
    if attribute == "_traced":
        monkeypatch.setattr(bpfaccess, "_can_mount", lambda: False)
    able = availability(os.getpid())
    assert not able.ok and reason in able.reason and able.fix
    with pytest.raises(BackendUnavailable) as raised:
        BpfWaits().start(os.getpid())
    assert raised.value.hint == able.fix


def test_without_bpftrace(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    able = availability(os.getpid())
    assert not able.ok and "not installed" in able.reason
