"""Off-CPU intervals with kernel stacks and wakers from bpftrace, for privileged users."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from perfnb.capture.offcpu.bpfaccess import availability, command
from perfnb.capture.offcpu.bpfjoin import Seen, assemble
from perfnb.capture.offcpu.bpfread import read
from perfnb.capture.offcpu.bpfscript import MOST_SEEDS, environment, script
from perfnb.capture.offcpu.kernelwaits import KernelWaits
from perfnb.capture.process import Child
from perfnb.errors import (
    BackendUnavailable,
    CaptureError,
    PermissionRequired,
    TargetExited,
    ToolFailed,
)

__all__ = ["BpfWaits", "availability"]

MOST_BYTES = 2 << 30
"""Of output: some 30 million intervals, five minutes of 100,000 a second."""

_ATTACHED = b"__BPFTRACE_NOTIFY_PROBES_ATTACHED"
_TIMEOUT_S = 30.0
_POLL_S = 0.002


class BpfWaits:
    """Records every interval in which threads of some processes did not run."""

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()

    def start(self, pid: int, *others: int) -> None:
        """Begin; returns once every switch is recorded.

        Parameters
        ----------
        pid, *others : int
            The processes.

        Raises
        ------
        CaptureError
            If it cannot; nothing is left running.
        """
        try:
            self._start((pid, *others))
        except BaseException:
            self.abort()
            raise

    def _start(self, pids: tuple[int, ...]) -> None:
        for pid in pids:
            able = availability(pid)
            if not able.ok:
                raise BackendUnavailable("bpftrace", able.reason, able.fix)
        self._pid = pids[0]
        threads = [(pid, tid) for pid in pids for tid in _threads(pid)][:MOST_SEEDS]
        # Files without names: nothing can be left behind, however this ends.
        self._output, self._said = (
            self._cleanup.enter_context(os.fdopen(os.memfd_create(name), "rb", buffering=0))
            for name in ("perfnb", "perfnb-log")
        )
        leash, end = os.pipe()
        self._leash = self._cleanup.enter_context(os.fdopen(end, "wb", buffering=0))
        self._launched = time.monotonic_ns()
        try:
            self._tool = self._cleanup.enter_context(
                Child(
                    command(
                        script(pids, [tid for _, tid in threads]),
                        f"/proc/self/fd/{self._output.fileno()}",
                    ),
                    env=environment(),
                    stdin=leash,
                    stdout=self._said,
                    stderr=self._said,
                    pass_fds=(self._output.fileno(),),
                )
            )
        finally:
            os.close(leash)
        import resource  # of Unix only

        # Each line wakes bpftrace. If that took the CPU away from the thread that is being
        # recorded, that would be the next line, and so on: batch tasks wait for their turn.
        with contextlib.suppress(OSError):
            os.sched_setscheduler(self._tool.pid, os.SCHED_BATCH, os.sched_param(0))
            resource.prlimit(self._tool.pid, resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))
        self._await_probes(pids)
        self._started = time.monotonic_ns()
        self._boot = _boot_offset()
        self._seen = {tid: seen for pid, tid in threads if (seen := _look(pid, tid))}

    def _await_probes(self, pids: Iterable[int]) -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while _ATTACHED not in _content(self._said):
            if not self._tool.running() or time.monotonic() > deadline:
                for pid in pids:
                    if not Path(f"/proc/{pid}").exists():
                        raise TargetExited(pid)
                raise self._failure("while attaching")
            time.sleep(_POLL_S)

    def stop(self) -> KernelWaits:
        """End, and return what was recorded.

        Raises
        ------
        CaptureError
            If bpftrace failed.
        """
        try:
            end = time.monotonic_ns()
            # What it waits for ends; it then takes out the probes and prints what is left. An
            # interrupt would have it throw away what it has not read yet.
            with contextlib.suppress(BrokenPipeError):
                self._leash.write(b"\n")
            self._leash.close()
            if not self._tool.wait(_TIMEOUT_S):
                self._tool.send(signal.SIGINT)
            full = self._tool.wait(_TIMEOUT_S) and self._tool.exit_code == -signal.SIGXFSZ
            if self._tool.exit_code != 0 and not full:
                raise self._failure("during the recording")
            try:
                report = read(_content(self._output), _content(self._said))
            except ValueError as error:
                raise ToolFailed(
                    ("bpftrace",), 0, f"its output is not readable: {error}"
                ) from error
            # The counter that it reads is one of two, which differ by the time asleep.
            own = self._launched <= report.began <= self._started
            return assemble(
                report,
                pid=self._pid,
                offset=0 if own else self._boot,
                window=(self._started, end),
                seen=self._seen,
                full=full,
                cpu_s=self._tool.cpu_s,
            )
        finally:
            self.abort()

    def abort(self) -> None:
        """End everything this recording started."""
        self._cleanup.close()

    def _failure(self, when: str) -> CaptureError:
        ended = self._tool.wait(1.0)
        self._tool.close()
        said = (_content(self._said) + _content(self._output)[-4096:]).decode("utf-8", "replace")
        lines = [line for line in said.splitlines() if line and "RLIMIT_MEMLOCK" not in line]
        if re.search(r"not permitted|permission denied|root user|lockdown", said, re.I):
            return PermissionRequired(
                "waits in the kernel",
                "the kernel refuses bpftrace's programs",
                "record as root; in a container add the capability SYS_ADMIN; with Secure Boot "
                "look at /sys/kernel/security/lockdown",
            )
        tail = " ".join(" ".join(lines[-8:]).split()[-60:])
        code = self._tool.exit_code if ended else None
        return ToolFailed(
            ("bpftrace",), code, f"{when}: {tail}" if tail else when,
            "without it, perf's context switches still tell how long threads waited",
        )  # fmt: skip


def _boot_offset() -> int:
    """Return CLOCK_MONOTONIC minus CLOCK_BOOTTIME, ns: 0 on a machine that never slept."""
    best, offset = 1 << 62, 0
    for _ in range(16):
        before = time.monotonic_ns()
        boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        after = time.monotonic_ns()
        if after - before < best:
            best, offset = after - before, (before + after) // 2 - boot
    # The machine slept for longer than a reading takes, or not at all.
    return offset if abs(offset) > best else 0


def _threads(pid: int) -> list[int]:
    try:
        # The main thread's is the lowest, of most.
        return sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        raise TargetExited(pid) from None


_FRAME = re.compile(r"\[<\w+>\] ([^+\s]+)")


def _look(pid: int, tid: int) -> Seen | None:
    """Return what a thread does that does not run."""
    task = Path(f"/proc/{pid}/task/{tid}")
    try:
        before = (task / "stat").read_text(errors="replace")
        stack: tuple[str, ...] = ()
        with contextlib.suppress(PermissionError):
            stack = tuple(_FRAME.findall((task / "stack").read_text()))
    except OSError:
        return None
    name, _, rest = before.partition("(")[2].rpartition(")")
    state = rest.split()[0]
    return None if state == "R" else Seen(time.monotonic_ns(), state, stack, pid, name)


def _content(file: IO[bytes]) -> bytes:
    # The position in it is shared with the child, which writes there: it is left alone.
    parts, at = [], 0
    while part := os.pread(file.fileno(), 1 << 26, at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)
