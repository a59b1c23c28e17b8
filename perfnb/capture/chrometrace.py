"""py-spy's Chrome trace: the stack of each thread at each sampling instant."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.names import is_native, module_of
from perfnb.model import ProfileBuilder, Thread

_THREAD = re.compile(r"^thread \((\w+)\)(?:: (.*))?$", re.S)
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
    events = _without_closing(json.loads(data))
    frames: dict[tuple[str, str, int], int] = {}
    tracks: list[Track] = []
    open_tracks: dict[tuple[int, int], _OpenTrack] = {}
    for event in events:
        key = event["pid"], event["tid"]
        track = open_tracks.get(key)
        if track is None:
            track = open_tracks[key] = _OpenTrack(event["pid"])
        name, file = event["name"], event["args"]["filename"]
        if event["ph"] == "E":
            track.end(event["ts"])
            continue
        if not file:
            if named := _THREAD.match(name):
                # A thread id that the C library gave out again begins a new thread.
                if track.changes:
                    tracks.append(track.close())
                track.thread = Thread(event["pid"], int(named[1], 0), named[2] or "", track.process)
                track.begin_hidden()
                continue
            if process := _PROCESS.match(name):
                track.process = process[2] or ""
                track.begin_hidden()
                continue
        line = event["args"]["line"] or 0
        frame = frames.get((name, file, line))
        if frame is None:
            frame = frames[name, file, line] = frame_of(builder, roots, name, file, line)
        track.begin(event["ts"], builder, frame)
    tracks += [track.close() for track in open_tracks.values() if track.changes]
    return tracks


class _OpenTrack:
    def __init__(self, pid: int) -> None:
        self.thread = Thread(pid, pid)
        self.process = ""
        self.path: list[int] = []
        self.changes: list[tuple[float, int]] = []

    def begin_hidden(self) -> None:
        self.path.append(-1)

    def begin(self, at: float, builder: ProfileBuilder, frame: int) -> None:
        self.path.append(builder.push(self.path[-1] if self.path else -1, frame))
        self.changes.append((at, self.path[-1]))

    def end(self, at: float) -> None:
        if not self.path:
            raise ValueError(f"an event ends at {at} µs that has not begun")
        self.path.pop()
        self.changes.append((at, self.path[-1] if self.path else -1))

    def close(self) -> Track:
        at, stack = np.array(self.changes).T
        self.changes = []
        return Track(self.thread, at, stack.astype(np.int64))


def _without_closing(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop the ends that py-spy writes when it stops: nothing was seen then."""
    if not isinstance(events, list):
        raise ValueError("not a list of events")
    end = len(events)
    while end and events[end - 1]["ph"] == "E" and events[end - 1]["ts"] == events[-1]["ts"]:
        end -= 1
    return events[:end]
