"""What a task is suspended in, from its coroutine inwards, and what that waits for."""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import time
from asyncio import tasks as _tasks
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, Final, NamedTuple

from perfnb.capture.names import module_of
from perfnb.capture.offcpu.reasons import Reason

# What is suspended deeper than this is cut at its leaf.
_DEEPEST = 500


class AwaitFrame(NamedTuple):
    """A suspended function: its qualified name, and the line that it awaits in."""

    name: str
    file: str
    line: int
    module: str


class Chains:
    """The different chains, a number each."""

    def __init__(self) -> None:
        self._stacks: dict[tuple[int, CodeType, int], int] = {}
        self._chains: dict[tuple[int, Reason], int] = {}
        self._waits: dict[CodeType, Reason | None] = {}

    def of(self, task: Any, waiter: Any, loop: Any) -> tuple[int, int, int] | None:
        """Return the number of what a task is suspended in, and when that began and will end.

        None if it is not suspended after all.
        """
        frames = suspended(task.get_coro())
        if not frames:
            return None
        stack, stacks = -1, self._stacks
        for frame in frames:
            stack = stacks.setdefault((stack, frame.f_code, frame.f_lineno or 0), len(stacks))
        reason = self._reason(frames, waiter)
        since = until = 0
        if reason is SLEEP and frames[-1].f_code.co_name == "sleep":
            since, until = _sleep(frames[-1], loop)
        return self._chains.setdefault((stack, reason), len(self._chains)), since, until

    def _reason(self, frames: list[FrameType], waiter: Any) -> Reason:
        # The outermost of asyncio's own functions knows best: `Queue.join` waits for an event.
        best = None
        for frame in reversed(frames):
            code = frame.f_code
            if not code.co_filename.startswith(_ASYNCIO):
                break
            if code not in self._waits:
                self._waits[code] = _of_function(code)
            best = self._waits[code] or best
        return best or _of_future(waiter)

    def report(self) -> tuple[tuple[tuple[AwaitFrame, ...], ...], tuple[Reason, ...]]:
        """Return all chains, and the reason of each."""
        roots = tuple(sys.path)
        whole: list[tuple[AwaitFrame, ...]] = []
        for parent, code, line in self._stacks:
            file = code.co_filename
            frame = AwaitFrame(code.co_qualname, file, line, module_of(file, roots))
            whole.append((*(whole[parent] if parent >= 0 else ()), frame))
        chains = tuple(whole[stack] for stack, _ in self._chains)
        return chains, tuple(reason for _, reason in self._chains)


def suspended(coroutine: Any) -> list[FrameType]:
    """Return the frames that a coroutine is suspended in, its own first; none if it runs.

    Generators and asynchronous generators on the way are followed, and the opaque objects
    that ``__await__`` and ``asend`` make.
    """
    frames: list[FrameType] = []
    while len(frames) < _DEEPEST:
        kind = type(coroutine)
        if kind is CoroutineType:
            frame, inner = coroutine.cr_frame, coroutine.cr_await
            if coroutine.cr_running:
                return []
        elif kind is GeneratorType:
            frame, inner = coroutine.gi_frame, coroutine.gi_yieldfrom
        elif kind is AsyncGeneratorType:
            # It counts as running as long as somebody waits for its next item.
            frame, inner = coroutine.ag_frame, coroutine.ag_await
        elif kind.__name__ in _WRAPPERS:
            kinds = (CoroutineType, GeneratorType, AsyncGeneratorType)
            inside = [one for one in gc.get_referents(coroutine) if type(one) in kinds]
            if not inside:
                break
            coroutine = inside[0]
            continue
        else:
            break
        if frame is None:
            break
        frames.append(frame)
        coroutine = inner
    return frames


_WRAPPERS: Final = frozenset(
    ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable")
)


def _sleep(frame: FrameType, loop: Any) -> tuple[int, int]:
    """Return when an `asyncio.sleep` began and will end, (0, 0) if that cannot be told."""
    variables = frame.f_locals
    timer, delay = variables.get("h"), variables.get("delay")
    if timer is None or not isinstance(delay, int | float):
        return 0, 0
    until = timer.when()
    now = time.monotonic()
    # A loop may have a clock of its own.
    if not until - delay <= now <= until + 1 or abs(loop.time() - now) > 1e-3:
        return 0, 0
    return int((until - delay) * 1e9), int(until * 1e9)


SLEEP, TASK, TASKS = Reason("[sleep]"), Reason("[task]"), Reason("[tasks]")
EXECUTOR, CHILD, AWAIT = Reason("[executor]"), Reason("[child process]"), Reason("[await]")
RECEIVE, SEND = Reason("[socket receive]"), Reason("[socket send]")

_ASYNCIO = str(Path(asyncio.__file__).parent) + "/"

# Coroutine functions of asyncio, of 3.11 to 3.13, by their qualified names.
_FUNCTIONS: Final = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"sleep$", SLEEP),
        (r"Lock\.", Reason("[lock]")),
        (r"Event\.", Reason("[event]")),
        (r"Condition\.", Reason("[condition]")),
        (r"(Bounded)?Semaphore\.", Reason("[semaphore]")),
        (r"Barrier\.", Reason("[barrier]")),
        (r"\w*Queue\.", Reason("[queue]")),
        (r"StreamReader\.|\w+\.sock_recv", RECEIVE),
        (r"StreamWriter\.|\w+\._drain_helper|\w+\._?sock_send|\w+\._sendfile", SEND),
        (r"\w+\._?sock_connect|\w+\._connect_sock|\w+\.create_connection|open_\w*connection$",
         Reason("[socket connect]")),
        (r"\w+\.sock_accept|Server\.serve_forever", Reason("[socket accept]")),
        (r"\w+\.(getaddrinfo|getnameinfo|_ensure_resolved)", Reason("[name lookup]")),
        (r"to_thread$|\w+\.shutdown_default_executor", EXECUTOR),
        (r"Process\.|BaseSubprocessTransport\.|\w+\._make_subprocess_transport"
         r"|create_subprocess_", CHILD),
        (r"TaskGroup\.|_?wait$|as_completed|_AsCompletedIterator|_cancel_and_wait$", TASKS),
    )
)  # fmt: skip


def _of_function(code: CodeType) -> Reason | None:
    return next((why for pattern, why in _FUNCTIONS if pattern.match(code.co_qualname)), None)


def _of_future(waiter: Any) -> Reason:
    """Return what a future stands for that is awaited by a function that says nothing of it."""
    if asyncio.isfuture(waiter) and isinstance(waiter, asyncio.Task):
        name = getattr(waiter.get_coro(), "__qualname__", "")
        return Reason(f"[task {name}]") if name else TASK
    if isinstance(waiter, _tasks._GatheringFuture):  # type: ignore[attr-defined]
        return TASKS
    for callback, *_ in getattr(waiter, "_callbacks", None) or ():
        name = getattr(callback, "__qualname__", "")
        if name.startswith("_chain_future."):
            return EXECUTOR
        if name.startswith("shield."):
            return TASK
    return AWAIT
