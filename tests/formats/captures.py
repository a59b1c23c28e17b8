"""The real files: ``tests/data/FORMAT/``, each told of in ``provenance.json`` beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Capture:
    """One file that a real tool wrote."""

    format: str
    path: Path
    facts: dict[str, Any]

    @property
    def every(self) -> int:
        """Every how many-th of the damaged files is read: more where reading is slow."""
        return int(self.facts.get("every", 1))

    @property
    def id(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def captures(format: str | None = None) -> list[Capture]:
    """Return all captures, or those of one format."""
    found = []
    for told in sorted(DATA.glob("*/provenance.json")):
        content = json.loads(told.read_text(encoding="utf-8"))
        found += [
            Capture(facts.get("format", content["format"]), told.parent / name, facts)
            for name, facts in sorted(content["files"].items())
        ]
    return [one for one in found if format in (None, one.format)]
