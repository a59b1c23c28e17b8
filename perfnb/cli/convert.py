"""``perfnb convert``, and how commands read their input."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from perfnb.cli.terminal import warn
from perfnb.errors import OptionError
from perfnb.formats import EXPORTERS, check_suffix, write_all
from perfnb.formats.base import Exporter
from perfnb.formats.read import Place, read_all
from perfnb.model import Profile

STANDARD = "-"


def place(name: str) -> Place:
    """Return what `perfnb.read` takes for an argument: the bytes themselves of standard input."""
    if name == STANDARD:
        return sys.stdin.buffer.read()
    return name


def chosen(profiles: dict[str, Profile], value: str | None, file: str) -> str:
    """Return the value type that was asked for, by default the first.

    Raises
    ------
    OptionError
        If it is not in the file.
    """
    if value is None:
        return next(iter(profiles))
    if value not in profiles:
        raise OptionError(
            f"{file}: no value type {value!r}", f"--value takes one of: {', '.join(profiles)}"
        )
    return value


def convert(options: argparse.Namespace) -> None:
    """Read IN whole, then write OUT whole."""
    if options.to_format:
        entry = EXPORTERS.get(options.to_format)
    elif options.out == STANDARD:
        known = ", ".join(EXPORTERS.names())
        raise OptionError("standard output has no suffix that names a format", f"--to {known}")
    else:
        entry = check_suffix(options.out)
    exporter: Exporter = entry.load()()
    profiles = read_all(place(options.file), format=options.from_format)
    name = chosen(profiles, options.value, options.file)
    if options.value or "several" not in exporter.carries:
        left_out = [one for one in profiles if one != name]
        if left_out and not options.value:
            warn(f"{entry.name} holds one value type: {name}, without {', '.join(left_out)}")
        profiles = {name: profiles[name]}
    if options.out != STANDARD:
        write_all(profiles, options.out, format=entry.name)
        return
    with tempfile.TemporaryDirectory(prefix="perfnb-") as folder:
        # Written whole first, so that what reads the pipe gets all of it or nothing.
        whole = Path(folder) / "out"
        write_all(profiles, whole, format=entry.name)
        with whole.open("rb") as held:
            shutil.copyfileobj(held, sys.stdout.buffer)
