"""What the tasks of asyncio's event loops await, looked at from a thread of ours.

While a loop has nothing to run its thread sleeps in a selector, whatever its tasks wait for.
What each of them waits for is read here from the coroutines that they are suspended in.
Nothing is patched, and no task, future or coroutine is kept alive.
"""

from __future__ import annotations

import random
import sys
import threading
import time
import weakref
from array import array
from asyncio import tasks as _tasks
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.coroutines import AwaitFrame, Chains
from perfnb.capture.offcpu.reasons import Reason

MOST_OF_THE_TIME: Final = 0.03
"""The share of one CPU that looking may take; with very many tasks it is done less often."""

_PURGE_EVERY = 256


class Task(NamedTuple):
    """A task that was seen: its name, its coroutine's, and its loop's thread (0: unknown)."""

    name: str
    coroutine: str
    thread: int


@dataclass(frozen=True, slots=True, eq=False)
class TaskLooks:
    """What was seen, a row for each await, however often it was looked at.

    Attributes
    ----------
    time, end : int64, shape (looks,)
        When a look began and ended, CLOCK_MONOTONIC ns.
    due : int64, shape (looks,)
        When it should have begun: the thread looks late if the GIL is not free.
    task, chain : int32, shape (awaits,)
        Which task waited, and in what.
    first, last : int32, shape (awaits,)
        The first and the last look that saw it; it was seen in all between too.
    since, until : int64, shape (awaits,)
        When it began and is to end, CLOCK_MONOTONIC ns, where that is known (`asyncio.sleep`);
        else 0.
    tasks : tuple of Task
        No two tasks share a number.
    chains : tuple of tuple of AwaitFrame
        Suspended functions, from the task's coroutine inwards.
    reasons : tuple of Reason
        What each chain waits for.
    cpu_s : float
        What looking cost.
    """

    time: NDArray[np.int64]
    end: NDArray[np.int64]
    due: NDArray[np.int64]
    task: NDArray[np.int32]
    chain: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    since: NDArray[np.int64]
    until: NDArray[np.int64]
    tasks: tuple[Task, ...] = ()
    chains: tuple[tuple[AwaitFrame, ...], ...] = ()
    reasons: tuple[Reason, ...] = ()
    cpu_s: float = 0.0


class _Seen:
    """A task, and the await that it was last seen in."""

    __slots__ = ("last", "number", "row", "task", "thread", "waiter")

    def __init__(self, task: weakref.ref[Any], number: int, thread: int) -> None:
        self.task, self.number, self.thread = task, number, thread
        self.waiter: weakref.ref[Any] | None = None
        self.row = self.last = -2


