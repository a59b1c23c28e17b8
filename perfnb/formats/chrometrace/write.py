"""Writing trace events that the trace viewers draw, and samples that perfnb reads back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, BinaryIO, ClassVar

from perfnb.formats.base import FEATURES
from perfnb.formats.chrometrace.layout import Drawn, drawn
from perfnb.model import KINDS, Metadata, Profile, Tables

_PIECE = 4096


class ChromeTraceExporter:
    """Writes complete events (``X``) for each thread, and every sample beside them.

    The events are for Perfetto, chrome://tracing and other viewers. The samples stand in the
    sections that the format has for them, ``samples`` and ``stackFrames``, with what is
    perfnb's own in further keys and in ``otherData``: from these a file is read back whole.

    A recording without times has its stacks laid out as in a flame graph, which
    ``otherData.note`` tells. A lone surrogate, which JSON cannot hold, becomes ``?``.
    """

    carries: ClassVar[frozenset[str]] = FEATURES - {"metadata"}

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the profiles; the first is the one that is drawn."""
        first = next(iter(profiles.values()))
        note, spans = drawn(first)
        if len(profiles) > 1:
            note += f" They show the first of {len(profiles)} values; all are among the samples."
        out.write(b'{"displayTimeUnit":"ns","otherData":')
        out.write(_json({"perfnb": _own(profiles), "note": note}))
        out.write(b',\n"traceEvents":[\n')
        pids = _pids(first.tables)
        _write_all(out, _events(first.tables, pids, spans))
        out.write(b'\n],\n"stackFrames":{\n')
        # Value types of one recording mostly share their tables.
        tables = list({id(one.tables): one.tables for one in profiles.values()}.values())
        _write_all(
            out, (line for number, one in enumerate(tables) for line in _frames(one, number))
        )
        out.write(b'\n},\n"samples":[\n')
        row_of = {id(one): number for number, one in enumerate(tables)}
        _write_all(
            out,
            (
                line
                for name, one in profiles.items()
                for line in _samples(name, one, row_of[id(one.tables)])
            ),
        )
        out.write(b"\n]}\n")


def _own(profiles: Mapping[str, Profile]) -> dict[str, Any]:
    """Return what the samples refer to: threads and labels of one table after the other."""
    tables = {id(one.tables): one.tables for one in profiles.values()}
    table_of = {known: number for number, known in enumerate(tables)}
    return {
        "version": 1,
        "values": [
            {
                "name": name,
                "kind": one.value.kind,
                "unit": one.value.unit,
                "timed": one.samples.time is not None,
                "table": table_of[id(one.tables)],
                "metadata": _facts(one.metadata),
            }
            for name, one in profiles.items()
        ],
        "tables": [
            {
                "threads": [
                    {"pid": t.pid, "tid": t.tid, "name": t.name, "process": t.process,
                     "host": t.host}
                    for t in one.threads
                ],
                "labels": one.labels,
            }
            for one in tables.values()
        ],
    }  # fmt: skip


def _facts(metadata: Metadata) -> dict[str, Any]:
    told = {one.name: getattr(metadata, one.name) for one in fields(Metadata)}
    default = Metadata()
    facts = {name: value for name, value in told.items() if value != getattr(default, name)}
    try:
        _json(facts)
    except (TypeError, ValueError):
        facts.pop("extra")
    return facts


def _pids(tables: Tables) -> list[int]:
    """Return the process id under which each thread is drawn: one for each host's process."""
    taken: dict[int, str] = {}
    pids: dict[tuple[str, int], int] = {}
    for thread in tables.threads:
        key = thread.host, thread.pid
        if key in pids:
            continue
        pid = thread.pid
        while taken.setdefault(pid, thread.host) != thread.host:
            pid += 1 << 22
        pids[key] = pid
    return [pids[thread.host, thread.pid] for thread in tables.threads]


