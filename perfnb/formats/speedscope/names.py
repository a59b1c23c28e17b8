"""What the name of a speedscope profile tells of its thread and value type.

py-spy calls a profile ``Process 12 Thread 0x7f12 "MainThread"``. What perfnb writes is an
extension of that: ``Host "h" Process 12 "app" Thread 34 "MainThread" (on-CPU/ns)``.
"""

from __future__ import annotations

import json
import re

from perfnb.model import Thread
from perfnb.units import UNITS, ValueType

_STRING = r'"(?:[^"\\]|\\.)*"'
# A thread's name stands last and raw, as py-spy writes it: it may have quotation marks in it.
_NAME = re.compile(
    rf"(?:(?:Host (?P<host>{_STRING}) )?"
    rf"(?:Process (?P<pid>-?\d{{1,18}})(?: (?P<process>{_STRING}))? )?"
    r'Thread (?P<tid>0x[0-9A-Fa-f]{1,16}|-?\d{1,18})(?: "(?P<name>.*)")?)?'
    rf"(?: ?\((?P<kind>[^()]*)/(?P<unit>{'|'.join(UNITS)})\))?",
    re.S,
)
_MARKS = str.maketrans("()", "[]")


def parse_name(name: str) -> tuple[Thread | None, ValueType | None]:
    """Return the thread and value type that a profile's name tells, as far as it does."""
    match = _NAME.fullmatch(name)
    if match is None or not match[0]:
        return None, None
    value = None if match["unit"] is None else ValueType(match["kind"], match["unit"])
    if match["tid"] is None:
        return Thread(0, 0), value
    tid = match["tid"]
    thread = Thread(
        int(match["pid"] or 0),
        int(tid, 16 if tid.startswith("0x") else 10),
        match["name"] or "",
        _unquoted(match["process"]),
        _unquoted(match["host"]),
    )
    return thread, value


def name_of(thread: Thread, value: ValueType) -> str:
    """Return the name from which `parse_name` tells both again."""
    words = []
    if thread.host:
        words.append(f"Host {json.dumps(thread.host, ensure_ascii=False)}")
    if thread.pid or thread.process:
        words.append(f"Process {thread.pid}")
    if thread.process:
        words.append(json.dumps(thread.process, ensure_ascii=False))
    if words or thread.tid or thread.name:
        words.append(f'Thread {thread.tid} "{thread.name}"')
    words.append(f"({value.kind.translate(_MARKS)}/{value.unit})")
    return " ".join(words)


def _unquoted(text: str | None) -> str:
    if not text:
        return ""
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1]
