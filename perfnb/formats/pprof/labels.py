"""Labels of a pprof file, and the threads that some of them tell of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from perfnb.formats.pprof.tables import Strings
from perfnb.formats.pprof.varints import SIZED, Damaged, Messages
from perfnb.model import Label, Thread
from perfnb.model.tables import Int32

# The first of each is what perfnb writes, the others are perf_to_profile's.
_PID = ("pid",)
_TID = ("thread_id", "tid")
_NAME = ("thread", "thread_comm")
_PROCESS = ("process", "comm")
_HOST = ("host",)
_NOBODY = Thread(0, 0)


class Labels:
    """Interns the labels that samples have.

    Attributes
    ----------
    threads : list of Thread
    sets : list of tuple of Label
        The tables; `sets` are without those that say which thread it was.
    """

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self._threads: dict[tuple[str, int, int], int] = {}
        self._sets: dict[tuple[Label, ...], int] = {}
        self.threads: list[Thread] = []

    @property
    def sets(self) -> tuple[tuple[Label, ...], ...]:
        """The distinct sets of labels."""
        return tuple(self._sets)

    def read(self, raw: Sequence[bytes]) -> tuple[Int32, Int32]:
        """Return rows of threads and of sets (−1 for none) for the label fields of samples."""
        thread = np.empty(len(raw), dtype=np.int32)
        row = np.empty(len(raw), dtype=np.int32)
        holders = Messages(raw)
        parts, owner = holders.parts([some.of(3, SIZED) for some in holders.fields()])
        try:
            columns = Messages(parts).column(4)
            self._strings.check(columns[1], columns[2], columns[4])
        except Damaged as error:
            raise Damaged(int(owner[error.index]), f"a label: {error.what}") from error
        keys, texts, units = columns[1].tolist(), columns[2].tolist(), columns[4].tolist()
        numbers = columns[3].view(np.int64).tolist()
        text = self._strings
        each = [
            Label(text[key], text[value]) if value else Label(text[key], number, text[unit])
            for key, value, number, unit in zip(keys, texts, numbers, units, strict=True)
        ]
        ends = np.searchsorted(owner, np.arange(len(raw)), side="right").tolist()
        begin = 0
        for index, end in enumerate(ends):
            who, rest = split(each[begin:end])
            begin = end
            thread[index] = self._thread(who)
            row[index] = self._sets.setdefault(rest, len(self._sets)) if rest else -1
        return thread, row

    def _thread(self, thread: Thread) -> int:
        key = thread.host, thread.pid, thread.tid
        row = self._threads.setdefault(key, len(self.threads))
        if row == len(self.threads):
            self.threads.append(thread)
        elif thread.name and not self.threads[row].name:
            self.threads[row] = thread
        return row


def split(labels: Sequence[Label]) -> tuple[Thread, tuple[Label, ...]]:
    """Return the thread that labels name, and the labels that say something else.

    Only numbers for both process and thread are a thread: a mere "thread" may be anything.
    """
    pid, tid = _first(labels, _PID, int), _first(labels, _TID, int)
    if pid is None or tid is None:
        return _NOBODY, tuple(labels)
    texts = [_first(labels, keys, str) for keys in (_NAME, _PROCESS, _HOST)]
    used = [pid, tid, *(place for place in texts if place is not None)]
    name, process, host = ("" if place is None else str(labels[place].value) for place in texts)
    thread = Thread(int(labels[pid].value), int(labels[tid].value), name, process, host)
    return thread, tuple(label for place, label in enumerate(labels) if place not in used)


def joined(thread: Thread, labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return labels of which `split` makes this thread and these labels again."""
    own = tuple(labels)
    # If the own labels have such names, everything is said, lest they be taken for it.
    explicit = any(label.key in (*_PID, *_TID, *_NAME, *_PROCESS, *_HOST) for label in own)
    if thread == _NOBODY and not explicit:
        return own
    texts = ((_NAME, thread.name), (_PROCESS, thread.process), (_HOST, thread.host))
    return (
        Label(_PID[0], thread.pid),
        Label(_TID[0], thread.tid),
        *(Label(keys[0], text) for keys, text in texts if text or explicit),
        *own,
    )


def _first(labels: Sequence[Label], keys: tuple[str, ...], kind: type) -> int | None:
    for place, label in enumerate(labels):
        if label.key in keys and isinstance(label.value, kind):
            return place
    return None
