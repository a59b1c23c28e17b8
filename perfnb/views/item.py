"""One statement of the footer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One statement; `level` is "ok", "note" or "warn"."""

    label: str
    text: str
    level: str = "ok"
    help: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the item as the browser takes it."""
        return {"label": self.label, "text": self.text, "level": self.level, "help": self.help}
