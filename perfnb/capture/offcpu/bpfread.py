"""Reads what the program of `bpfscript` printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_EVENT = re.compile(rb"\d+( \d+){4}")
# A stack that the kernel could not keep is empty.
_STACK = re.compile(rb"K (\d+)|@id\[\]: (\d+)|@id\[")
_STACK_END = re.compile(rb"\]: (\d+)")
_TASK = re.compile(rb"C (\d+) (\d+) (.*)")
_TIMED = re.compile(rb"([BNX]) (?:(\d+) )?(\d+)")
_LOST = re.compile(rb"Lost (\d+) events")
_OPEN = re.compile(rb"@o\[(\d+)\]: \((\d+), (\d+)\)")
_PID = re.compile(rb"@c\[(\d+)\]: (\d+)")
_SENT = re.compile(rb"@sent: (\d+)")
_COUNT = re.compile(rb"@n\[\d+\]: \d+")
_WOKEN = re.compile(rb"@w\[(\d+)\]: \((\d+), (\d+)\)")
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")
_OFFSET = re.compile(r"\+(?:0x)?[0-9a-f]+$")
_NEWLINE, _ZERO, _NINE = b"\n09"
_BETWEEN = np.frombuffer(b"    \n", np.uint8)


@dataclass(frozen=True, slots=True)
class Report:
    """What was printed, not yet put together.

    Attributes
    ----------
    events : int64, shape (n, 5)
        Of intervals: out, wake and in, in nanoseconds of the kernel's own clock; thread and
        waker as `bpfscript` packs them. Those still open at the end come last, 0 for `in`.
    open : int
        How many of them were still open.
    began : int
        When the program started, of the same clock.
    stacks : dict of int to tuple of str
        Kernel functions by id, innermost first.
    pids, comms : dict of int to int, and to str
        By tid.
    begun, ended : dict of int to int
        When threads began and ended, of those that did.
    lost : int
        How many lines there was no room for.
    """

    events: NDArray[np.int64]
    open: int
    began: int
    stacks: dict[int, tuple[str, ...]]
    pids: dict[int, int]
    comms: dict[int, str]
    begun: dict[int, int]
    ended: dict[int, int]
    lost: int


@dataclass(slots=True)
class _Words:
    """Everything but the intervals that ended."""

    began: int | None = None
    stacks: dict[int, tuple[str, ...]] = field(default_factory=dict)
    pids: dict[int, int] = field(default_factory=dict)
    comms: dict[int, str] = field(default_factory=dict)
    begun: dict[int, int] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    lost: int = 0
    sent: int = 0
    open: dict[int, tuple[int, int]] = field(default_factory=dict)
    woken: dict[int, tuple[int, int]] = field(default_factory=dict)

    def line(self, line: bytes) -> bool:
        """Take one line in; return whether it fits."""
        if found := _TASK.fullmatch(line):
            tid = int(found[1])
            self.pids[tid] = int(found[2])
            name = _ESCAPED.sub(lambda byte: bytes([int(byte[1], 16)]), found[3])
            self.comms[tid] = name.partition(b"\0")[0].decode("utf-8", "replace")
        elif found := _TIMED.fullmatch(line):
            if (found[1] == b"B") != (found[2] is None):
                return False
            if found[1] == b"B":
                self.began = int(found[3])
            else:
                times = self.begun if found[1] == b"N" else self.ended
                times[int(found[2])] = int(found[3])
        elif found := _LOST.fullmatch(line):
            self.lost += int(found[1])
        elif found := _OPEN.fullmatch(line):
            self.open[int(found[1])] = int(found[2]), int(found[3])
        elif found := _WOKEN.fullmatch(line):
            self.woken[int(found[1])] = int(found[2]), int(found[3])
        elif found := _PID.fullmatch(line):
            self.pids[int(found[1])] = int(found[2])
        elif found := _SENT.fullmatch(line):
            self.sent = int(found[1])
        elif line and not _COUNT.fullmatch(line):
            return line.startswith(b"Attaching ") and line.endswith(b" probes...")
        return True


def read(output: bytes, said: bytes = b"") -> Report:
    """Read what bpftrace wrote.

    Parameters
    ----------
    output : bytes
        Its output. A last line that is cut off is left out.
    said : bytes
        Its messages: newer versions tell there what was lost.

    Raises
    ------
    ValueError
        If there is anything else in it; the message names the line.
    """
    output = output[: output.rfind(b"\n") + 1]
    words = _Words(lost=sum(int(count) for count in _LOST.findall(said)))
    runs: list[bytes] = []
    for start, end, is_events in _runs(output):
        if is_events:
            runs.append(output[start:end])
        else:
            _take(words, output, start, end)
    if words.began is None:
        raise ValueError("line 1: it does not begin as the program does")
    events = _numbers(b"".join(runs), output)
    rows = [
        (out, *words.woken.get(tid, (0, 0)), thread) for tid, (out, thread) in words.open.items()
    ]
    left = np.array(rows, dtype=np.int64).reshape(-1, 4)
    tail = np.column_stack([left[:, :2], np.zeros(len(left), np.int64), left[:, 3], left[:, 2]])
    return Report(
        np.concatenate([events, tail]), len(tail), words.began, words.stacks, words.pids,
        words.comms, words.begun, words.ended, max(words.lost, words.sent - len(events)),
    )  # fmt: skip


def _runs(output: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield the parts of it that are lines of numbers only, and those that are not."""
    data = np.frombuffer(output, np.uint8)
    start = np.concatenate([[0], np.flatnonzero(data == _NEWLINE) + 1])[:-1]
    if not len(start):
        return
    first = data[start]
    events = (first >= _ZERO) & (first <= _NINE)
    at = np.concatenate([[0], np.flatnonzero(np.diff(events)) + 1])
    bound = [*start[at].tolist(), len(output)]
    for number, is_events in enumerate(events[at].tolist()):
        yield bound[number], bound[number + 1], is_events


