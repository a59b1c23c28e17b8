"""austin's text: ``P<pid>;T<interpreter>:<thread>;<file>:<function>:<line>… <metric>``.

Comments such as ``# mode: wall`` tell the metadata. The metric is a time in microseconds,
bytes, or in full mode ``<time>,<idle>,<bytes>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from perfnb.formats.austin.samples import Recording

BEGIN = re.compile(rb"# austin: |(?:#[^\n]*\n|\s)*P\d+;T[\da-f:]+(?:;[^;\n]*:[^;\n]*)* -?\d")
_HEAD = re.compile(r"P(\d{1,18});T(?:(\d{1,18}):)?([\da-fA-F]{1,16})(?=;|$)")
# Paths have no colon but a drive's; functions of C++ have many.
_FRAME = re.compile(r";((?:[A-Za-z]:[\\/])?[^:]*):(.*?):(-?\d{0,18})(?=;|$)")
_METRIC = re.compile(rb"-?\d{1,19}")
_FULL = re.compile(rb"(-?\d{1,19}),([01]),(-?\d{1,19})")

_Head = tuple[int, tuple[int, int]]


def read(chunks: Iterable[bytes], recording: Recording) -> None:
    """Add the lines in `chunks`, each of which ends with a line's end, to `recording`.

    Raises
    ------
    MalformedProfile
        If a line is neither a comment nor a sample.
    """
    # Most lines repeat another one but for the metric: each stack is taken apart once.
    known: dict[bytes, _Head] = {}
    number = 0
    for chunk in chunks:
        for line in chunk.splitlines():
            number += 1
            if line.startswith(b"#"):
                key, colon, value = line[1:].decode("utf-8", "replace").partition(":")
                if colon:
                    recording.told[key.strip()] = value.strip()
            elif line:
                head, _, metric = line.rpartition(b" ")
                try:
                    if (found := known.get(head)) is None:
                        found = known[head] = _stack(head.decode("utf-8", "replace"), recording)
                    _sample(found, metric, recording)
                except OverflowError as error:
                    what = "a metric with too large a number"
                    raise recording.source.malformed(f"line {number}", what) from error
                except ValueError as error:
                    raise recording.source.malformed(f"line {number}", str(error)) from error


def _sample(head: _Head, metric: bytes, recording: Recording) -> None:
    stack, thread = head
    if _METRIC.fullmatch(metric):
        if recording.mode == "memory":
            recording.sample(stack, thread, 0, int(metric))
        else:
            recording.sample(stack, thread, int(metric))
    elif full := _FULL.fullmatch(metric):
        recording.told.setdefault("mode", "full")
        recording.sample(stack, thread, int(full[1]), int(full[3]), full[2] == b"1")
    else:
        raise ValueError("the line does not end with a metric")


def _stack(text: str, recording: Recording) -> _Head:
    head = _HEAD.match(text)
    if head is None:
        raise ValueError("neither a comment nor a process and a thread, such as P12;T0:34")
    pid, interpreter, tid = head.groups()
    # Linux writes decimal numbers, Windows hexadecimal ones.
    number = int(tid) if tid.isdigit() else int(tid, 16)
    if number >= 2**63:
        raise ValueError("a thread with too large a number")
    thread = recording.thread(int(pid), number, int(interpreter or 0))
    stack, at = -1, head.end()
    while at < len(text):
        frame = _FRAME.match(text, at)
        if frame is None:
            raise ValueError(f"no frame of the form file:function:line after character {at}")
        file, name, line = frame.groups()
        stack = recording.push(stack, recording.frame(file, name, int(line or 0)))
        at = frame.end()
    return stack, thread
