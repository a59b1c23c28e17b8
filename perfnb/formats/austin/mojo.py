"""MOJO, austin's binary format, versions 1 to 4.

After ``MOJ`` and the version comes one event after the other: a byte that tells which, then
numbers of variable length and strings that end with a zero. Frames and strings have keys,
which are those of the process whose stack is being told.
"""

from __future__ import annotations

import re
from typing import Final

from perfnb.errors import UnsupportedVersion
from perfnb.formats.austin.samples import Recording

MAGIC: Final = b"MOJ"
_NEWEST = 4
_NUMBER = rb"([\x80-\xff]{0,10}[\x00-\x7f])"
_STRING = rb"([^\x00]*)\x00"
_TID = re.compile(rb"[\da-fA-F]{1,16}")
_LARGEST: Final = 2**63
_UNKNOWN: Final = 1
"""The key of a name that could not be read."""
_REFERENCE = re.compile(b"\x05" + _NUMBER)
_EVENTS: Final = {
    1: ("metadata", _STRING + _STRING),
    2: ("stack", _NUMBER + _NUMBER + _STRING),
    3: ("frame", _NUMBER * 7),
    4: ("invalid", b""),
    # Those of a whole stack at once: most stacks were there before.
    5: ("references", b"(" + _NUMBER[1:-1] + b"(?:\x05" + _NUMBER[1:-1] + b")*+)"),
    6: ("kernel", _STRING),
    7: ("gc", b""),
    8: ("idle", b""),
    9: ("time", _NUMBER),
    10: ("memory", _NUMBER),
    11: ("string", _NUMBER + _STRING),
    12: ("string_reference", _NUMBER),
    13: ("repeat", b""),
}
_OLD: Final = {1: {2: _NUMBER + _STRING, 3: _NUMBER * 4}, 2: {2: _NUMBER + _STRING}}


def number(data: bytes) -> int:
    """Return the number that `data` is: 6 bits and a sign in the first byte, then 7 in each."""
    first = data[0]
    value, shift = first & 0x3F, 6
    for byte in data[1:]:
        value |= (byte & 0x7F) << shift
        shift += 7
    return -value if first & 0x40 else value


def read(data: bytes, recording: Recording) -> None:
    """Add the samples of a whole file to `recording`.

    Raises
    ------
    MalformedProfile
        If an event is unknown, ends early or refers to what was not told before.
    UnsupportedVersion
        If the version is none of those known.
    """
    malformed = recording.source.malformed
    version = re.compile(_NUMBER, re.DOTALL).match(data, len(MAGIC))
    if version is None:
        raise malformed(f"byte {len(MAGIC)}", "no version")
    if not 1 <= (told := number(version[1])) <= _NEWEST:
        name = recording.source.name
        raise UnsupportedVersion(name, f"{told} of MOJO", f"1 to {_NEWEST}")
    stream = _Stream(recording)
    events = {
        code: (re.compile(_OLD.get(told, {}).get(code, shape), re.DOTALL), getattr(stream, name))
        for code, (name, shape) in _EVENTS.items()
    }
    at, end = version.end(), len(data)
    while at < end:
        code = data[at]
        if code not in events:
            raise malformed(f"byte {at}", f"event {code}, which MOJO {told} does not have")
        shape, take = events[code]
        if (event := shape.match(data, at + 1)) is None:
            raise malformed(f"byte {at}", f"an event ({_EVENTS[code][0]}) that is not whole")
        if stream.thread is None and code > 2:
            raise malformed(f"byte {at}", f"an event ({_EVENTS[code][0]}) outside of a stack")
        try:
            take(*event.groups())
        except KeyError as error:
            raise malformed(f"byte {at}", f"no frame or string {error} was told") from error
        except (ValueError, OverflowError) as error:
            raise malformed(f"byte {at}", str(error)) from error
        at = event.end()
    if stream.thread is not None and not stream.measured:
        raise malformed(f"byte {end}", "the file ends within a stack")
    stream.finish()


class _Process:
    """What keys mean in one process."""

    def __init__(self) -> None:
        self.strings: dict[int, str] = {}
        self.frames: dict[int, int] = {}
        self.runs: dict[bytes, int] = {}


