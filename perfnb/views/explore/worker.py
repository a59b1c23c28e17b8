"""Long work beside the kernel's own: one piece at a time, the newest question of a kind first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

Job = Callable[["Task"], None]


class Superseded(Exception):
    """A newer question has taken the place of the one that is worked at."""


class Task:
    """One piece of work, which looks from time to time whether anybody still waits for it."""

    def __init__(self, kind: Hashable, job: Job) -> None:
        self.kind, self.job = kind, job
        self._ended = threading.Event()

    def end(self) -> None:
        """Say that nobody waits for it any more."""
        self._ended.set()

    def check(self) -> None:
        """Raise `Superseded` if nobody waits any more."""
        if self._ended.is_set():
            raise Superseded


class Worker:
    """A thread that works while there is something to do, and is gone when there is not."""

    def __init__(self, name: str = "perfnb-explore") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Hashable, Task] = OrderedDict()
        self._now: Task | None = None
        self._thread: threading.Thread | None = None

    def submit(self, kind: Hashable, job: Job) -> Task:
        """Do this soon, in place of what there is to do of the same kind.

        Parameters
        ----------
        kind : hashable
            What it takes the place of.
        job : callable
            Gets its task. What it raises, but for `Superseded`, is its own affair.
        """
        task = Task(kind, job)
        with self._lock:
            old = self._waiting.pop(kind, None)
            if old is not None:
                old.end()
            if self._now is not None and self._now.kind == kind:
                self._now.end()
            self._waiting[kind] = task
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
        return task

    def stop(self) -> None:
        """Forget what is waiting, and end what is done as soon as it looks."""
        with self._lock:
            self._waiting.clear()
            if self._now is not None:
                self._now.end()

    def join(self, timeout: float | None = None) -> None:
        """Wait until there is nothing to do."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._now = self._thread = None
                    return
                _, task = self._waiting.popitem(last=False)
                self._now = task
            _do(task)


def _do(task: Task) -> Any:
    try:
        task.check()
        task.job(task)
    except Superseded:
        pass
