"""Reading speedscope's JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.source import Source
from perfnb.formats.speedscope.events import WrongEvent, stacks_after
from perfnb.formats.speedscope.names import parse_name
from perfnb.formats.speedscope.schema import UNITS, Evented, File, Frame, Sampled
from perfnb.model import Metadata, Profile, ProfileBuilder, Samples, Stacks, Thread
from perfnb.model.files import is_native
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import frozen
from perfnb.units import ValueType

_PYTHON_TOOLS = ("py-spy", "pyinstrument", "austin", "viztracer")
_PROCESS = re.compile(r'process (\d{1,18}):"?(.*?)"?', re.S)


@dataclass(slots=True)
class _Part:
    """One profile of the file: rows of stacks, and how much of the file's unit each has."""

    value: ValueType
    factor: float
    thread: int
    stack: NDArray[np.int64]
    amount: NDArray[Any]
    time: NDArray[np.int64] | None = None
    summed: bool = False
    bounds: tuple[int, int] = (0, 0)


def read_speedscope(source: Source) -> dict[str, Profile]:
    """Return the profiles of a file; see `SpeedscopeImporter`."""
    file: File = source.json(File)
    reader = _Reader(source, file)
    parts = reader.parts()
    first = file.activeProfileIndex or 0
    if 0 < first < len(parts):
        parts.insert(0, parts.pop(first))
    groups: dict[ValueType, list[_Part]] = {}
    for part in parts:
        groups.setdefault(part.value, []).append(part)
    found: dict[str, Profile] = {}
    for value, group in groups.items():
        name = value.kind if value.kind not in found else f"{value.kind}/{value.unit}"
        found[name] = reader.profile(value, group)
    if not found:
        # py-spy writes such a file when it saw nothing.
        return {"samples": reader.profile(ValueType("samples", "count"), [])}
    return found


