"""Processes and threads of a trace, which may be numbers or words."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from perfnb.formats.chrometrace.events import Event
from perfnb.formats.chrometrace.times import decoded
from perfnb.formats.source import Source
from perfnb.model import Thread

_NUMBER = re.compile(r"-?\d{1,18}")


class _Named(msgspec.Struct):
    name: str | None = None


class Threads:
    """Gives the model's threads for a trace's pids and tids.

    Words, and numbers that are no integers, get negative ids: no real ones are.

    Parameters
    ----------
    source : Source
        Named in errors.
    meta : list of Event
        Those of phase M.
    """

    def __init__(self, source: Source, meta: list[Event]) -> None:
        self._words: dict[str, int] = {}
        self._name_of: dict[int, str] = {}
        self._threads: dict[tuple[int, int], str] = {}
        self._processes: dict[int, str] = {}
        decoder = msgspec.json.Decoder(_Named, strict=False)
        for event in meta:
            if event.name not in ("process_name", "thread_name") or not event.args:
                continue
            name = decoded(source, decoder, bytes(event.args)).name or ""
            pid = self.number(event.pid)
            if event.name == "process_name":
                self._processes[pid] = name
            else:
                self._threads[pid, self.number(event.tid)] = name

    def of(self, pid: Any, tid: Any) -> Thread:
        """Return the thread."""
        process, thread = self.number(pid), self.number(tid)
        name = self._threads.get((process, thread)) or self._name_of.get(thread, "")
        known = self._processes.get(process) or self._name_of.get(process, "")
        return Thread(process, thread, name, known)

    def lane(self, process: int, name: str) -> Thread:
        """Return something like a thread: operations of a process that are no thread's."""
        known = self._processes.get(process) or self._name_of.get(process, "")
        return Thread(process, self._numbered(name), name, known)

    def number(self, id: Any) -> int:
        """Return the number of a process or thread."""
        if id is None:
            return 0
        if isinstance(id, float) and id.is_integer():
            id = int(id)
        if isinstance(id, int) and -(2**63) <= id < 2**63:
            return id
        text = str(id)
        return int(text) if _NUMBER.fullmatch(text) else self._numbered(text)

    def _numbered(self, word: str) -> int:
        number = self._words.setdefault(word, -2 - len(self._words))
        self._name_of[number] = word
        return number
