"""What austin's two formats have in common: frames, threads, metrics and metadata."""

from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np

from perfnb.formats.source import Source
from perfnb.model import Label, Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import STATES, frozen
from perfnb.units import ValueType

WALL = ValueType("wall", "ns")
ON_CPU = ValueType("on-CPU", "ns")
MEMORY = ValueType("memory", "bytes")
_MODES = {"wall": (WALL,), "cpu": (ON_CPU,), "memory": (MEMORY,), "full": (WALL, ON_CPU, MEMORY)}
_MEMORY_NOTE = (
    "Memory is what the resident size of the process changed by between two samples, "
    "put down to the thread that held the GIL."
)
_SPECIAL = ("GC", "INVALID")
_LARGEST = 2**31 - 1
_US = 1_000


class Recording:
    """Collects the samples of one file.

    A sample's metrics are kept as austin counts them: microseconds and bytes.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.told: dict[str, str] = {}
        self._builder = ProfileBuilder(WALL)
        self._native: set[int] = set()
        self._stack, self._thread, self._label = array("i"), array("i"), array("i")
        self._time, self._memory, self._idle = array("q"), array("q"), array("b")

    @property
    def mode(self) -> str:
        """What austin measured, by its own name for that."""
        mode = self.told.get("mode", "wall")
        return mode if mode in _MODES else "wall"

    def frame(self, file: str, name: str, line: int) -> int:
        """Return the row of a frame."""
        if not file and name in _SPECIAL:
            return self._builder.frame(name, kind="synthetic")
        if file == "kernel":
            return self._builder.frame(name, kind="kernel")
        if file.startswith("native@"):
            # No file but an address, and an offset for its line: both differ within a function.
            row = self._builder.frame(name, kind="native")
            self._native.add(row)
            return row
        line = min(max(line, 0), _LARGEST)
        if not file or file.endswith((".py", ".pyw", ".ipy")) or file[0] + file[-1] == "<>":
            return self._builder.frame(name, file, line)
        row = self._builder.frame(name, file, line, kind="native")
        self._native.add(row)
        return row

    def is_native(self, frame: int) -> bool:
        """Return whether the frame with this row is of compiled code."""
        return frame in self._native

    def push(self, stack: int, frame: int) -> int:
        """Return the row of `stack` with `frame` called from its leaf."""
        return self._builder.push(stack, frame)

    def thread(self, pid: int, tid: int, interpreter: int = 0) -> tuple[int, int]:
        """Return the rows of a thread and of its label, which names an interpreter not the main."""
        label = [Label("interpreter", interpreter)] if interpreter else []
        return self._builder.thread(Thread(pid, tid)), self._builder.labels(label)

    def sample(
        self, stack: int, thread: tuple[int, int], time: int, memory: int = 0, idle: bool = False
    ) -> None:
        """Add a sample.

        Raises
        ------
        OverflowError
            If a number does not fit 64 bits.
        """
        self._time.append(time)
        self._memory.append(memory)
        self._stack.append(stack)
        self._thread.append(thread[0])
        self._label.append(thread[1])
        self._idle.append(idle)

    def profiles(self) -> dict[str, Profile]:
        """Return the profiles, one of each metric.

        Raises
        ------
        MalformedProfile
            If the metrics of all samples do not fit 64 bits together.
        """
        tables, metadata = self._builder.tables(), self._metadata()
        time, memory = np.array(self._time, np.int64), np.array(self._memory, np.int64)
        for values, factor in ((time, _US), (memory, 1)):
            if np.abs(values.astype(np.float64)).sum() * factor >= 2**63:
                raise self.source.malformed("the whole", "numbers too large to be added up")
        idle = np.array(self._idle, bool)
        state = frozen(np.where(idle, STATES.index("off-CPU"), STATES.index("on-CPU")), np.uint8)
        samples = Samples(
            frozen(self._stack, np.int32),
            frozen(self._thread, np.int32),
            frozen(time * _US, np.int64),
            state=state if self.mode == "full" else None,
            label=frozen(self._label, np.int32) if tables.labels else None,
        )
        found = {}
        for value in _MODES[self.mode]:
            chosen = samples
            if value is ON_CPU:
                chosen = samples.take(np.flatnonzero(~idle))
            elif value is MEMORY:
                rows = np.flatnonzero(memory)
                chosen = replace(samples.take(rows), weight=frozen(memory[rows], np.int64))
            found[value.kind] = Profile(value, tables, chosen, metadata)
        return found

    def _metadata(self) -> Metadata:
        told = self.told
        interval = _number(told.get("interval", ""))
        return Metadata(
            backend="austin",
            backend_version=told.get("austin", "")[:100],
            rate_asked=1e6 / interval if interval else None,
            # "errors: 2/60" is what could not be read, "saturation: 1/60" what came late.
            missed=_number(told.get("errors", "").partition("/")[0]),
            late=_number(told.get("saturation", "").partition("/")[0]),
            notes=(_MEMORY_NOTE,) if MEMORY in _MODES[self.mode] else (),
            extra=dict(told),
        )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
