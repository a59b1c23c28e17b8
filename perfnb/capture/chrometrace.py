"""py-spy's Chrome trace: the stack of each thread at each sampling instant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.names import module_of
from perfnb.model import ProfileBuilder, Thread
from perfnb.model.files import is_native

_THREAD = re.compile(r"^thread \((\w+)\)(?:: (.*))?$", re.S)
_STRING = r'"((?:[^"\\]|\\.)*)"'
# As py-spy writes it, fields in this order: less work than a JSON parser that is asked
# for one event at a time.
_EVENT = re.compile(
    rf'\{{"args":\{{"filename":{_STRING},"line":(-?\d+|null)\}},"cat":"py-spy","name":{_STRING},'
    r'"ph":"([BE])","pid":(\d+),"tid":(\d+),"ts":(\d+)\},?'
)
_Event = tuple[str | Any, ...]
_PROCESS = re.compile(r"^process (\d+)(?::\"?(.*?)\"?)?$", re.S)


@dataclass(frozen=True, slots=True)
class Track:
    """The stacks of one thread.

    Attributes
    ----------
    thread : Thread
    at : float array
        Microseconds on the trace's clock at which the stack changed, ascending.
    stack : int array
        The builder's stack from then on.
    """

    thread: Thread
    at: NDArray[np.float64]
    stack: NDArray[np.int64]


def frame_of(
    builder: ProfileBuilder, roots: tuple[str, ...], name: str, file: str, line: int
) -> int:
    """Return the builder's row for one of py-spy's frames."""
    native = is_native(file)
    return builder.frame(
        name,
        file=file,
        line=line,
        module=module_of(file, roots),
        kind="native" if native else "python",
    )


def read_tracks(data: bytes, builder: ProfileBuilder, roots: tuple[str, ...]) -> list[Track]:
    """Replay the begin and end events of every thread.

    Parameters
    ----------
    data : bytes
        The file, written with ``--threads``: a thread's outermost frame names it.
    builder : ProfileBuilder
        Gets the frames and stacks.
    roots : tuple of str
        See `module_of`.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    frames: dict[tuple[str, str, str], int] = {}
    tracks: list[Track] = []
    open_tracks: dict[tuple[str, str], _OpenTrack] = {}
    for file, line, name, phase, pid, tid, at in _seen_events(data):
        track = open_tracks.get((pid, tid))
        if track is None:
            track = open_tracks[pid, tid] = _OpenTrack(int(pid))
        if phase == "E":
            track.end(int(at))
            continue
        frame = frames.get((file, line, name))
        if frame is None:
            if not file and _names_track(track, _text(name), tracks):
                continue
            frame = frames[file, line, name] = frame_of(
                builder, roots, _text(name), _text(file), 0 if line == "null" else max(0, int(line))
            )
        track.begin(int(at), builder, frame)
    tracks += [track.close() for track in open_tracks.values() if track.changes]
    return tracks


def _names_track(track: _OpenTrack, name: str, closed: list[Track]) -> bool:
    """Take a frame that stands for a thread or process, and return whether it was one."""
    if named := _THREAD.match(name):
        # A thread id that the C library gave out again begins a new thread.
        if track.changes:
            closed.append(track.close())
        track.thread = Thread(track.thread.pid, int(named[1], 0), named[2] or "", track.process)
    elif process := _PROCESS.match(name):
        track.process = process[2] or ""
    else:
        return False
    track.path.append(-1)
    return True


class _OpenTrack:
    def __init__(self, pid: int) -> None:
        self.thread = Thread(pid, pid)
        self.process = ""
        self.path: list[int] = []
        self.changes: list[tuple[float, int]] = []

    def begin(self, at: float, builder: ProfileBuilder, frame: int) -> None:
        self.path.append(builder.push(self.path[-1] if self.path else -1, frame))
        self.change(at)

    def end(self, at: float) -> None:
        if not self.path:
            raise ValueError(f"an event ends at {at} µs that has not begun")
        self.path.pop()
        self.change(at)

    def change(self, at: float) -> None:
        # A look that changes several frames is several events of one time.
        if self.changes and self.changes[-1][0] == at:
            self.changes.pop()
        self.changes.append((at, self.path[-1] if self.path else -1))

    def close(self) -> Track:
        at, stack = np.array(self.changes).T
        self.changes = []
        return Track(self.thread, at, stack.astype(np.int64))


def _seen_events(data: bytes) -> Iterator[_Event]:
    """Yield the events, less the ends that py-spy writes when it stops: nothing was seen then.

    They are matched one by one: the trace of a long recording is hundreds of megabytes,
    and many times that as Python objects.
    """
    text = data.decode("utf-8")
    at, end = 1, len(text.rstrip()) - 1
    if text[:1] != "[" or text[end : end + 1] != "]":
        raise ValueError("the trace is not a whole list of events")
    held: list[_Event] = []
    while at < end:
        match = _EVENT.match(text, at)
        if match is None:
            raise ValueError(f"no event of py-spy's at character {at} of the trace")
        at = match.end()
        event = match.groups()
        # Ends at one instant are held back until it is known that something follows.
        if held and (event[3] != "E" or event[6] != held[-1][6]):
            yield from held
            held.clear()
        if event[3] == "E":
            held.append(event)
        else:
            yield event


def _text(raw: str) -> str:
    """Return what a JSON string means, given what stands between its quotation marks."""
    text: str = json.loads(f'"{raw}"')
    return text
