"""What the names in folded stacks say besides the name, and how names are escaped.

The format has no rules of its own for this; each tool has put into the name what it knows:

- py-spy: ``name (file:line)``, and before the stack ``process 7:"command"``, ``thread (8): name``;
- stackcollapse-perf and others: ``name_[k]`` for the kernel, ``_[j]`` for compiled at run time,
  ``_[i]`` for inlined, ``_[w]`` for a waker; ``[library.so]`` for an address without a symbol;
- perf with Python's trampolines: ``py::name:file``;
- DTrace and others on macOS and illumos: ``module`name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_SEMICOLON = "\u037e"
_SPACE = "\u00a0"
_NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$"
_CONTROLS = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}
_UNWRITABLE = _CONTROLS | {ord(";"): ord(_SEMICOLON)}
_WRITTEN = {stand_in: code for code, stand_in in _UNWRITABLE.items()}
_STAND_IN = re.compile(f"[{''.join(map(chr, _WRITTEN))}]")
_READ_AS_MORE = re.compile(rf"(?<=^#) | (?={_NUMBER})")
_ESCAPED = re.compile(rf"(?<=^#){_SPACE}|{_SPACE}(?={_NUMBER})")

_PROCESS = re.compile(r'process ([0-9]{1,18}):"(.*)"', re.DOTALL)
_THREAD = re.compile(r"thread \(([0-9]{1,18}|0x[0-9A-Fa-f]{1,15})\)(?:: (.*))?", re.DOTALL)
_LINE = re.compile(r"[0-9]{1,9}")
_ANNOTATION = re.compile(r"(.+)_\[([kijw])\]", re.DOTALL)
_TRAMPOLINE = re.compile(r"py::(.+?):(.+)", re.DOTALL)
_MODULE = re.compile(r"([\w.+-]+)`([^`]+)", re.DOTALL)
_LIBRARY = re.compile(r"\[([^\[\]]*\.so[.0-9]*|[^\[\]]+\.dylib|kernel[^\[\]]*)\]")
_KERNELS = frozenset({"kernel", "mach_kernel", "unix", "genunix"})


class Frame(NamedTuple):
    """What one name says."""

    name: str
    file: str = ""
    line: int = 0
    module: str = ""
    kind: str = "native"


class Process(NamedTuple):
    """py-spy's name of a process."""

    pid: int
    command: str


class OsThread(NamedTuple):
    """py-spy's name of a thread; `tid` is the system's, or what pthread_self returns."""

    tid: int
    name: str


def escape(name: str) -> str:
    """Return `name` in a form that no reader of folded stacks takes for more than one name.

    A ``;`` becomes U+037E, which looks the same; line breaks and other control characters
    become their pictures, such as U+240A. Spaces that would make a count or a comment of
    what stands beside them become unbreakable: where a name ends in a number, or begins
    with ``#``. `unescape` undoes all that. What is not Unicode, and no name at all, becomes
    ``?``.
    """
    text = name.encode("utf-8", "replace").decode().translate(_UNWRITABLE)
    return _READ_AS_MORE.sub(_SPACE, text) or "?"


def unescape(name: bytes) -> str:
    """Return a name as it was before `escape`."""
    text = name.decode("utf-8", "replace")
    if not text.isascii():
        text = _ESCAPED.sub(" ", _STAND_IN.sub(lambda one: chr(_WRITTEN[ord(one[0])]), text))
    return text or "?"


def escape_command(found: re.Match[bytes]) -> bytes:
    """Return what matched with nothing in it that divides names or lines."""
    command = found[0]
    if b";" not in command and b"\n" not in command:
        return command
    return command.decode("utf-8", "replace").translate(_UNWRITABLE).encode()


def lead_of(name: str) -> Process | OsThread | None:
    """Return the process or thread that py-spy names so."""
    if process := _PROCESS.fullmatch(name):
        return Process(int(process[1]), process[2])
    if thread := _THREAD.fullmatch(name):
        return OsThread(int(thread[1], 16 if thread[1][:2] == "0x" else 10), thread[2] or "")
    return None


def by_pyspy(names: Iterable[str]) -> bool:
    """Return whether py-spy made these names: nine of ten have its form, and one has a place."""
    found = [_place_of(name) for name in names]
    fitting = [place for place in found if place]
    return 10 * len(fitting) >= 9 * len(found) and any(
        line or _is_python(file, "") for _, file, line in fitting
    )


def pyspy_frame(name: str) -> Frame:
    """Return what py-spy's name of a frame says."""
    place = _place_of(name)
    if place is None:
        return Frame(name)
    function, file, line = place
    if _is_python(file, line):
        return Frame(function, file, int(line or 0), kind="python")
    # Of compiled code without debugging information only the library is known.
    return Frame(function, file, int(line)) if line else Frame(function, module=file)


def _place_of(name: str) -> tuple[str, str, str] | None:
    """Return function, file and line of ``function (file:line)``; the line may be missing."""
    if not name.endswith(")"):
        return None
    function, _, place = name[:-1].rpartition(" (")
    file, _, line = place.rpartition(":")
    if not file or not _LINE.fullmatch(line):
        file, line = place, ""
    return (function, file, line) if function and file else None


def _is_python(file: str, line: str) -> bool:
    base = file.rpartition("/")[2]
    return base.endswith((".py", ".pyw")) or file.startswith("<") or bool(line and "." not in base)


def plain_frame(name: str) -> Frame:
    """Return what a name that any tool wrote says."""
    if annotated := _ANNOTATION.fullmatch(name):
        return Frame(annotated[1], kind="kernel" if annotated[2] == "k" else "native")
    if python := _TRAMPOLINE.fullmatch(name):
        return Frame(python[1], python[2], kind="python")
    if named := _MODULE.fullmatch(name):
        kind = "kernel" if named[1] in _KERNELS else "native"
        return Frame(named[2], module=named[1], kind=kind)
    if library := _LIBRARY.fullmatch(name):
        kind = "kernel" if library[1].startswith("kernel") else "native"
        return Frame(name, module=library[1], kind=kind)
    # Off-CPU stacks and their wakers' are divided by one of these.
    return Frame(name, kind="synthetic" if name in ("-", "--") else "native")
