"""memray's recordings, read by memray itself.

Its reader can be crashed by a damaged file, and tells about some damage only on standard
error: so it runs in a process of its own, `perfnb.capture.memraychild`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from perfnb.capture.process import Child
from perfnb.errors import FormatError, MalformedProfile, UnsupportedVersion
from perfnb.formats.source import Source
from perfnb.model import Label, Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import Int32, frozen
from perfnb.units import ValueType

_LZ4 = b"\x04\x22\x4d\x18"
_PROGRAM = Path(__file__).with_name("memraychild.py")
_WHERE = "its records"
_NOTES = {
    "peak": "What was allocated at the moment at which all allocations together were largest.",
    "leaked": "What was allocated and not yet freed when the recording ended.",
    "temporary": "What was freed again before the thread allocated anything else.",
}


class _Told(msgspec.Struct):
    """What `memraychild` writes."""

    error: str = ""
    pid: int = 0
    start: float = 0
    end: float = 0
    command: str = ""
    allocator: str = ""
    python_allocators: bool = False
    native: bool = False
    allocations: int = 0
    allocators: dict[int, str] = {}
    frames: list[tuple[str, str, int, bool]] = []
    stacks: list[tuple[int, int]] = []
    threads: list[tuple[int, str]] = []
    found: dict[str, list[list[int]]] = {}


class MemrayImporter:
    """Reads memray's files.

    ``peak``, ``leaked`` and ``temporary`` are bytes; the same names with `` allocations``
    their number. An aggregated file does not know what was temporary.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether this is memray's, packed by itself or not."""
        return head.startswith(b"memray\0") or (head.startswith(_LZ4) and b"memray\0" in head[:32])

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles in a file.

        Raises
        ------
        MalformedProfile
            If memray cannot read it, or not all of it.
        UnsupportedVersion
            If it is of another version than this memray reads.
        FormatError
            If memray is not installed.
        """
        if find_spec("memray") is None:
            raise FormatError(
                f"{source.name}: memray's files are read by memray, which is not installed",
                "pip install perfnb[memray]",
            )
        told = _read(source)
        if told.error:
            raise _error(source, told.error)
        try:
            return _profiles(told)
        except (LookupError, OverflowError, ValueError) as error:
            raise source.malformed(_WHERE, str(error)) from error


def _read(source: Source) -> _Told:
    with source.file() as path, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        size = path.stat().st_size
        # Far more than any sound file needs; a damaged one ends there.
        limits = 60 + size // 500_000, (4 << 30) + 100 * size
        argv = [sys.executable, "-P", str(_PROGRAM), str(path), *map(str, limits)]
        with Child(argv, stdout=out, stderr=said) as child:
            while not child.wait(3600):
                pass
            code = child.exit_code
        written, complaints = _content(out), _content(said).decode("utf-8", "replace")
    # memray goes on with what it has read so far.
    errors = [line for line in complaints.splitlines() if line.startswith("Memray ERROR: ")]
    if code:
        how = f"memray was ended by signal {-code}" if code < 0 else "memray gave up"
        last = complaints.strip().rpartition("\n")[2]
        raise source.malformed(_WHERE, f"{how} when reading them{f' ({last})' if last else ''}")
    try:
        told = msgspec.json.decode(written, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise source.malformed(_WHERE, f"memray read nonsense: {error}") from error
    if errors and not told.error:
        raise source.malformed(_WHERE, errors[0].removeprefix("Memray ERROR: "))
    return told


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _error(source: Source, what: str) -> MalformedProfile | UnsupportedVersion:
    if "incompatible" in what:
        return UnsupportedVersion(
            source.name, "of another memray", "those of the memray installed", "update memray"
        )
    return source.malformed(_WHERE, what)


def _profiles(told: _Told) -> dict[str, Profile]:
    builder = ProfileBuilder(ValueType("peak", "bytes"))
    frames = [
        builder.frame(name, file, max(line, 0), kind="native" if native else "python")
        for name, file, line, native in told.frames
    ]
    rows: list[int] = []
    for parent, frame in told.stacks:
        rows.append(builder.push(rows[parent] if parent >= 0 else -1, frames[frame]))
    threads = [builder.thread(Thread(told.pid, tid, name)) for tid, name in told.threads]
    labels = {
        number: builder.labels([Label("allocator", name)])
        for number, name in told.allocators.items()
    }
    tables = builder.tables()
    stack_of = np.array([*rows, -1], np.int32)
    thread_of = np.array(threads, np.int32)
    found = {}
    for name, columns in told.found.items():
        stack, thread, allocator, size, count = columns or [[]] * 5
        label = frozen([labels.get(one, -1) for one in allocator], np.int32)
        base: tuple[Int32, Int32] = (
            frozen(stack_of[np.array(stack, np.int64)], np.int32),
            frozen(thread_of[np.array(thread, np.int64)], np.int32),
        )
        metadata = _metadata(told, _NOTES[name])
        for value, weights in (
            (ValueType(name, "bytes"), size),
            (ValueType(f"{name} allocations", "count"), count),
        ):
            if sum(weights) >= 2**63:
                raise ValueError("numbers too large to be added up")
            samples = Samples(*base, frozen(np.array(weights, np.int64), np.int64), label=label)
            found[value.kind] = Profile(value, tables, samples, metadata)
    return found


def _metadata(told: _Told, note: str) -> Metadata:
    facts: Mapping[str, str | int | float | bool] = {
        "command": told.command,
        "seconds": told.end - told.start,
        "python_allocator": told.allocator,
        "python_allocators_traced": told.python_allocators,
        "native_traces": told.native,
        "allocations": told.allocations,
    }
    return Metadata(
        backend="memray", start_wall=told.start, notes=(note,), traced=True, extra=facts
    )