class _Stream:
    """What the events up to here have told; a method for each of them."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.processes: dict[int, _Process] = {}
        self.process = _Process()
        self.thread: tuple[int, int] | None = None
        self.measured = False
        self._last: dict[tuple[int, int], int] = {}
        self._parent: dict[int, tuple[int, int]] = {}
        self._runs: list[list[int]] = []
        self._singles: dict[int, int] = {}
        self._stacks: dict[tuple[int, int], int] = {}
        self._begin()

    def _begin(self) -> None:
        self._base = -1
        self._parts: list[int] = []
        self._time = self._memory = 0
        self._idle = self.measured = False

    def finish(self) -> None:
        """Add the sample that the events since the last `stack` make up."""
        if self.thread is None:
            return
        row = self._base
        for part in self._parts:
            if (found := self._stacks.get((row, part))) is None:
                found = row
                for frame in self._runs[part]:
                    above, found = found, self.recording.push(found, frame)
                    self._parent[found] = above, frame
                self._stacks[row, part] = found
            row = found
        self._last[self.thread] = row
        self.recording.sample(row, self.thread, self._time, self._memory, self._idle)
        self._begin()

    def metadata(self, key: bytes, value: bytes) -> None:
        self.recording.told[_text(key)] = _text(value)

    def stack(self, *parts: bytes) -> None:
        self.finish()
        pid = number(parts[0])
        interpreter = number(parts[1]) if len(parts) == 3 else 0
        if not _TID.fullmatch(parts[-1]):
            raise ValueError("a thread that is not told by a hexadecimal number")
        tid = int(parts[-1], 16)
        if not (abs(pid) < _LARGEST and abs(interpreter) < _LARGEST and tid < _LARGEST):
            raise ValueError("a process, interpreter or thread with too large a number")
        self.process = self.processes.setdefault(pid, _Process())
        self.thread = self.recording.thread(pid, tid, interpreter)

    def frame(self, key: bytes, file: bytes, name: bytes, line: bytes, *_: bytes) -> None:
        told = self._string(file), self._string(name), number(line)
        row, known = self.recording.frame(*told), self.process.frames
        place = number(key)
        if known.setdefault(place, row) != row:
            # Code objects come and go, and with them what their addresses mean.
            known[place] = row
            self.process.runs.clear()

    def references(self, run: bytes) -> None:
        runs = self.process.runs
        if (part := runs.get(run)) is None:
            frames = self.process.frames
            keys = _REFERENCE.findall(b"\x05" + run)
            runs[run] = part = self._part([frames[number(key)] for key in keys])
        self._parts.append(part)

    def invalid(self) -> None:
        self._single(self.recording.frame("", "INVALID", 0))

    def kernel(self, name: bytes) -> None:
        self._single(self.recording.frame("kernel", _text(name), 0))

    def gc(self) -> None:
        self._single(self.recording.frame("", "GC", 0))

    def repeat(self) -> None:
        """Put the thread's last stack, without the compiled code at its end, below the frames."""
        assert self.thread is not None
        row = self._last.get(self.thread, -1)
        while row >= 0 and self.recording.is_native(self._parent[row][1]):
            row = self._parent[row][0]
        self._base = row

    def string(self, key: bytes, value: bytes) -> None:
        self.process.strings[number(key)] = _text(value)

    def string_reference(self, key: bytes) -> None:
        self._string(key)

    def idle(self) -> None:
        self._idle = True

    def time(self, value: bytes) -> None:
        self._time, self.measured = _metric(value), True

    def memory(self, value: bytes) -> None:
        self._memory, self.measured = _metric(value), True

    def _string(self, key: bytes) -> str:
        place = number(key)
        return "<unknown>" if place == _UNKNOWN else self.process.strings[place]

    def _single(self, frame: int) -> None:
        if (part := self._singles.get(frame)) is None:
            part = self._singles[frame] = self._part([frame])
        self._parts.append(part)

    def _part(self, frames: list[int]) -> int:
        self._runs.append(frames)
        return len(self._runs) - 1


def _metric(value: bytes) -> int:
    if abs(metric := number(value)) >= _LARGEST:
        raise ValueError("a metric with too large a number")
    return metric


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
