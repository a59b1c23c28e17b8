"""Context switches from perf, which needs no privilege for a process of one's own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from perfnb.capture.base import Availability
from perfnb.capture.offcpu.perfevents import refused
from perfnb.capture.perfstream import Switches, read_switches
from perfnb.capture.process import Child
from perfnb.errors import CaptureError, PermissionRequired, ToolFailed

PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
MOST_BYTES = 1 << 30
"""Of switches: 33 million, five minutes of 100,000 a second."""
# Of each CPU. Without privileges there is little more than these (perf_event_mlock_kb).
_BUFFER_PAGES, _PRIVILEGED_PAGES = 128, 2048
_TIMEOUT_S = 10.0
_REFUSED = r"access to performance monitoring|permission denied|not permitted"


def availability(pid: int) -> Availability:
    """Say whether perf can tell the context switches of a process."""
    if not sys.platform.startswith("linux"):
        return Availability(False, "perf is of Linux", "record on Linux")
    if shutil.which("perf") is None:
        return Availability(
            False, "perf is not installed", "install it: `apt install linux-perf`, or linux-tools"
        )
    if reason := refused(pid):
        return Availability(False, reason, _fix())
    return Availability(True)


def _fix() -> str:
    try:
        level = int(PARANOID.read_text())
    except (OSError, ValueError):
        level = None
    if level is not None and level > 2:
        return "run `sudo sysctl kernel.perf_event_paranoid=2`"
    return "in a container allow `perf_event_open`, or add the capability PERFMON"


class PerfSwitches:
    """``perf record`` of the context switches of some processes."""

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()
        self.full = False
        """Whether it ended early for want of room."""

    def start(self, pids: Iterable[int]) -> None:
        """Begin; returns once every switch is recorded.

        Raises
        ------
        CaptureError
            If it cannot; nothing is left running.
        """
        try:
            self._start([*pids])
        except BaseException:
            self.abort()
            raise

    def _start(self, pids: list[int]) -> None:
        # Files without names: nothing can be left behind, however this ends.
        self._data, self._said = (os.memfd_create(name) for name in ("perfnb", "perfnb-log"))
        for file in (self._data, self._said):
            self._cleanup.callback(os.close, file)
        pages = _PRIVILEGED_PAGES if os.geteuid() == 0 else _BUFFER_PAGES
        control, enable = os.pipe()
        answer, acknowledge = os.pipe()
        leash, end = os.pipe()
        self._leash = self._cleanup.enter_context(os.fdopen(end, "wb", buffering=0))
        for end in (answer, enable):
            self._cleanup.callback(os.close, end)
        with contextlib.ExitStack() as theirs:
            for end in (control, acknowledge, leash):
                theirs.callback(os.close, end)
            self._perf = self._cleanup.enter_context(
                Child(
                    [
                        "perf", "record", "--output", "-", "--switch-events",
                        "--event", "dummy:u", "--clockid", "CLOCK_MONOTONIC", "--synth", "no",
                        # Without these it takes 0.2 s to end.
                        "--no-buildid", "--no-buildid-cache", "--no-bpf-event",
                        "--mmap-pages", str(pages), "--max-size", f"{MOST_BYTES >> 20}M",
                        "--delay", "-1", "--control", f"fd:{control},{acknowledge}",
                        "--pid", ",".join(map(str, pids)),
                        # It ends when this does: when it gets a byte, or we are no more. To
                        # close the pipe is not enough, for who was forked meanwhile has it too.
                        "--", "head", "--bytes", "1",
                    ],
                    stdin=leash,
                    stdout=self._data,
                    stderr=self._said,
                    pass_fds=(control, acknowledge),
                )
            )  # fmt: skip
        # If it has ended already, that is found out by waiting for its answer.
        with contextlib.suppress(BrokenPipeError):
            os.write(enable, b"enable\n")
        if not self._perf.wait_for(b"ack", _TIMEOUT_S, answer)[0]:
            raise self._failure("while attaching")

    def stop(self) -> Switches:
        """End, and return what was recorded.

        Raises
        ------
        CaptureError
            If perf failed.
        """
        try:
            with contextlib.suppress(BrokenPipeError):
                self._leash.write(b"\n")
            if not self._perf.wait(_TIMEOUT_S):
                self._perf.send(signal.SIGINT)
            if not self._perf.wait(_TIMEOUT_S) or self._perf.exit_code not in (0, -signal.SIGTERM):
                raise self._failure("during the recording")
            with os.fdopen(os.dup(self._data), "rb") as stream:
                stream.seek(0)
                data = stream.read()
            self.full = len(data) > 0.9 * MOST_BYTES
            try:
                return read_switches(data)
            except ValueError as error:
                raise ToolFailed(
                    ("perf", "record"), 0, f"its output is not readable: {error}"
                ) from error
        finally:
            self.abort()

    @property
    def cpu_s(self) -> float:
        """CPU seconds that perf used, once it has ended."""
        return self._perf.cpu_s

    def abort(self) -> None:
        """End everything this recording started."""
        self._cleanup.close()

    def _failure(self, when: str) -> CaptureError:
        ended = self._perf.wait(1.0)
        self._perf.close()
        with os.fdopen(os.dup(self._said), "rb") as stream:
            stream.seek(0)
            said = stream.read().decode("utf-8", "replace")
        if re.search(_REFUSED, said, re.I):
            return PermissionRequired("context switches", "the kernel refuses perf events", _fix())
        tail = " ".join(said.split()[-40:])
        code = self._perf.exit_code if ended else None
        return ToolFailed(("perf", "record"), code, f"{when}: {tail}" if tail else when)
