"""A made-up thread: what it does, what py-spy does to it, and the switches of both."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from perfnb.capture.offcpu.stops import ThreadStops
from perfnb.capture.perfstream import IN, OUT, PREEMPTED

US, MS = 1_000, 1_000_000
RUN, WAIT, QUEUE = "run", "wait", "queue"
# As measured: woken by the signal, standing still, and going back to the wait.
_SIGNAL, _BACK, _HELD = 3 * US, 4 * US, 200 * US


@dataclass
class MadeUp:
    """What a thread did by itself: (what, nanoseconds, stack), one after the other."""

    steps: list[tuple[str, int, int]]
    start: int = 1000 * MS
    stops: list[int] = field(default_factory=list)
    events: list[tuple[int, int]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    still: list[int] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    truth: dict[tuple[str, int], int] = field(default_factory=dict)
    held: int = 0
    end: int = 0

    def play(self) -> MadeUp:
        """Let it happen: stops are asked for at the given times after the start."""
        now, waiting = self.start, sorted(self.stops)
        for i, (what, length, stack) in enumerate(self.steps):
            left = length
            if i:
                self._switch(now, self.steps[i - 1][0], what)
            while left > 0:
                stop = waiting[0] + self.start if waiting else None
                if stop is not None and stop < now:
                    # It could not be asked while it was held.
                    waiting.pop(0)
                    continue
                if stop is None or stop >= now + left or what == QUEUE:
                    now += left
                    self._spent(what, stack, left)
                    left = 0
                    continue
                waiting.pop(0)
                self._spent(what, stack, stop - now)
                left -= stop - now
                now = self._stopped(stop, what, stack)
                if what == WAIT:
                    # The wait goes on as if nothing had happened, if it is not over by then.
                    passed = now - stop
                    self._spent(what, stack, min(passed, max(left, 0)))
                    left -= passed
        self.end = now
        return self

    def _spent(self, what: str, stack: int, length: int) -> None:
        self.truth[what, stack] = self.truth.get((what, stack), 0) + length

    def _switch(self, now: int, before: str, what: str) -> None:
        if before == what == RUN:
            return
        if RUN not in (before, what):
            # Between two waits there is a moment on a CPU.
            self.events.append((now, IN))
        self.events.append((now, {RUN: IN, WAIT: OUT, QUEUE: PREEMPTED}[what]))

    def _stopped(self, now: int, what: str, stack: int) -> int:
        # That is told as a time before which it was not asked.
        self.asked.append(now - 10 * US)
        self.stack.append(stack)
        if what == WAIT:
            self.events += [(now, IN), (now + _SIGNAL, OUT)]
            now += _SIGNAL
        else:
            self.events.append((now, OUT))
        self.still.append(now + _HELD // 2)
        self.events.append((now + _HELD, IN))
        now += _HELD
        if what == WAIT:
            self.events.append((now + _BACK, OUT))
            return now + _BACK
        self.held += _HELD
        return now

    @property
    def switches(self) -> tuple[np.ndarray, np.ndarray]:
        """Times and kinds."""
        time, what = zip(*self.events, strict=True) if self.events else ((), ())
        return np.array(time, dtype=np.int64), np.array(what, dtype=np.uint8)

    @property
    def thread_stops(self) -> ThreadStops:
        """What is known of the stops."""
        columns = (self.asked, self.still, self.stack)
        return ThreadStops(*(np.array(column, dtype=np.int64) for column in columns))

    @property
    def window(self) -> tuple[int, int]:
        """From its first moment to its last."""
        return self.start, self.end
