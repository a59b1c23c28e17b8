"""Recording with py-spy, attached to the process from a child of ours.

py-spy's Chrome trace has the stacks and when they changed; its log has the instants at
which it looked (it draws the intervals at random, so they cannot be computed). Both
together give every sample with its time: see ``docs/how-samples-get-their-times.md``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from perfnb.capture import threadwatch
from perfnb.capture.base import Availability, CaptureSpec
from perfnb.capture.clock import ClockOffset, WallToMonotonic
from perfnb.capture.process import Child, yama_scope
from perfnb.capture.pyspy_profile import Recording, build_profile
from perfnb.capture.threadlog import ThreadLog
from perfnb.errors import (
    BackendUnavailable,
    CaptureError,
    PermissionRequired,
    TargetExited,
    ToolFailed,
)
from perfnb.model import Profile

_READY = b"Sampling process"
_ATTACH_TIMEOUT_S = 15.0


def find_pyspy() -> str | None:
    """Return the path of py-spy: beside this interpreter, or on the PATH."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


def pyspy_version() -> str:
    """Return the version of the installed py-spy package, "" if it is not from one."""
    try:
        return metadata.version("py-spy")
    except metadata.PackageNotFoundError:
        return ""


class PySpyBackend:
    """Samples a process from outside: exact in what it sees, the program does not run for it."""

    name = "pyspy"

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()
        self._spec = CaptureSpec()

    @classmethod
    def availability(cls, spec: CaptureSpec) -> Availability:
        """Say whether py-spy is installed and may trace the process."""
        if not sys.platform.startswith("linux"):
            return Availability(
                False, "perfnb drives py-spy on Linux only", "try --backend inprocess"
            )
        if find_pyspy() is None:
            return Availability(False, "py-spy is not installed", "pip install py-spy")
        scope = yama_scope() or 0
        if scope == 3 or (scope == 2 and os.geteuid() != 0):
            return Availability(
                False,
                f"kernel.yama.ptrace_scope is {scope}, which forbids tracing",
                "run `sudo sysctl kernel.yama.ptrace_scope=1` (a scope of 3 needs a reboot)"
                if scope == 2
                else "reboot with a lower kernel.yama.ptrace_scope",
            )
        return Availability(True)

    def start(self, spec: CaptureSpec) -> None:
        """Attach; returns once py-spy samples. See `Backend.start`."""
        tool = find_pyspy()
        if tool is None:
            raise BackendUnavailable(self.name, "py-spy is not installed", "pip install py-spy")
        self._spec = spec
        try:
            self._start(tool, spec)
        except BaseException:
            self.abort()
            raise

    def _start(self, tool: str, spec: CaptureSpec) -> None:
        # A file without a name: nothing can be left behind, however this ends.
        self._file = os.memfd_create("perfnb")
        self._cleanup.callback(os.close, self._file)
        log_read, log_write = os.pipe()
        with os.fdopen(log_read, "rb") as log_in, os.fdopen(log_write, "wb") as log_out:
            self._clock = ClockOffset.read()
            self._watcher = self._cleanup.enter_context(
                Child(
                    [sys.executable, "-I", "-S", threadwatch.__file__],
                    stdin=log_in,
                    stdout=subprocess.PIPE,
                )
            )
            argv = [tool, *_arguments(spec, self._file)]
            self._pyspy = self._cleanup.enter_context(
                Child(
                    argv,
                    env={"RUST_LOG": _log_filter(spec), "RUST_LOG_STYLE": "never"},
                    stdout=subprocess.PIPE,
                    stderr=log_out,
                    pass_fds=(self._file,),
                    trace_parent=spec.pid == os.getpid(),
                )
            )
        ready, _ = self._pyspy.wait_for(_READY, _ATTACH_TIMEOUT_S)
        # It says that it samples shortly before it can be told to stop.
        if not ready or not self._pyspy.wait_until_catches(signal.SIGINT, 5):
            raise self._failure("while attaching")
        self.begin_now()

    def begin_now(self) -> None:
        """Let the recording begin at this moment: what was seen until now is not part of it."""
        self._started_wall = time.time()
        self._started = time.monotonic_ns()

    def stop(self) -> Profile:
        """Detach and return the profile. See `Backend.stop`."""
        return build_profile(self.collect(time.monotonic_ns()))

    def collect(self, ended: int) -> Recording:
        """Detach and return what was recorded until `ended`, CLOCK_MONOTONIC ns."""
        try:
            died = not self._pyspy.running()
            self._pyspy.send(signal.SIGINT)
            # It ends at its next sample; the gaps between those are exponential.
            if not self._pyspy.wait(5 + 20 / self._spec.rate) or self._pyspy.exit_code != 0:
                raise self._failure("during the recording")
            log = self._report()
            return Recording(
                spec=self._spec,
                trace=_read_all(self._file),
                log=log,
                clock=WallToMonotonic(self._clock, ClockOffset.read()),
                started_ns=self._started,
                ended_ns=ended,
                started_wall=self._started_wall,
                version=pyspy_version(),
                profiler_cpu_s=self._pyspy.cpu_s + log.cpu_s,
                stopped_early=died,
            )
        finally:
            self.abort()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that it started."""
        return self._pyspy.pid, self._watcher.pid

    def abort(self) -> None:
        """End everything this recording started."""
        self._cleanup.close()

    def _report(self) -> ThreadLog:
        stdout = self._watcher.popen.stdout
        assert stdout is not None
        try:
            return ThreadLog.parse(stdout.read())
        except ValueError as error:
            self._watcher.close()
            raise ToolFailed(self._watcher.argv, self._watcher.exit_code, str(error)) from error

    def _failure(self, when: str) -> CaptureError:
        """Say what py-spy said, as one of our errors."""
        pyspy = self._pyspy
        ended = pyspy.wait(1.0)
        code = pyspy.exit_code if ended else None
        pyspy.close()
        try:
            said = "\n".join(self._report().said)
        except ToolFailed:
            said = ""
        return explain(pyspy.argv, code, said, when, self._spec.pid)


def explain(
    argv: tuple[str, ...], code: int | None, said: str, when: str, pid: int
) -> CaptureError:
    """Translate py-spy's end into one of perfnb's errors."""
    errors = re.findall(r"^\s*((?:Error|Reason|thread).*)$", said, re.M)
    text = "; ".join(errors[-4:])
    inprocess = "or use `--backend inprocess`, which needs no permission"
    if re.search(r"permission denied|EPERM|operation not permitted", said, re.I):
        return PermissionRequired(
            f"process {pid}",
            "the system does not let py-spy read it",
            f"in a container add the capability SYS_PTRACE; on a desktop run "
            f"`sudo sysctl kernel.yama.ptrace_scope=0`; {inprocess}",
        )
    if re.search(
        r"no such process|process (has )?exited|ESRCH|check that the process is running", said, re.I
    ):
        return TargetExited(pid)
    if re.search(
        r"unsupported version of python|failed to find python version|python version", said, re.I
    ):
        return BackendUnavailable(
            "pyspy",
            f"py-spy {pyspy_version()} does not know the interpreter of process {pid}: {text}",
            f"upgrade py-spy, {inprocess}",
        )
    return ToolFailed(
        ("py-spy", *argv[1:]),
        code,
        f"{when}: {text}" if text else when,
        f"run the cell again, {inprocess}",
    )


def _arguments(spec: CaptureSpec, file: int) -> list[str]:
    options = [
        "record", "--pid", str(spec.pid), "--rate", f"{spec.rate:.0f}", "--duration", "unlimited",
        "--output", f"/proc/self/fd/{file}", "--threads", "--full-filenames",
        # Which threads ran is told by the thread watcher. Only --gil cannot be told from
        # outside; its format knows each sample but not its time.
        "--format", *(["speedscope", "--gil"] if spec.gil else ["chrometrace", "--idle"]),
    ]  # fmt: skip
    if spec.native:
        options.append("--native")
    if spec.subprocesses:
        options.append("--subprocesses")
    return options


def _log_filter(spec: CaptureSpec) -> str:
    """Return what py-spy is to log: one line when it stops the process, one when it lets it go."""
    # A line for each thread would lengthen the pause. Children are not known by number yet.
    thread = r"\d+" if spec.subprocesses else str(spec.pid)
    return (
        "py_spy=info,remoteprocess=debug/"
        rf"^(at|de)tached (to|from) thread {thread}$|^config Config|^Got virtual memory maps"
        "|^Failed"
    )


def _read_all(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        return stream.read()
