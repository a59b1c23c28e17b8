"""Medians with their spread, the machine they are from, tables and verdicts."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


@dataclass(frozen=True)
class Series:
    """Repeated measurements of one thing."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Series:
        return cls(tuple(values))

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    @property
    def quartiles(self) -> tuple[float, float]:
        return self.quantile(0.25), self.quantile(0.75)

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.values, share))

    @property
    def spread(self) -> float:
        """Half of what lies between the quartiles."""
        low, high = self.quartiles
        return (high - low) / 2

    def text(self, form: str = ".3f") -> str:
        low, high = self.quartiles
        return f"{self.median:{form}} [{low:{form}} – {high:{form}}]"

    def as_dict(self) -> dict[str, Any]:
        return {"median": self.median, "quartiles": self.quartiles, "values": self.values}

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Goal:
    """Something promised: a number that is to be at most `limit`."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    noise: float = 0.0

    @classmethod
    def of(
        cls, what: str, series: Series, limit: float, unit: str = "", noise: float = 0.0
    ) -> Goal:
        return cls(what, series.median, limit, unit, max(noise, series.spread))

    @property
    def met(self) -> bool:
        return self.measured <= self.limit

    @property
    def decided(self) -> bool:
        """Whether the distance to the limit is more than the noise."""
        return abs(self.measured - self.limit) > self.noise

    def text(self) -> str:
        verdict = "met" if self.met else "NOT MET"
        doubt = "" if self.decided else f", but ± {self.noise:.3g} is noise here"
        number = f"{self.measured:.4g} {self.unit}".strip()
        return f"{verdict:>8}: {self.what}: {number} (goal ≤ {self.limit:g}{doubt})"

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "met": self.met, "decided": self.decided}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return columns of text, the first to the left and the others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["─" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def environment(*packages: str) -> dict[str, Any]:
    """Return where and when this was measured."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in ("perfnb", *packages)},
    }


def headline(about: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    text = (
        f"{about['date']}, {about['cores']} cores ({about['cpu']}), Linux {about['kernel']}, "
        f"Python {about['python']}\n{versions}"
    )
    if about["load_before"] > 0.3 * about["cores"]:
        text += f"\n! the machine is busy (load {about['load_before']:.1f}): expect noise"
    return text


def report(name: str, text: str, data: dict[str, Any], goals: Sequence[Goal]) -> None:
    """Print the text and the verdicts, and write build/`name`.json."""
    BUILD.mkdir(exist_ok=True)
    path = BUILD / f"{name}.json"
    data = {**data, "goals": [goal.as_dict() for goal in goals]}
    path.write_text(json.dumps(data, indent=1))
    print(text)
    print("\n" + "\n".join(goal.text() for goal in goals))
    print(f"\nEvery number: {path.relative_to(ROOT)}")


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