class TaskWatch:
    """Looks at all tasks that wait, from a thread of its own.

    Parameters
    ----------
    rate : float
        Looks in a second, at uneven intervals; fewer if one takes long.
    """

    def __init__(self, rate: float) -> None:
        self._period = 1 / rate
        # A bare lock: to wait for an event costs as much again as a look.
        self._done = threading.Lock()
        self._done.acquire()
        self._thread: threading.Thread | None = None
        self._result: TaskLooks | None = None
        self._error: BaseException | None = None
        self._looks = array("q")
        self._rows = array("q")
        self._seen: dict[int, _Seen] = {}
        self._tasks: list[Task] = []
        self._chains = Chains()
        self._cpu_ns = 0

    @staticmethod
    def possible() -> bool:
        """Return whether another thread's coroutines can be read safely here."""
        # python/cpython#152355, see `perfnb.capture.inprocess`; 3.14 keeps its tasks elsewhere.
        return getattr(sys, "_is_gil_enabled", lambda: True)() and sys.version_info < (3, 14)

    def start(self) -> None:
        """Begin to look; where that is not `possible`, nothing will be seen."""
        if self.possible():
            self._thread = threading.Thread(target=self._run, name="perfnb-tasks", daemon=True)
            self._thread.start()

    @property
    def native_id(self) -> int:
        """The number of our thread; 0 if there is none."""
        return (self._thread.native_id or 0) if self._thread else 0

    def stop(self) -> TaskLooks:
        """End the thread and return what it saw; what made it fail is raised here."""
        self.abort()
        if self._error is not None:
            raise self._error
        if self._result is None:
            self._result = self._report()
            self._seen.clear()
        return self._result

    def abort(self) -> None:
        """End the thread."""
        if self._done.locked():
            self._done.release()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            chance = random.Random()
            due = time.monotonic()
            used = 0
            while True:
                # Uneven, so as not to fall into step with the program; none is made up for.
                now = time.monotonic()
                pause = self._period * chance.uniform(0.5, 1.5)
                due = max(due + pause, now, now + used / 1e9 / MOST_OF_THE_TIME)
                if self._done.acquire(timeout=due - now):
                    break
                began, before = time.monotonic_ns(), time.thread_time_ns()
                self._look(len(self._looks) // 3)
                self._looks.extend((began, time.monotonic_ns(), int(due * 1e9)))
                used = time.thread_time_ns() - before
        except BaseException as error:
            self._error = error
        finally:
            self._cpu_ns = time.thread_time_ns()

    def _look(self, look: int) -> None:
        threads: dict[int, int] = {}
        for task_ref in _references():
            # One at a time: were ours the last reference, the program's coroutine would be closed
            # in this thread.
            task = task_ref()
            if task is None:
                continue
            try:
                self._look_at(task, look, threads)
            except AttributeError:
                # A task of somebody else's making.
                continue
            finally:
                del task
        if look % _PURGE_EVERY == 0:
            self._seen = {key: seen for key, seen in self._seen.items() if seen.task() is not None}

    def _look_at(self, task: Any, look: int, threads: dict[int, int]) -> None:
        # A task that is about to run, or that runs, awaits nothing that is not done. Tasks that
        # are in an eager first step are run by their loop, so its set of those is not needed.
        waiter = task._fut_waiter
        if waiter is None or waiter.done():
            return
        loop = task.get_loop()
        thread = threads.get(id(loop))
        if thread is None:
            thread = threads[id(loop)] = _thread_of(loop)
        if thread < 0:
            return
        seen = self._seen.get(id(task))
        if seen is None or seen.task() is not task or seen.thread != thread:
            coroutine = getattr(task.get_coro(), "__qualname__", "")
            seen = self._seen[id(task)] = _Seen(weakref.ref(task), len(self._tasks), thread)
            self._tasks.append(Task(task.get_name(), coroutine, thread))
        if seen.waiter is not None and seen.waiter() is waiter and seen.last == look - 1:
            # The same future is awaited, so the coroutines have not moved either.
            self._rows[seen.row + 3] = seen.last = look
            return
        found = self._chains.of(task, waiter, loop)
        if found is None:
            return
        seen.row, seen.last = len(self._rows), look
        self._rows.extend((seen.number, found[0], look, look, *found[1:]))
        try:
            seen.waiter = weakref.ref(waiter)
        except TypeError:
            seen.waiter = None

    def _report(self) -> TaskLooks:
        looks = np.array(self._looks, dtype=np.int64).reshape(-1, 3).T
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 6).T
        chains, reasons = self._chains.report()
        small = [np.ascontiguousarray(column, dtype=np.int32) for column in rows[:4]]
        since, until = (np.ascontiguousarray(column) for column in rows[4:])
        began, ended, due = (np.ascontiguousarray(column) for column in looks)
        return TaskLooks(
            began, ended, due, small[0], small[1], small[2], small[3], since, until,
            tuple(self._tasks), chains, reasons, self._cpu_ns / 1e9,
        )  # fmt: skip


def _references() -> list[weakref.ref[Any]]:
    """Return a weak reference to every task that is not done."""
    known = _tasks._all_tasks if sys.version_info < (3, 12) else _tasks._scheduled_tasks  # type: ignore[attr-defined]
    # Copying the set of references is one step under the GIL. Looping over the WeakSet is not,
    # and fails if the loop makes a task meanwhile.
    return list(known.data)


def _thread_of(loop: Any) -> int:
    """Return the native id of the thread that runs the loop, 0 if unknown, −1 if none does."""
    ident = getattr(loop, "_thread_id", None)
    if ident is None:
        return 0 if loop.is_running() else -1
    # Not threading.enumerate(): it takes a lock that a stopped thread may hold.
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return (thread.native_id or 0) if thread else 0