def _events(tables: Tables, pids: list[int], spans: Drawn) -> Iterator[bytes]:
    for pid, thread in dict(zip(pids, tables.threads, strict=True)).items():
        name = f"{thread.process} ({thread.host})" if thread.host else thread.process
        if name:
            yield _json(_named("process_name", pid, 0, name))
    for pid, thread in zip(pids, tables.threads, strict=True):
        if thread.name:
            yield _json(_named("thread_name", pid, thread.tid, thread.name))
    what = [_frame_event(tables, row) for row in range(len(tables.frames))]
    whose = [
        b'"ph":"X","pid":%d,"tid":%d' % (pid, thread.tid)
        for pid, thread in zip(pids, tables.threads, strict=True)
    ]
    for thread_row, frame, at, end in zip(*(column.tolist() for column in spans), strict=True):
        yield b'%s,%s,"ts":%s,"dur":%s}' % (
            what[frame], whose[thread_row], _micros(at), _micros(end - at),
        )  # fmt: skip


def _named(what: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}


def _frame_event(tables: Tables, row: int) -> bytes:
    functions = tables.functions
    function, line = int(tables.frames.function[row]), int(tables.frames.line[row])
    event: dict[str, Any] = {"name": functions.name[function] or "?"}
    event["cat"] = KINDS[functions.kind[function]]
    args: dict[str, Any] = {}
    if functions.file[function]:
        args["file"] = functions.file[function]
    if line:
        args["line"] = line
    if functions.module[function]:
        args["module"] = functions.module[function]
    if args:
        event["args"] = args
    return _json(event)[:-1]


def _frames(tables: Tables, number: int) -> Iterator[bytes]:
    f = tables.functions
    what = [
        _json(
            {"name": f.name[function], "category": f.module[function], "file": f.file[function],
             "line": line, "kind": KINDS[f.kind[function]]}
        )[:-1]
        for function, line in zip(
            tables.frames.function.tolist(), tables.frames.line.tolist(), strict=True
        )
    ]  # fmt: skip
    rows = zip(tables.stacks.parent.tolist(), tables.stacks.frame.tolist(), strict=True)
    for row, (parent, frame) in enumerate(rows):
        above = b',"parent":"%d.%d"' % (number, parent) if parent >= 0 else b""
        yield b'"%d.%d":%s%s}' % (number, row, what[frame], above)


def _samples(name: str, profile: Profile, number: int) -> Iterator[bytes]:
    s = profile.samples
    threads = profile.threads
    begin = b'{"name":%s,' % _json(name)
    whose = [
        b'"pid":%d,"tid":%d,"thread":%d' % (one.pid, one.tid, row)
        for row, one in enumerate(threads)
    ]
    none = [None] * len(s)
    columns = [
        none if column is None else column.tolist()
        for column in (s.stack, s.thread, s.weight, s.time, s.duration, s.state, s.label, s.count)
    ]
    for stack, thread, weight, time, *optional in zip(*columns, strict=True):
        # The format has no samples without a time.
        line = b'%s%s,"ts":%s,"weight":%d' % (begin, whose[thread], _micros(time or 0), weight)
        if stack >= 0:
            line += b',"sf":"%d.%d"' % (number, stack)
        for key, value in zip((b"dur", b"state", b"label", b"count"), optional, strict=True):
            if value is not None:
                line += b',"%s":%d' % (key, value)
        yield line + b"}"


def _micros(ns: int) -> bytes:
    whole, rest = divmod(abs(ns), 1000)
    text = b"%d.%03d" % (whole, rest) if rest else b"%d" % whole
    return b"-" + text if ns < 0 else text


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _write_all(out: BinaryIO, items: Iterable[bytes]) -> None:
    held: list[bytes] = []
    comma = b""
    for item in items:
        held.append(item)
        if len(held) == _PIECE:
            out.write(comma + b",\n".join(held))
            comma = b",\n"
            held.clear()
    if held:
        out.write(comma + b",\n".join(held))
