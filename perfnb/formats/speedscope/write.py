"""Writing speedscope's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, BinaryIO

import numpy as np

from perfnb.errors import OptionError
from perfnb.formats.speedscope import SCHEMA
from perfnb.formats.speedscope.names import name_of
from perfnb.model import Profile, Samples, Tables, Thread

_UNITS = {"ns": "nanoseconds", "bytes": "bytes", "count": "none", "micro": "none"}
_EXACT = 2**53
_PIECE = 4096

_Numbers = dict[tuple[str, str, int], int]


def write_speedscope(profiles: Mapping[str, Profile], out: BinaryIO) -> None:
    """Write profiles of one recording; see `SpeedscopeExporter`."""
    for piece in _document(profiles):
        # What UTF-8 has no way to write becomes a question mark.
        out.write(piece.encode("utf-8", "replace"))


def _document(profiles: Mapping[str, Profile]) -> Iterator[str]:
    for name, profile in profiles.items():
        if (profile.samples.weight < 0).any():
            raise OptionError(
                f"speedscope shows no weights below 0, as {name} has", "write to .perfnb instead"
            )
    head: dict[str, Any] = {"$schema": SCHEMA, "exporter": f"perfnb@{version('perfnb')}"}
    titles = [profile.metadata.title for profile in profiles.values()]
    if any(titles):
        head["name"] = next(filter(None, titles))
    head["activeProfileIndex"] = _largest(next(iter(profiles.values())))
    yield f'{_json(head)[:-1]},"profiles":['
    numbers: _Numbers = {}
    comma = ""
    for profile in profiles.values():
        writer = _Writer(profile, numbers)
        for thread, samples in _by_thread(profile):
            yield comma
            yield from writer.thread(thread, samples)
            comma = ",\n"
    yield '],"shared":{"frames":[\n'
    yield ",\n".join(_json(_frame(*key)) for key in numbers)
    yield "]}}\n"


def _largest(profile: Profile) -> int:
    """Return the position of the thread with the most weight: the one to be shown first."""
    samples = profile.samples
    if not len(samples):
        return 0
    _, thread = np.unique(samples.thread, return_inverse=True)
    return int(np.bincount(thread, samples.weight).argmax())


def _by_thread(profile: Profile) -> Iterator[tuple[Thread, Samples]]:
    samples = profile.samples
    if not len(samples):
        # A file without any profile does not open.
        yield Thread(0, 0), samples
        return
    order = np.argsort(samples.thread, kind="stable")
    thread, begin = np.unique(samples.thread[order], return_index=True)
    for row, rows in zip(thread.tolist(), np.split(order, begin[1:]), strict=True):
        yield profile.threads[row], samples.take(rows)


def _lasts(profile: Profile) -> bool:
    """Return whether calls can be written as events that tell the same times and weights."""
    s = profile.samples
    if s.time is None or s.duration is None or profile.value.unit != "ns" or not len(s):
        return False
    seen = s.weight != 0
    if (s.duration != s.weight).any() or (s.stack[seen] < 0).any():
        return False
    thread, begin, end = s.thread[seen], s.time[seen], (s.time + s.duration)[seen]
    order = np.argsort(thread, kind="stable")
    thread, begin, end = thread[order], begin[order], end[order]
    return not ((thread[1:] == thread[:-1]) & (end[:-1] > begin[1:])).any()


class _Writer:
    """Writes the threads of one profile."""

    def __init__(self, profile: Profile, numbers: _Numbers) -> None:
        self.value = profile.value
        stacks = profile.tables.stacks
        self.parent = stacks.parent.tolist()
        frames = np.array(_frames(profile.tables, numbers), dtype=np.int64)
        self.frame = frames[stacks.frame].tolist()
        self.known: dict[int, str] = {}
        self.thread = self.weights
        if _lasts(profile):
            self.thread = self.events
            self.start, self.end = _bounds(profile)
            # JavaScript has whole numbers up to here; what is later is told from the start on.
            self.zero = 0 if max(-self.start, self.end) < _EXACT else self.start

    def weights(self, thread: Thread, samples: Samples) -> Iterator[str]:
        """Write one sample after the other."""
        weight = samples.weight.tolist()
        if self.value.unit == "micro":
            weight = [one / 1e6 for one in weight]
        yield self._head("sampled", thread, 0, sum(weight))
        yield ',"samples":['
        yield from _pieces(map(self._stack, samples.stack.tolist()))
        yield '],"weights":['
        yield from _pieces(map(str, weight))
        yield "]}"

    def events(self, thread: Thread, samples: Samples) -> Iterator[str]:
        """Write what opens and closes; what goes on from one sample to the next stays open."""
        assert samples.time is not None
        yield self._head("evented", thread, self.start - self.zero, self.end - self.zero)
        yield ',"events":['
        seen = samples.weight != 0
        begin = samples.time[seen] - self.zero
        columns = samples.stack[seen], begin, begin + samples.weight[seen]
        yield from _pieces(self._changes(zip(*(one.tolist() for one in columns), strict=True)))
        yield "]}"

    def _changes(self, spans: Iterable[tuple[int, int, int]]) -> Iterator[str]:
        parent = self.parent
        last, until = -1, 0
        for row, begin, end in spans:
            if begin > until:
                # Nothing ran in between: all of it ended.
                while last >= 0:
                    yield self._event("C", last, until)
                    last = parent[last]
            here, opened = row, []
            # A row lies below its parent's: the greater of two is never above the other.
            while here != last:
                if here > last:
                    opened.append(here)
                    here = parent[here]
                else:
                    yield self._event("C", last, begin)
                    last = parent[last]
            for one in reversed(opened):
                yield self._event("O", one, begin)
            last, until = row, end
        while last >= 0:
            yield self._event("C", last, until)
            last = parent[last]

    def _event(self, mark: str, row: int, at: int) -> str:
        return f'{{"type":"{mark}","frame":{self.frame[row]},"at":{at}}}'

    def _stack(self, row: int) -> str:
        text = self.known.get(row)
        if text is None:
            path, above = [], row
            while above >= 0:
                path.append(str(self.frame[above]))
                above = self.parent[above]
            text = self.known[row] = f"[{','.join(reversed(path))}]"
        return text

    def _head(self, kind: str, thread: Thread, start: float, end: float) -> str:
        head = {
            "type": kind,
            "name": name_of(thread, self.value),
            "unit": _UNITS[self.value.unit],
            "startValue": start,
            "endValue": end,
        }
        return _json(head)[:-1]


def _bounds(profile: Profile) -> tuple[int, int]:
    """Return when the recording began and ended, as far as it is known."""
    times, known = profile.samples.time, profile.metadata
    assert times is not None
    starts = [int(times.min()), known.start_monotonic_ns]
    ends = [int((times + profile.samples.weight).max()), known.end_monotonic_ns]
    return (
        min(one for one in starts if one is not None),
        max(one for one in ends if one is not None),
    )


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts joined by commas, many at a time."""
    held: list[str] = []
    comma = ""
    for text in texts:
        held.append(text)
        if len(held) == _PIECE:
            yield comma + ",".join(held)
            held.clear()
            comma = ",\n"
    if held:
        yield comma + ",".join(held)


def _frames(tables: Tables, numbers: _Numbers) -> list[int]:
    """Return the number in the file of each row of the frames table, given out if new."""
    functions, frames = tables.functions, tables.frames
    return [
        numbers.setdefault((functions.name[row], functions.file[row], line), len(numbers))
        for row, line in zip(frames.function.tolist(), frames.line.tolist(), strict=True)
    ]


def _frame(name: str, file: str, line: int) -> dict[str, Any]:
    frame: dict[str, Any] = {"name": name}
    if file:
        frame["file"] = file
    if line:
        frame["line"] = line
    return frame


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
