"""How the tools that write trace events name what ran."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from perfnb.formats.chrometrace.around import Around
from perfnb.model.files import is_native


class Place(NamedTuple):
    """A function and a line in it."""

    name: str
    file: str = ""
    line: int = 0
    kind: str = "native"


class Tool(NamedTuple):
    """Who wrote a trace, and how to read the (name, category, arguments) of its spans.

    A place of None is that of a span that stands for no function.
    """

    name: str
    place: Callable[[str, str, bytes], Place | None]


_VIZTRACER = re.compile(r"(.*) \((.*):(\d{1,9})\)", re.S)
_TORCH_PYTHON = re.compile(r"(.+?)\((\d{1,9})\): (.*)", re.S)
_GPU = frozenset({"kernel", "gpu_memcpy", "gpu_memset"})
_LABELS = frozenset({"user_annotation", "gpu_user_annotation"})
THREAD = re.compile(r"thread \((\w{1,18})\)(?:: (.*))?", re.S)
PROCESS = re.compile(r"process (\d{1,18})(?::\"?(.*?)\"?)?", re.S)


class _PySpyArgs(msgspec.Struct):
    filename: str | None = None
    line: int | None = None


def _pyspy(name: str, category: str, args: bytes) -> Place | None:
    told = msgspec.json.decode(args, type=_PySpyArgs) if args else _PySpyArgs()
    file, line = told.filename or "", told.line or 0
    if not file and (THREAD.fullmatch(name) or PROCESS.fullmatch(name)):
        return None
    kind = "native" if is_native(file) else "python"
    return Place(name, file, line if 0 < line < 2**31 else 0, kind)


def _viztracer(name: str, category: str, args: bytes) -> Place:
    if told := _VIZTRACER.fullmatch(name):
        return Place(told[1], told[2], int(told[3]), "python")
    # What has no file is a function written in C, such as builtins.len.
    return Place(name)


def _torch(name: str, category: str, args: bytes) -> Place | None:
    if category == "python_function":
        if told := _TORCH_PYTHON.fullmatch(name):
            return Place(told[3], told[1], int(told[2]), "python")
        return Place(name, kind="native" if name.startswith("<built-in") else "python")
    if category in _GPU:
        return Place(name, kind="gpu")
    if category == "Trace":
        # The recording itself, from its beginning to its end.
        return None
    return Place(name, kind="synthetic" if category in _LABELS else "native")


def _other(name: str, category: str, args: bytes) -> Place:
    return Place(name, kind="gpu" if category in _GPU else "native")


def tool_of(around: Around, categories: set[str]) -> Tool:
    """Return who wrote a trace, from what stands beside its events and their categories."""
    if around.viztracer is not None:
        return Tool("viztracer", _viztracer)
    if "py-spy" in categories:
        return Tool("py-spy", _pyspy)
    if categories & {"cpu_op", "python_function"} or around.device_properties is not None:
        return Tool("PyTorch profiler", _torch)
    if "clock-domain" in around.metadata:
        return Tool("Chromium", _other)
    if any(category.startswith("node,") for category in categories):
        return Tool("Node.js", _other)
    return Tool("", _other)
