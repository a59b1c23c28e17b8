"""The backends for what threads wait for: one for each level of exactness."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from abc import ABC, abstractmethod
from typing import ClassVar

from perfnb.capture.base import Availability, CaptureSpec
from perfnb.capture.offcpu import bpftrace, perf
from perfnb.capture.offcpu.build import build_waits
from perfnb.capture.offcpu.kerneltimeline import KernelTimeline
from perfnb.capture.offcpu.tasks import TaskLooks, TaskWatch
from perfnb.capture.offcpu.timeline import SwitchTimeline, Timeline, WatchTimeline
from perfnb.capture.offcpu.watch import WaitWatch
from perfnb.capture.offcpu.watched import Watched
from perfnb.capture.process import family
from perfnb.capture.pyspy import PySpyBackend
from perfnb.model import Profile


class _Joined(ABC):
    """py-spy's stacks and what the kernel knows, joined on one clock."""

    name: ClassVar[str]
    tool: ClassVar[str]

    def __init__(self) -> None:
        self._spy = PySpyBackend()
        self._watch = WaitWatch()
        self._tasks: TaskWatch | None = None
        self._cleanup = contextlib.ExitStack()

    @classmethod
    def availability(cls, spec: CaptureSpec) -> Availability:
        """Say whether this level is permitted here, for the process."""
        of_stacks = PySpyBackend.availability(spec)
        return of_stacks if not of_stacks.ok else cls._permitted(spec)

    @classmethod
    @abstractmethod
    def _permitted(cls, spec: CaptureSpec) -> Availability: ...

    @abstractmethod
    def _begin(self, spec: CaptureSpec) -> None:
        """Begin to record what the kernel knows."""

    @abstractmethod
    def _end(self, watched: Watched) -> tuple[Timeline, float]:
        """End that, and return it and the CPU seconds that it cost."""

    def start(self, spec: CaptureSpec) -> None:
        """Begin. See `Backend.start`."""
        try:
            if spec.pid == os.getpid() and spec.kind == "offcpu" and "asyncio" in sys.modules:
                self._tasks = TaskWatch(max(spec.rate, _LEAST_LOOKS))
                self._cleanup.callback(self._tasks.abort)
                self._tasks.start()
            self._cleanup.callback(self._spy.abort)
            self._spy.start(spec)
            self._begin(spec)
            # What it counts is compared with switches: they have to be recorded by then.
            self._cleanup.callback(self._watch.abort)
            self._watch.start(spec.pid)
        except BaseException:
            self.abort()
            raise
        self._spy.begin_now()

    def stop(self) -> Profile:
        """End, and return the profile. See `Backend.stop`."""
        ended = time.monotonic_ns()
        try:
            watched = self._watch.stop()
            timeline, cpu_s = self._end(watched)
            recording = self._spy.collect(ended)
            looks, note = self._awaited()
        finally:
            self.abort()
        ours = [*self._spy.pids, *([self._tasks.native_id] if self._tasks else [])]
        profile = build_waits(recording, timeline, f"{self.tool} + py-spy", looks, ours)
        spent = (profile.metadata.profiler_cpu_s or 0.0) + cpu_s + watched.cpu_s
        spent += looks.cpu_s if looks else 0.0
        notes = (*profile.metadata.notes, *note)
        return profile.with_metadata(profiler_cpu_s=spent, notes=notes)

    def _awaited(self) -> tuple[TaskLooks | None, tuple[str, ...]]:
        """Return what tasks awaited; if that failed, why: the recording is no worse for it."""
        if self._tasks is None:
            return None, ()
        try:
            return self._tasks.stop(), ()
        except Exception as error:
            return None, (f"what tasks awaited is not known: {error!r}",)

    def abort(self) -> None:
        """End everything without a profile."""
        self._cleanup.close()


_LEAST_LOOKS = 200.0
"""At tasks, in a second."""

_ALONE = Availability(False, "it cannot do --subprocesses", "use --backend perf")


class BpftraceBackend(_Joined):
    """Every wait with its kernel stack and who ended it; needs privileges."""

    name = "bpftrace"
    tool = "bpftrace"

    @classmethod
    def _permitted(cls, spec: CaptureSpec) -> Availability:
        return _ALONE if spec.subprocesses else bpftrace.availability(spec.pid)

    def _begin(self, spec: CaptureSpec) -> None:
        self._waits = bpftrace.BpfWaits()
        self._cleanup.callback(self._waits.abort)
        self._waits.start(spec.pid)

    def _end(self, watched: Watched) -> tuple[Timeline, float]:
        waits = self._waits.stop()
        return KernelTimeline(waits, watched), waits.cpu_s


class PerfBackend(_Joined):
    """Every context switch, from perf; no privilege is needed for one's own processes."""

    name = "perf"
    tool = "perf"

    @classmethod
    def _permitted(cls, spec: CaptureSpec) -> Availability:
        return perf.availability(spec.pid)

    def _begin(self, spec: CaptureSpec) -> None:
        self._switches = perf.PerfSwitches()
        self._cleanup.callback(self._switches.abort)
        self._switches.start(family(spec.pid) if spec.subprocesses else [spec.pid])

    def _end(self, watched: Watched) -> tuple[Timeline, float]:
        switches = self._switches.stop()
        return SwitchTimeline(switches, watched, self._switches.full), self._switches.cpu_s


class ProcBackend(_Joined):
    """What /proc tells: it works for everyone on Linux."""

    name = "proc"
    tool = "/proc"

    @classmethod
    def _permitted(cls, spec: CaptureSpec) -> Availability:
        return _ALONE if spec.subprocesses else Availability(True)

    def _begin(self, spec: CaptureSpec) -> None:
        pass

    def _end(self, watched: Watched) -> tuple[Timeline, float]:
        return WatchTimeline(watched), 0.0