def _take(words: _Words, output: bytes, start: int, end: int) -> None:
    lines = output[start:end].split(b"\n")[:-1]
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if found := _STACK.fullmatch(line):
            frames = []
            while number < len(lines) and lines[number].startswith((b" ", b"\t")):
                frames.append(_function(lines[number]))
                number += 1
            number_of = found[1] or found[2]
            if not number_of:
                # In the map, its number comes behind it, unless that is cut off.
                if number == len(lines) and end == len(output):
                    break
                line = lines[number] if number < len(lines) else b""
                behind = _STACK_END.fullmatch(line)
                number_of = behind[1] if behind else None
                number += 1
            if number_of:
                words.stacks.setdefault(int(number_of), tuple(frames))
                continue
        elif words.line(line):
            continue
        where = output.count(b"\n", 0, start) + number
        raise ValueError(f"line {where}: {line[:80].decode('utf-8', 'replace')!r}")


def _function(line: bytes) -> str:
    # The module that newer versions put after it is not a part of the name.
    name = line.decode("utf-8", "replace").strip().partition(" [")[0]
    return _OFFSET.sub("", name)


def _numbers(text: bytes, output: bytes) -> NDArray[np.int64]:
    if not text:
        return np.zeros((0, 5), dtype=np.int64)
    data = np.frombuffer(text, np.uint8)
    at = np.flatnonzero((data < _ZERO) | (data > _NINE))
    # Five numbers a line, one space between two of them, and nothing else.
    regular = len(at) % 5 == 0 and bool((np.diff(at, prepend=-1) > 1).all())
    if not regular or not (data[at].reshape(-1, 5) == _BETWEEN).all():
        for number, line in enumerate(output.split(b"\n"), 1):
            if line[:1].isdigit() and not _EVENT.fullmatch(line):
                raise ValueError(f"line {number}: {line[:80].decode('utf-8', 'replace')!r}")
    numbers = np.fromstring(text.decode("ascii"), np.int64, sep=" ")
    if len(numbers) != len(at) or (numbers == np.iinfo(np.int64).max).any():
        raise ValueError("line 1: numbers that are too large")
    return numbers.reshape(-1, 5)
