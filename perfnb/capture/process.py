"""Child processes: the only place that starts any.

A child is started in a session of its own, so that an interrupt meant for the
notebook's kernel does not end a profiler, and it is always waited for.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

_PR_SET_PTRACER = 0x59616D61
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


def yama_scope() -> int | None:
    """Return the kernel's ptrace restriction (0 to 3), None where Yama is absent."""
    try:
        return int(YAMA.read_text())
    except (OSError, ValueError):
        return None


def allow_tracer(pid: int) -> None:
    """Let the process `pid` (0: none) trace this one, where Yama asks for that.

    See Documentation/admin-guide/LSM/Yama.rst of Linux.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)


def family(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as the kernel tells them (Linux)."""
    found = [pid]
    for one in found:
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError, ValueError):
                found += map(int, tasks.read_text().split())
    return found


def wait_for_exit(pid: int, seconds: float) -> bool:
    """Wait until a process ends, at most so long; return whether it has."""
    try:
        file = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([file], [], [], seconds)[0])
    finally:
        os.close(file)


class Child:
    """A child process that cannot be forgotten.

    Parameters
    ----------
    argv : sequence of str
        The command line.
    env : mapping, optional
        Variables added to the environment.
    stdin, stdout, stderr
        As for `subprocess.Popen`.
    pass_fds : sequence of int
        Descriptors it inherits.
    trace_parent : bool
        Whether the child will ptrace this process: it then waits until that is
        permitted before it executes `argv`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = subprocess.DEVNULL,
        stderr: int | IO[bytes] | None = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
        trace_parent: bool = False,
    ) -> None:
        self.argv = tuple(argv)
        self.cpu_s = 0.0
        held = trace_parent and (yama_scope() or 0) == 1
        if held:
            # Permission names a pid, which exists only once the child does: it waits at `read`.
            argv = ("/bin/sh", "-c", 'read _ && exec "$@" <&-', "sh", *argv)
            stdin = subprocess.PIPE
        self.popen = subprocess.Popen(
            argv,
            env={**os.environ, **env} if env else None,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            bufsize=0,
            pass_fds=pass_fds,
        )
        self._traces_parent = trace_parent
        if held:
            allow_tracer(self.pid)
            assert self.popen.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.write(b"\n")
            self.popen.stdin.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.popen.pid

    @property
    def exit_code(self) -> int | None:
        """The exit status; None while it runs, negative for a signal."""
        return self.popen.returncode

    def running(self) -> bool:
        """Return whether it still runs; reaps it if not."""
        return self._reap(os.WNOHANG)

    def wait_for(
        self, text: bytes, timeout: float, source: int | None = None
    ) -> tuple[bool, bytes]:
        """Read until `text` is seen, the other end is closed or `timeout` seconds pass.

        Parameters
        ----------
        text : bytes
            What is waited for.
        timeout : float
            Seconds.
        source : int, optional
            The descriptor to read from; by default the child's standard output.

        Returns
        -------
        seen : bool
        output : bytes
            What was read.
        """
        if source is None:
            assert self.popen.stdout is not None
            source = self.popen.stdout.fileno()
        deadline = time.monotonic() + timeout
        output = b""
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    break
                chunk = os.read(source, 65536)
                output += chunk
                if text in output:
                    return True, output
                if not chunk:
                    break
        return False, output

    def output(self, silence: float) -> Iterator[bytes]:
        """Yield what it prints until it ends, and wait for that.

        Raises
        ------
        TimeoutError
            If it prints nothing for `silence` seconds.
        """
        stream = self.popen.stdout
        assert stream is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while selector.select(silence):
                if not (piece := os.read(stream.fileno(), 1 << 18)):
                    break
                yield piece
            else:
                raise TimeoutError
        if not self.wait(silence):
            raise TimeoutError

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait_until_catches(self, number: signal.Signals, timeout: float) -> bool:
        """Wait until the child handles a signal itself instead of dying of it (Linux)."""
        deadline = time.monotonic() + timeout
        while self.running() and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                    if line.startswith("SigCgt:") and int(line.split()[1], 16) >> (number - 1) & 1:
                        return True
            time.sleep(0.0002)
        return False

    def wait(self, timeout: float) -> bool:
        """Wait until it ends; return False if it has not after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        pause = 0.0005
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01)
        return True

    def close(self) -> None:
        """Kill it if it still runs, reap it and close its pipes."""
        try:
            if self.running():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                self._reap(0)
        finally:
            if self._traces_parent:
                allow_tracer(0)
            for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
                if stream is not None:
                    stream.close()

    def _reap(self, options: int) -> bool:
        if self.popen.returncode is not None:
            return False
        try:
            # wait4 and not Popen.wait: it tells the CPU time used.
            pid, status, usage = os.wait4(self.pid, options)
        except ChildProcessError:
            self.popen.returncode = 0  # somebody else reaped it
            return False
        if pid == 0:
            return True
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        return False

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