class _Reader:
    """What the profiles of a file share."""

    def __init__(self, source: Source, file: File) -> None:
        self.source = source
        self.file = file
        tool, at, version = (file.exporter or "").rpartition("@")
        self.tool, self.version = (tool, version) if at else (version, "")
        self.builder = ProfileBuilder(ValueType("samples", "count"))
        self.stacks = Stacks(frozen([], np.int32), frozen([], np.int32))
        self.title = file.name or ""
        self.processes: dict[int, str] = {}
        self.frame = np.array([self._frame(one) for one in file.shared.frames], dtype=np.int64)

    def parts(self) -> list[_Part]:
        """Return all profiles in the order of the file."""
        profiles = list(enumerate(self.file.profiles))
        sampled = [(i, one) for i, one in profiles if isinstance(one, Sampled)]
        evented = [(i, one) for i, one in profiles if isinstance(one, Evented)]
        parts = dict(self._sampled(sampled))
        parts.update(self._evented(evented))
        # The unit of counts depends on all that go together.
        fractions = {
            part.value
            for part in parts.values()
            if part.value.unit == "count" and (part.amount != np.floor(part.amount)).any()
        }
        for part in parts.values():
            if part.value in fractions:
                part.value = replace(part.value, unit="micro")
            if part.value.unit == "micro":
                part.factor = 1e6
        return [parts[i] for i, _ in profiles]

    def profile(self, value: ValueType, parts: Sequence[_Part]) -> Profile:
        """Return the profile of parts of one value type."""
        timed = bool(parts) and all(part.time is not None for part in parts)
        weights = [
            self.source.whole(part.amount, part.factor, "$.profiles")
            if part.time is None
            else part.amount.astype(np.int64)
            for part in parts
        ]
        if sum(float(np.abs(weight).sum(dtype=np.float64)) for weight in weights) >= 2**63:
            raise self.source.malformed("$.profiles", "weights too large to be added up")
        weight = np.concatenate([np.zeros(0, np.int64), *weights])
        thread = np.repeat([part.thread for part in parts], [len(part.stack) for part in parts])
        time = np.concatenate([part.time for part in parts if part.time is not None] or [weight])
        samples = Samples(
            frozen(np.concatenate([weight[:0], *(part.stack for part in parts)]), np.int32),
            frozen(thread, np.int32),
            frozen(weight, np.int64),
            frozen(time, np.int64) if timed else None,
            frozen(weight, np.int64) if timed else None,
        )
        if timed:
            samples = samples.take(np.argsort(time, kind="stable"))
        metadata = Metadata(
            title=self.title,
            backend=self.tool,
            backend_version=self.version,
            start_monotonic_ns=min(part.bounds[0] for part in parts) if timed else None,
            end_monotonic_ns=max(part.bounds[1] for part in parts) if timed else None,
            summed=any(part.summed for part in parts),
        )
        return Profile(value, self.builder.tables().with_stacks(self.stacks), samples, metadata)

    def _frame(self, frame: Frame) -> int:
        """Return the builder's row; −1 for what stands for a process and not for code."""
        file, line = frame.file or "", frame.line or 0
        if self.tool == "py-spy" and not file and (process := _PROCESS.fullmatch(frame.name)):
            self.processes[int(process[1])] = process[2]
            return -1
        known = line if 0 < line < 2**31 else 0
        return self.builder.frame(frame.name, file, known, kind=_kind(file, self.tool))

    def _part(self, index: int, profile: Sampled | Evented) -> _Part:
        thread, value = parse_name(profile.name or "")
        usual, factor = UNITS[profile.unit]
        fits = (usual.unit,) if usual.unit != "count" else ("count", "micro")
        if value is None or value.unit not in fits:
            value = usual
        if thread is None:
            if len(self.file.profiles) > 1:
                thread = Thread(0, index + 1, profile.name or "")
            else:
                # The only one is usually called as the file is.
                self.title = self.title or profile.name or ""
                thread = Thread(0, 0)
        elif not thread.process:
            thread = replace(thread, process=self.processes.get(thread.pid, ""))
        empty = np.zeros(0)
        return _Part(value, factor, self.builder.thread(thread), empty.astype(np.int64), empty)

    def _sampled(self, profiles: Sequence[tuple[int, Sampled]]) -> Iterator[tuple[int, _Part]]:
        known: dict[bytes, int] = {}
        where: list[str] = []
        numbers = []
        for index, profile in profiles:
            if len(profile.samples) != len(profile.weights):
                raise self.source.malformed(
                    f"$.profiles[{index}].weights",
                    f"{len(profile.weights)} weights for {len(profile.samples)} samples",
                )
            number = np.empty(len(profile.samples), dtype=np.int64)
            for row, raw in enumerate(profile.samples):
                text = bytes(raw)
                one = number[row] = known.setdefault(text, len(known))
                if one == len(where):
                    where.append(f"$.profiles[{index}].samples[{row}]")
            numbers.append(number)
        leaf = self._leaves(list(known), where)
        for (index, profile), number in zip(profiles, numbers, strict=True):
            part = self._part(index, profile)
            part.stack = leaf[number]
            part.amount = np.array(profile.weights, dtype=np.float64)
            yield index, part

    def _leaves(self, texts: Sequence[bytes], where: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of stacks given as JSON texts, which make the tree."""
        decoder = msgspec.json.Decoder(list[int], strict=False)
        stacks = []
        for text, place in zip(texts, where, strict=True):
            try:
                stacks.append(decoder.decode(text))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise self.source.malformed(place, str(error)) from error
        lengths = np.fromiter(map(len, stacks), np.int64, len(stacks))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        frames = self._known(
            chain.from_iterable(stacks),
            lambda at: where[int(np.searchsorted(ends, at, "right")) - 1],
        )
        row = self.frame[frames]
        shown = row >= 0
        offset = np.concatenate([[0], np.cumsum(shown)])[ends]
        self.stacks, leaf = prefix_tree(row[shown], offset)
        return leaf.astype(np.int64)

    def _known(self, frames: Iterable[int], where: Callable[[int], str]) -> NDArray[np.int64]:
        """Return numbers of frames as an array, all of them in the file's table."""
        try:
            found = np.fromiter(frames, np.int64)
            wrong = np.flatnonzero((found < 0) | (found >= len(self.frame)))
        except OverflowError:
            raise self.source.malformed("$.profiles", "a frame's number beyond 63 bits") from None
        if len(wrong):
            at = int(wrong[0])
            raise self.source.malformed(
                where(at), f"frame {found[at]} of a table of {len(self.frame)}"
            )
        return found

    def _evented(self, profiles: Sequence[tuple[int, Evented]]) -> Iterator[tuple[int, _Part]]:
        if not profiles:
            return
        above, below = self.stacks.parent.tolist(), self.stacks.frame.tolist()
        tree = {pair: row for row, pair in enumerate(zip(above, below, strict=True))}
        for index, profile in profiles:
            part = self._part(index, profile)
            self._replay(part, profile, tree, f"$.profiles[{index}].events")
            yield index, part
        table = np.array(list(tree), dtype=np.int32).reshape(-1, 2)
        self.stacks = Stacks(frozen(table[:, 0], np.int32), frozen(table[:, 1], np.int32))

    def _replay(
        self, part: _Part, profile: Evented, tree: dict[tuple[int, int], int], where: str
    ) -> None:
        """Fill in what lies between events: the stacks, and how much of the unit each has."""
        numbers = self._known((one.frame for one in profile.events), lambda at: f"{where}[{at}]")
        at = np.fromiter((one.at for one in profile.events), np.float64, len(numbers))
        names = [one.name for one in self.file.shared.frames]
        try:
            row = stacks_after(profile.events, at, self.frame[numbers].tolist(), names, tree)
        except WrongEvent as error:
            raise self.source.malformed(f"{where}{error.place}", str(error)) from error
        # What speedscope wrote may have been samples once, its events their running total.
        if part.value.unit == "ns" and self.tool != "speedscope":
            time = self.source.instants(at, part.factor, where)
            ends = [profile.startValue, profile.endValue]
            start, end = self.source.instants(ends, part.factor, where)
            part.bounds = int(time.min(initial=start)), int(time.max(initial=max(start, end)))
            amount = np.diff(time)
        else:
            with np.errstate(over="ignore"):
                time, amount = None, np.diff(at)
        rows = np.flatnonzero((amount > 0) & (row[:-1] >= 0)) if len(at) else np.zeros(0, np.int64)
        part.stack, part.amount = row[rows], amount[rows]
        part.time, part.summed = None if time is None else time[rows], time is None


def _kind(file: str, tool: str) -> str:
    if tool in _PYTHON_TOOLS:
        compiled = file == "<built-in>" or is_native(file)
        return "synthetic" if not file else "native" if compiled else "python"
    return "python" if file.endswith(".py") else "native"
