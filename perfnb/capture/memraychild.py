"""Reads a file with memray and writes what is in it as JSON: a program of its own.

memray's reader is C++ that trusts its input; a damaged file can end the process. It is run
by `perfnb.capture.memrayfile` as ``memraychild.py FILE CPU_SECONDS BYTES``.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable
from typing import Any

Place = tuple[str, str, int]


class Tables:
    """Numbers for functions with their lines, for stacks and for threads, as they first come."""

    def __init__(self, native: bool) -> None:
        self.frames: dict[tuple[str, str, int, bool], int] = {}
        self.stacks: dict[tuple[int, int], int] = {}
        self.threads: dict[tuple[int, str], int] = {}
        self._native = native
        self._known: dict[Any, int] = {}

    def row(self, record: Any) -> tuple[int, int, int, int, int]:
        """Return a record as stack, thread, allocator, bytes and number of allocations."""
        key = (
            (record.stack_id, record.native_stack_id, record.native_segment_generation)
            if self._native
            else record.stack_id
        )
        if (stack := self._known.get(key)) is None:
            stack = self._known[key] = self._stack(record)
        name = record.thread_name or ""
        thread = self.threads.setdefault((record.tid, name), len(self.threads))
        return stack, thread, record.allocator, record.size, record.n_allocations

    def _stack(self, record: Any) -> int:
        python: list[Place] = record.stack_trace()
        whole: list[Place] = record.hybrid_stack_trace() if self._native else python
        interpreted = set(python)
        stack = -1
        for place in reversed(whole):
            frame = self.frames.setdefault((*place, place not in interpreted), len(self.frames))
            stack = self.stacks.setdefault((stack, frame), len(self.stacks))
        return stack


def read(path: str) -> dict[str, Any]:
    """Return what is in the file."""
    from memray import AllocatorType, FileReader

    with FileReader(path) as reader:
        told = reader.metadata
        tables = Tables(told.has_native_traces)

        def columns(records: Iterable[Any]) -> list[list[int]]:
            return [list(column) for column in zip(*map(tables.row, records), strict=True)]

        found = {
            "peak": columns(reader.get_high_watermark_allocation_records(merge_threads=False)),
            "leaked": columns(reader.get_leaked_allocation_records(merge_threads=False)),
        }
        try:
            temporary = reader.get_temporary_allocation_records(merge_threads=False)
            found["temporary"] = columns(temporary)
        except NotImplementedError:
            pass  # an aggregated file does not know the order of things
    return {
        "pid": told.pid,
        "start": told.start_time.timestamp(),
        "end": told.end_time.timestamp(),
        "command": told.command_line,
        "allocator": told.python_allocator,
        "python_allocators": told.trace_python_allocators,
        "native": told.has_native_traces,
        "allocations": told.total_allocations,
        "allocators": {int(one): one.name.lower() for one in AllocatorType},
        "frames": list(tables.frames),
        "stacks": list(tables.stacks),
        "threads": list(tables.threads),
        "found": found,
    }


def main(path: str, seconds: str, size: str) -> int:
    """Write what is in the file to standard output, or what is wrong with it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_DATA, (int(size), int(size)))
    try:
        found = read(path)
    except OSError as error:
        found = {"error": str(error) or "memray cannot read the file"}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    # Names need not be valid Unicode: ASCII with escapes bears them all.
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
