"""Recording from inside: a thread that looks at the stacks of the others.

It needs no permission and no tool, and it is biased: it can only look when it is given
the GIL, so code that runs long without giving it up is seen late, at the next place
that does. The profile says so.
"""

from __future__ import annotations

import ctypes
import gc
import os
import random
import sys
import threading
import time
from types import CodeType, FrameType
from typing import Any

import numpy as np

from perfnb.capture.base import Availability, CaptureSpec
from perfnb.capture.names import module_of
from perfnb.errors import NoSamples, OptionError
from perfnb.model import STATES, Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

_OFF_CPU, _ON_CPU = STATES.index("off-CPU"), STATES.index("on-CPU")

BIAS = (
    "sampled from inside the interpreter: a sample is taken where the running code lets go of "
    "the GIL, not where it was when the sample was due"
)


NO_REASONS = (
    "waits are sampled, without their reasons: that a thread waited is told from the CPU time "
    "that it did not use"
)


class InProcessBackend:
    """Samples the threads of this interpreter from a thread of its own."""

    name = "inprocess"

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._spec = CaptureSpec()
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._ticks: list[int] = []
        self._stacks: dict[tuple[int, CodeType, int], int] = {}
        self._names: dict[int, str] = {}
        self._late = 0
        self._cpu_ns = 0
        self._error: BaseException | None = None

    @classmethod
    def availability(cls, spec: CaptureSpec) -> Availability:
        """Say whether this interpreter can be looked at safely."""
        if spec.pid != os.getpid():
            return Availability(False, "it sees only its own process", "use --backend pyspy")
        if spec.native or spec.gil or spec.subprocesses:
            wanted = "--native" if spec.native else "--gil" if spec.gil else "--subprocesses"
            return Availability(False, f"it cannot do {wanted}", "use --backend pyspy")
        if not getattr(sys, "_is_gil_enabled", lambda: True)():
            # python/cpython#152355: another thread's frame may be freed while it is read.
            return Availability(
                False,
                "without the GIL the frames of running threads cannot be read safely",
                "use --backend pyspy, or run Python with PYTHON_GIL=1",
            )
        return Availability(True)

    def start(self, spec: CaptureSpec) -> None:
        """Start the sampling thread. See `Backend.start`."""
        available = self.availability(spec)
        if not available.ok:
            raise OptionError(f"the inprocess backend: {available.reason}", available.fix)
        self._spec = spec
        self._wall = time.time()
        self._started = time.monotonic_ns()
        self._thread = threading.Thread(target=self._run, name="perfnb-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> Profile:
        """End the thread and return the profile. See `Backend.stop`."""
        ended = time.monotonic_ns()
        self.abort()
        if self._error is not None:
            raise self._error
        return self._profile(ended)

    def abort(self) -> None:
        """End the thread."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._sample()
        except BaseException as error:
            self._error = error

    def _sample(self) -> None:
        period = 1 / self._spec.rate
        chance = random.Random(self._started)
        waits = WaitChannels()
        me = threading.get_ident()
        due = time.monotonic()
        cpu_clock = time.pthread_getcpuclockid
        try:
            while True:
                # Uneven intervals cannot fall into step with the program's own rhythm. Nothing is
                # made up for: two looks without letting go of the GIL would see one moment twice.
                now = time.monotonic()
                due = max(due, now - period)
                while due <= now:
                    due += period * chance.uniform(0.5, 1.5)
                if self._done.wait(due - now):
                    break
                now = time.monotonic_ns()
                self._late += now / 1e9 - due > period
                frames = current_frames()
                self._ticks.append(now)
                for ident, frame in frames.items():
                    if ident == me:
                        continue
                    try:
                        cpu = time.clock_gettime_ns(cpu_clock(ident))
                    except OSError:  # the thread has ended
                        continue
                    thread, native = self._identify(ident)
                    futex = waits.maybe_gil(native)
                    self._rows.append((now, thread, self._stack(frame), cpu, futex))
                del frames, frame
        finally:
            waits.close()
            self._cpu_ns = time.thread_time_ns()

    def _stack(self, frame: FrameType | None) -> int:
        path = []
        while frame is not None:
            path.append((frame.f_code, frame.f_lineno or 0))
            frame = frame.f_back
        stack, stacks = -1, self._stacks
        for code, line in reversed(path):
            stack = stacks.setdefault((stack, code, line), len(stacks))
        return stack

    def _identify(self, ident: int) -> tuple[int, int]:
        """Return a number that no other thread gets, and the native id, 0 if unknown.

        Python's own number of a thread is given to another once it has ended.
        """
        # Not threading.enumerate(): it takes a lock that a stopped thread may hold.
        thread = threading._active.get(ident)  # type: ignore[attr-defined]
        native = (thread.native_id or 0) if thread else 0
        self._names[native or ident] = thread.name if thread else ""
        return native or ident, native

    def _profile(self, ended: int) -> Profile:
        self._ticks = [at for at in self._ticks if at <= ended]
        self._rows = [row for row in self._rows if row[0] <= ended]
        ticks = len(self._ticks)
        wall_ns = ended - self._started
        if not ticks:
            raise NoSamples(
                f"the {wall_ns / 1e6:.3g} ms recorded are too short for {self._spec.rate:g} Hz",
                "sample faster (-r), or let the code run longer",
            )
        builder = ProfileBuilder(ValueType(self._spec.weighs, "ns"))
        roots = tuple(sys.path)
        stack_of = [-1]
        for parent, code, line in self._stacks:
            frame = builder.frame(
                code.co_qualname,
                file=code.co_filename,
                line=line,
                module=module_of(code.co_filename, roots),
            )
            stack_of.append(builder.push(stack_of[parent + 1], frame))
        samples = self._samples(builder, np.array(stack_of), ended)
        if not len(samples):
            raise NoSamples(
                f"no thread was {'waiting' if self._spec.kind == 'offcpu' else 'running'} at any "
                f"of the {ticks} instants",
                "`%%flame` shows what runs"
                if self._spec.kind == "offcpu"
                else "use --idle to see threads that wait",
            )
        metadata = Metadata(
            backend="in-process",
            backend_version=sys.version.split()[0],
            start_monotonic_ns=self._started,
            end_monotonic_ns=ended,
            start_wall=self._wall,
            rate_asked=self._spec.rate,
            rate_achieved=ticks / (wall_ns / 1e9),
            ticks=ticks,
            missed=0,
            late=self._late,
            profiler_cpu_s=self._cpu_ns / 1e9,
            clock_error_ns=int(sys.getswitchinterval() * 1e9),
            state_unknown=0,
            notes=(BIAS,) if self._spec.kind == "cpu" else (BIAS, NO_REASONS),
        )
        return Profile(builder.value, builder.tables(), samples, metadata)

    def _samples(self, builder: ProfileBuilder, stack_of: Any, ended: int) -> Samples:
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 5)
        pid = os.getpid()
        keep, states = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=np.uint8)
        threads = np.zeros(len(rows), dtype=np.int32)
        for tid in np.unique(rows[:, 1]).tolist():
            mine = np.flatnonzero(rows[:, 1] == tid)
            threads[mine] = builder.thread(Thread(pid, tid, self._names[tid]))
            states[mine] = np.where(_ran(rows[mine]), _ON_CPU, _OFF_CPU)
            wanted = _OFF_CPU if self._spec.kind == "offcpu" else _ON_CPU
            keep[mine] = (states[mine] == wanted) | self._spec.idle | (self._spec.kind == "wall")
        # A look stands for the time around it: they are rarer where the GIL is hard to get.
        ticks = np.array(self._ticks, dtype=np.int64)
        middles = (ticks[1:] + ticks[:-1]) // 2
        spans = np.diff(middles, prepend=self._started, append=ended)
        weight = spans[np.searchsorted(ticks, rows[keep, 0])]
        return Samples(
            frozen(stack_of[rows[keep, 2] + 1], np.int32),
            frozen(threads[keep], np.int32),
            frozen(weight, np.int64),
            time=frozen(rows[keep, 0], np.int64),
            state=frozen(states[keep], np.uint8),
        )


def _ran(rows: Any) -> Any:
    """Return which samples of one thread found it running, as many as fit the CPU time it used.

    While the sampler looks, it holds the GIL: a thread that runs Python code waits for it, in
    a futex, and so does one that waits for its turn. Which of them ran cannot be seen, but
    what each used of the CPU between two looks can. That is shared out to the looks at which
    the thread may have run; one counts when the time of one has come together.
    """
    at, cpu, may_run = rows[:, 0], rows[:, 3], rows[:, 4] > 0
    if len(rows) < 2:
        return may_run
    used, window = np.diff(cpu), np.diff(at)
    among = np.maximum(may_run[:-1].astype(int) + may_run[1:], 1)
    time = (np.append(used / among, 0) + np.append(0, used / among)) * may_run
    whole = np.floor(np.cumsum(time / ((np.append(window, 0) + np.append(0, window)) / 2)) + 0.5)
    return (np.diff(whole, prepend=0) > 0) & may_run


def current_frames() -> dict[int, FrameType]:
    """Return the frame of every thread, without the deadlock of python/cpython#106883.

    Up to 3.11 a garbage collection that starts inside `sys._current_frames` can wait for
    a lock that it holds; the mend of later versions, to keep the collector off meanwhile,
    is done here.
    """
    if sys.version_info >= (3, 12) or not gc.isenabled():
        return sys._current_frames()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        gc.enable()


class WaitChannels:
    """What the threads of this process wait in, read without letting go of the GIL.

    `os.pread` would let go of it, and getting it back takes up to a switch interval.
    """

    def __init__(self) -> None:
        self._files: dict[int, tuple[int, int]] = {}
        self._buffer = ctypes.create_string_buffer(512)
        self._pread: Any = None
        if sys.platform.startswith("linux"):
            self._pread = ctypes.PyDLL(None).pread

    def maybe_gil(self, tid: int) -> int:
        """Return 1 if the thread runs or may wait for the GIL, 0 if it waits for something else."""
        if not tid or self._pread is None:
            return 1
        files = self._files.get(tid) or self._open(tid)
        if files is None:
            return 1
        stat = self._read(files[0])
        if stat[stat.rfind(b")") + 2 :][:1] == b"R":
            return 1
        channel = self._read(files[1])
        # "0": this kernel does not tell.
        return int(b"futex" in channel or channel in (b"", b"0"))

    def _open(self, tid: int) -> tuple[int, int] | None:
        """Open its files; None if it has ended, also between the one and the other."""
        opened: list[int] = []
        try:
            for name in ("stat", "wchan"):
                file = f"/proc/self/task/{tid}/{name}"
                opened.append(os.open(file, os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            for number in opened:
                os.close(number)
            return None
        self._files[tid] = opened[0], opened[1]
        return self._files[tid]

    def _read(self, file: int) -> bytes:
        size = self._pread(file, self._buffer, 512, 0)
        return self._buffer.raw[: max(size, 0)]

    def close(self) -> None:
        """Close the files."""
        for files in self._files.values():
            for file in files:
                os.close(file)
        self._files.clear()
