"""The lines of `perf script`'s text: of samples, of frames, of the header."""

from __future__ import annotations

import re

# Everything is bounded or possessive: a hostile line must not take a time that is its length
# squared. Without an event's name the rest is empty, a period, or a frame.
_EVENT = rb"(?:(?:(\d{1,20}) ++)?([^\s\d]\S*):(?: ++|$))?((?(5).*|(?:[0-9a-f]++(?: ++\S.*)?)? *+))"
HEADS = tuple(
    re.compile(pattern)
    for pattern in (
        rb" *+(?:([^ \t].{0,90}?) ++)?(\d{1,12})\.(\d{6}|\d{9}): *+" + _EVENT,
        rb" *+((?:[^ \t].{0,30}? ++)?(?:\d{1,10}/ *+)?\d{1,10}(?: *+\[\d{1,6}\])?)()() ++" + _EVENT,
        rb" *+([^ \t].{0,30}?|)()()()() *+([0-9a-f]{4,16} ++\S.*|)",
    )
)
"""A sample's line, with a time, without, with nothing but a name: the groups are who, seconds,
their fraction, period, event, rest."""

WHO = re.compile(rb"(?:(.*?) +)?(?:(-?\d{1,10}) */ *)?(-?\d{1,10}) *(?:\[\d+\])?(?: +[^\s\d]\S*)?")
"""Name, process and thread; a name may hold anything."""

LOST = re.compile(rb"PERF_RECORD_LOST(?:_SAMPLES)?:? +lost:? *(\d{1,18})")

INLINED = b" (inlined)"
_FRAME = re.compile(rb"\s*+([0-9a-f]{1,16})(?: ++([^\v]*+))?(?:\v(.*))?")
_FIRST = re.compile(rb"[0-9a-f]{4,16} ++\S")
_LATER = re.compile(rb"(?<= )[0-9a-f]{6,16} ++(?=\S)")
_OFFSET = re.compile(r"\+0x[0-9a-f]++(?= \(|$)")
_OBJECT = re.compile(r" \((?=[/\[])")
_PYTHON = re.compile(r"py::(.*):(.*)")
_KERNEL = re.compile(r"\[(?:guest\.)?kernel\b.*|.*\.ko(?:\.[gx]z|\.zst)?|vmlinux.*|bpf_prog_.*")
_UPPER_HALF = 1 << 63
_VSYSCALL = 0xFFFFFFFFFF600000


def is_frame(line: bytes) -> bool:
    """Return whether a line could be one of a stack."""
    return _FRAME.fullmatch(line) is not None


def frame_behind(rest: bytes) -> bytes | None:
    """Return the frame that follows the event, or its fields, in a sample without a stack."""
    rest = rest.strip()
    if _FIRST.match(rest):
        return rest
    if not rest.endswith(b")"):
        return None
    starts = [match.start() for match in _LATER.finditer(rest)]
    return rest[starts[-1] :] if starts else None


def frame_facts(line: bytes) -> tuple[str, str, int, str, str] | None:
    """Return name, file, line, module and kind of a frame; None if it is none.

    The module is the object's path as perf tells it. What has no name is called after its
    object, or is its address.
    """
    found = _FRAME.fullmatch(line)
    if found is None:
        return None
    address, what, where = found.groups()
    name, module = _symbol((what or b"").decode("utf-8", "replace").strip())
    if python := _PYTHON.fullmatch(name):
        return python[1], python[2], 0, "", "python"
    if module == "[unknown]":
        module = ""
    base = module.rpartition("/")[2]
    if not name or name == "[unknown]":
        label = base.removeprefix("[").removesuffix("]") or "unknown"
        name = f"[{label}]" if what else f"0x{address.decode()}"
    number = int(address, 16)
    high = number >= _UPPER_HALF and number & ~0xFFF != _VSYSCALL
    kind = "kernel" if high or _KERNEL.fullmatch(base[-255:]) else "native"
    file, number = _source((where or b"").decode("utf-8", "replace"))
    return name, file, number, module, kind


def _symbol(text: str) -> tuple[str, str]:
    """Return name and module; both may hold blanks and brackets."""
    offsets = [*_OFFSET.finditer(text)]
    if offsets:
        name, rest = text[: offsets[-1].start()], text[offsets[-1].end() :]
        module = rest[2:-1] if rest.startswith(" (") and rest.endswith(")") else ""
    elif text.endswith(")") and " (" in text:
        found = _OBJECT.search(text)
        at = found.start() if found else text.rfind(" (")
        name, module = text[:at], text[at + 2 : -1]
    else:
        name, module = text, ""
    # With -F dsoff there is an offset in the object, too.
    return name, re.sub(r"\+0x[0-9a-f]++$", "", module)


def _source(text: str) -> tuple[str, int]:
    """Return file and line, "" and 0 where perf does not know them."""
    file, _, line = re.sub(r" \(discriminator \d{1,9}\)$", "", text).rpartition(":")
    if not (line.isascii() and line.isdigit() and len(line) < 10) or file in ("", "??"):
        return "", 0
    return file, int(line)
