"""Whose samples they are."""

from __future__ import annotations

import re

from perfnb.formats.gecko.schema import RawThread
from perfnb.formats.gecko.schema import Thread as ProcessedThread
from perfnb.model import Thread

_NUMBER = re.compile(r"-?\d{1,19}(?=\.|$)", re.ASCII)


def identity(thread: ProcessedThread | RawThread, host: str = "") -> Thread:
    """Return the thread of the model."""
    return Thread(
        _number(thread.pid),
        _number(thread.tid),
        thread.name or "",
        thread.process_name or "",
        host,
    )


def _number(found: float | str | None) -> int:
    """Return an id as a number: "123.1" is the second process that had the id 123."""
    if isinstance(found, float):
        return int(found) if abs(found) < 2**63 else 0
    digits = _NUMBER.match(found or "")
    number = int(digits[0]) if digits else 0
    return number if abs(number) < 2**63 else 0
