"""The lines that `perf script --header` begins with: how, where and when perf recorded."""

from __future__ import annotations

import re
from functools import cached_property

from perfnb.model import Metadata
from perfnb.model.tables import Int64

_LONGEST, _MOST = 8192, 10_000
_FACT = re.compile(r"# ([a-z ]{1,40}?) *: (.*)")
_EVENT = re.compile(r"name = ([^,]*),(?:.*?\} = (\d{1,12}), .*? freq = 1,)?")
_REFERENCE = re.compile(r".* = (\d{1,12}\.\d+) \(TOD\) = (\d{1,12}\.\d+) \(.*")
_EXTRA = {
    "cmdline": "command",
    "captured on": "captured on",
    "os release": "os release",
    "arch": "arch",
    "cpudesc": "cpu",
}


class Header:
    """What perf says before the first sample, if it was asked to."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, line: bytes) -> None:
        """Remember a line; a header has neither long nor very many ones."""
        if len(line) <= _LONGEST and len(self._lines) < _MOST:
            self._lines.append(line.decode("utf-8", "replace"))

    @cached_property
    def facts(self) -> dict[str, str]:
        """What is said under each name; under the same one, line by line."""
        facts: dict[str, str] = {}
        for line in self._lines:
            if match := _FACT.fullmatch(line):
                name, what = match[1], match[2].strip()
                facts[name] = f"{facts[name]}\n{what}" if name in facts else what
        return facts

    def rates(self) -> dict[str, float | None]:
        """Return the events in the order they were asked for, with their samples a second."""
        rates: dict[str, float | None] = {}
        for line in self.facts.get("event", "").split("\n"):
            if match := _EVENT.match(line):
                rates.setdefault(match[1], float(match[2]) if match[2] else None)
        return rates

    def metadata(self, time: Int64 | None, lost: int) -> Metadata:
        """Return what is known of a recording whose samples have these times."""
        start = end = wall = None
        if time is not None:
            start, end = int(time.min()), int(time.max())
            # Known if perf was told which clock to use (-k).
            if reference := _REFERENCE.fullmatch(self.facts.get("reference time", "")):
                wall = float(reference[1]) + (start / 1e9 - float(reference[2]))
        return Metadata(
            backend="perf",
            backend_version=self.facts.get("perf version", ""),
            start_monotonic_ns=start,
            end_monotonic_ns=end,
            start_wall=wall,
            missed=lost or None,
            truncated=f"perf lost {lost:,} events" if lost else "",
            extra={ours: self.facts[its] for its, ours in _EXTRA.items() if self.facts.get(its)},
        )
