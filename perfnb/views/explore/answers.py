"""What a page asks of a profile that stays in the kernel, and the answers."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from perfnb.errors import MissingColumn, OptionError
from perfnb.layout.detail import Closer
from perfnb.model import KINDS, CallTree, Profile
from perfnb.registry import load
from perfnb.views.explore.names import Names, packed_names
from perfnb.views.explore.wire import Columns, as_json, places, tree_columns

Progress = Callable[[float, str], None]
"""Called with how much is done, 0 to 1, and what is being done; raises to end the work."""

_PROFILES, _TREES = 4, 6
_PIXELS: Final = 1600

Answer = tuple[dict[str, Any], Columns]


class Answers:
    """Answers about one profile; filtered profiles and trees are kept for a while.

    Not for several threads at once: `perfnb.views.explore.worker.Worker` asks one by one.

    Parameters
    ----------
    profile : Profile
        Of any size.
    """

    def __init__(self, profile: Profile) -> None:
        if profile.samples.time is not None and profile.metadata.start_monotonic_ns is None:
            # Time ranges are from the start of the whole.
            profile = profile.with_metadata(start_monotonic_ns=profile.start_ns)
        self.profile = profile
        self.names = Names(profile)
        self.end = _end(profile)
        self._profiles: OrderedDict[str, Profile] = OrderedDict()
        self._trees: OrderedDict[str, Closer] = OrderedDict()
        self._tables: OrderedDict[str, Any] = OrderedDict()

    def packed_names(self) -> bytes:
        """Return what the page has to have before it asks."""
        return packed_names(self.profile, self.names, self.end if self._timed else None)

    def ask(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """Return the head and the columns of an answer.

        Parameters
        ----------
        question : mapping
            ``what`` is asked, of which ``query`` (filters, merge, inverted, splitThreads), and
            how many functions' names are ``known`` to the page.
        progress : callable
            Is told what is being done.

        Raises
        ------
        PerfnbError
            If there is no answer.
        """
        what = question.get("what")
        answer = _WHAT.get(what) if isinstance(what, str) else None
        if answer is None:
            raise OptionError(f"{what!r} cannot be asked", f"known are {', '.join(_WHAT)}")
        head, columns = answer(self, question, progress)
        known = int(question.get("known", self.names.first))
        if known < len(self.names):
            columns = {**columns, "names": as_json(self.names.since(known))}
            head = {**head, "first": known}
        return head, columns

    # Profiles and trees.

    def filtered(self, filters: list[Any], progress: Progress) -> Profile:
        """Return what is left after the filters, by way of what is known already."""
        if not filters:
            return self.profile
        apply = load("perfnb.transform.filters:apply")
        at = len(filters)
        while at and _key(filters[:at]) not in self._profiles:
            at -= 1
        profile = self.profile if at == 0 else _recall(self._profiles, _key(filters[:at]))
        for number in range(at, len(filters)):
            kind = filters[number].get("kind", "") if isinstance(filters[number], Mapping) else ""
            progress(0.5 * number / len(filters), f"Filter: {kind}")
            profile = apply(profile, [filters[number]])
            _remember(self._profiles, _key(filters[: number + 1]), profile, _PROFILES)
        return profile

    def closer(self, query: Mapping[str, Any], progress: Progress) -> Closer:
        """Return the call tree of a query."""
        merge = str(query.get("merge", "cell"))
        inverted, split = bool(query.get("inverted")), bool(query.get("splitThreads"))
        filters = list(query.get("filters", ()))
        key = _key([filters, merge, inverted, split])
        if key in self._trees:
            known: Closer = _recall(self._trees, key)
            return known
        profile = self.filtered(filters, progress)
        if inverted:
            progress(0.5, "Turning the stacks round")
            profile = profile.inverted()
        progress(0.7, "Merging the stacks")
        found = Closer(CallTree.of(profile, merge, split_threads=split))
        progress(0.95, "Measuring the boxes")
        # Computed here, so that the first look is as fast as the next.
        _ = found.first, found.size
        _remember(self._trees, key, found, _TREES)
        return found

    # The answers.

    def tree(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """The flame graph, or a closer look at what was ``opened`` in it."""
        closer = self.closer(_query(question), progress)
        opened = closer.way(places(question.get("opened", ())))
        seen = closer.look(opened, _pixels(question))
        numbers = self.names.numbers(closer.tree.tables)
        columns = tree_columns(closer.tree, seen, numbers, self.names.rest)
        return {"complete": not seen.rests, "opened": opened, "nodes": len(closer.tree)}, columns

    def functions(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """Self and total of each function."""
        filters = list(_query(question).get("filters", ()))
        profile = self.filtered(filters, progress)
        progress(0.7, "Counting the functions")
        table = self._table("functions", filters, profile.functions)
        self.names.numbers(profile.tables)
        number = self.names.by_text()
        rows = zip(
            *(table[name].to_list() for name in ("name", "file", "module", "kind")), strict=True
        )
        ids = [number[name, file, module, KINDS.index(kind)] for name, file, module, kind in rows]
        columns = {
            "ids": np.array(ids, dtype=np.int32),
            "self": table["self"].to_numpy(),
            "total": table["total"].to_numpy(),
            "selfSamples": table["self_samples"].to_numpy(),
            "totalSamples": table["total_samples"].to_numpy(),
        }
        return {"whole": profile.total}, columns

    def lanes(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """How busy the threads were over time; time filters are left out."""
        filters = [
            each for each in _query(question).get("filters", ()) if each.get("kind") != "time"
        ]
        profile = self.filtered(filters, progress)
        bins = max(1, int(question.get("bins", 1)))
        found = load("perfnb.layout.timeline:lanes")(profile, 0, max(1, self.end), bins)
        head = {
            "from": found.start, "to": found.end, "bins": found.bins, "unit": found.unit,
            "threads": found.threads.tolist(), "states": found.counts.shape[1],
        }  # fmt: skip
        return head, {"counts": found.counts.reshape(-1)}

    def chart(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """One thread's stacks in the order of time."""
        from perfnb.layout.chart import chart
        from perfnb.views.explore.times import CHART_SAMPLES, chart_columns, samples_between

        query = _query(question)
        if not self._timed:
            raise MissingColumn("time", "a flame chart", "record with a backend that tells times")
        profile = self.filtered(list(query.get("filters", ())), progress)
        low = int(question.get("from", 0))
        high = max(low + 1, int(question.get("to", self.end)))
        thread, merge = int(question.get("thread", 0)), str(query.get("merge", "cell"))
        count = samples_between(profile, thread, low, high)
        refusal = ""
        if count > CHART_SAMPLES:
            refusal = (
                f"{count:,} samples are too many for a flame chart: choose a shorter time, "
                f"with at most {CHART_SAMPLES:,}"
            )
            profile = profile.with_samples(profile.samples.take(np.zeros(0, dtype=np.int64)))
        progress(0.6, "Laying out the stacks over time")
        found = chart(profile, thread, merge, low, high)
        numbers = self.names.numbers(profile.tables)
        columns = chart_columns(found, _pixels(question), numbers, self.names.rest)
        return {"from": low, "to": high, "refusal": refusal}, columns

    def sandwich(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """Callers and callees of the function ``ref``."""
        query = _query(question)
        filters, merge = list(query.get("filters", ())), str(query.get("merge", "cell"))
        ref = question.get("ref", {})
        name, file = str(ref.get("name", "")), str(ref.get("file", ""))
        columns: dict[str, Any] = {}
        head: dict[str, Any] = {}
        for at, which in enumerate(("callers", "callees")):
            key = _key([which, filters, merge, name, file])
            if key not in self._trees:
                profile = self.filtered(filters, progress)
                progress(0.5 + at / 4, f"Looking for {which}")
                part = getattr(profile, which)(name, exact=True, file=file)
                _remember(self._trees, key, Closer(CallTree.of(part, merge)), _TREES)
            closer = _recall(self._trees, key)
            seen = closer.look([], _pixels(question))
            numbers = self.names.numbers(closer.tree.tables)
            columns |= tree_columns(closer.tree, seen, numbers, self.names.rest, f"{which}.")
            head[which] = {"complete": not seen.rests}
        return head, columns

    def source(self, question: Mapping[str, Any], progress: Progress) -> Answer:
        """The text of the file of the function ``ref``, and what its lines cost."""
        from perfnb.views.explore.source import source_answer

        filters = list(_query(question).get("filters", ()))
        profile = self.filtered(filters, progress)
        progress(0.7, "Counting the lines")
        lines = self._table("lines", filters, profile.lines)
        functions = self._table("functions", filters, profile.functions)
        ref = question.get("ref", {})
        return source_answer(self.profile, profile.total, lines, functions, ref)

    def _table(self, what: str, filters: list[Any], make: Callable[[], Any]) -> Any:
        key = _key([what, filters])
        if key not in self._tables:
            _remember(self._tables, key, make(), _PROFILES)
        return _recall(self._tables, key)

    @property
    def _timed(self) -> bool:
        return self.profile.samples.time is not None


_WHAT: Final[dict[str, Callable[[Answers, Mapping[str, Any], Progress], Answer]]] = {
    "tree": Answers.tree,
    "closer": Answers.tree,
    "functions": Answers.functions,
    "lanes": Answers.lanes,
    "chart": Answers.chart,
    "sandwich": Answers.sandwich,
    "source": Answers.source,
}


def _query(question: Mapping[str, Any]) -> Mapping[str, Any]:
    query = question.get("query", {})
    if not isinstance(query, Mapping):
        raise OptionError(f"query={query!r} is no mapping")
    return query


def _pixels(question: Mapping[str, Any]) -> int:
    return min(20_000, max(1, int(question.get("pixels", _PIXELS))))


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _remember(kept: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def _recall(kept: OrderedDict[str, Any], key: str) -> Any:
    kept.move_to_end(key)
    return kept[key]


def _end(profile: Profile) -> int:
    """Return when the recording ended, in nanoseconds since its start, as the browser says."""
    samples, metadata = profile.samples, profile.metadata
    start, end = profile.start_ns, 0
    if metadata.end_monotonic_ns is not None:
        end = max(0, metadata.end_monotonic_ns - start)
    if samples.time is not None and len(samples):
        last = int(samples.time[-1]) - start
        rate = metadata.rate_achieved or metadata.rate_asked
        lasts = round(1e9 / rate) if rate else 0
        if samples.duration is not None:
            # What began before others may end after them.
            lasts = int((samples.time + samples.duration).max()) - int(samples.time[-1])
        end = max(end, last + lasts, last + 1)
    return end
