"""perf record's file, read through the perf that is installed.

Only perf finds the names: in the binaries, their debug information, the kernel's symbols and
the maps that compilers at run time leave. Files should be read where they were recorded;
for elsewhere, `perf script` writes a text that `perfnb.formats.perfscript` reads.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from perfnb.capture.process import Child
from perfnb.errors import BackendUnavailable, MalformedProfile
from perfnb.formats.perfscript import read_text
from perfnb.formats.source import Source
from perfnb.model import Profile

_MAGIC = b"PERFILE2"
_SILENT_S = 300.0
_HEADER = 104
_PIPED = 16
_NOT_TOLD = (
    "functions inlined into others are not told apart: perf needs minutes to find them;"
    " where they matter, read what `perf script` prints"
)


class PerfDataImporter:
    """Reads what `perf record` wrote, to a file or into a pipe."""

    def sniff(self, head: bytes) -> bool:
        """Return whether `head` is perf's, written on a machine of either byte order."""
        return head.startswith((_MAGIC, _MAGIC[::-1]))

    def read(self, source: Source) -> dict[str, Profile]:
        """Return a profile for each event; see `perfnb.formats.base.Importer`.

        Raises
        ------
        BackendUnavailable
            If there is no perf.
        """
        tool = shutil.which("perf")
        with source.file() as path:
            _check_size(source, path)
            if tool is None:
                raise BackendUnavailable(
                    "perf",
                    "reading perf.data needs the perf command, which is not installed",
                    "apt install linux-perf (Ubuntu: linux-tools-generic), or run "
                    f"`perf script --header -F +pid -i {source.name} > text` where it is",
                )
            profiles = _through_perf(tool, path, source)
        return {name: _with_note(profile) for name, profile in profiles.items()}


def _through_perf(tool: str, path: Path, source: Source) -> dict[str, Profile]:
    argv = [tool, "script", "--force", "--header", "--ns", "--no-inline", "--show-lost-events"]
    # Added to what it prints by default, which depends on the file. For tracepoints any
    # addition drops the stacks from that, so they are asked for, too.
    argv += ["-F", "+pid,+ip,+sym,+symoff,+dso", "-i", str(path.absolute())]
    # No looking for debug information in the net.
    quiet = {"DEBUGINFOD_URLS": "", "LC_ALL": "C"}
    with (
        tempfile.TemporaryFile() as said,
        Child(argv, env=quiet, stdout=subprocess.PIPE, stderr=said) as child,
    ):

        def failed(what: str) -> MalformedProfile:
            said.seek(0)
            lines = said.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
            reason = f"{what}: {lines[-1].strip()}" if lines else what
            return source.malformed("perf script", reason, "perf script -v -i tells more")

        def output() -> Iterator[bytes]:
            try:
                yield from child.output(_SILENT_S)
            except TimeoutError:
                raise failed(f"perf printed nothing for {_SILENT_S:g} s") from None
            if code := child.exit_code:
                raise failed(f"perf ended with {f'exit {code}' if code > 0 else f'signal {-code}'}")

        def malformed(where: str, what: str) -> MalformedProfile:
            return source.malformed(f"{where} of what perf script prints", what)

        return read_text(output(), malformed)


def _check_size(source: Source, path: Path) -> None:
    """Find out without perf, which would read on for long, that a file ends early."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER)
        order = "<" if head.startswith(_MAGIC) else ">"
        if len(head) < _PIPED:
            raise source.malformed(f"byte {size}", "ends within its header")
        (length,) = struct.unpack_from(order + "Q", head, 8)
        if length == _PIPED:
            return
        if len(head) < _HEADER:
            raise source.malformed(f"byte {size}", "ends within its header")
        # Attributes, data and event types lie at an offset and have a size each; then there
        # is a bit for each section behind the data, where their offsets and sizes are.
        (_, *places) = struct.unpack_from(order + "Q6Q", head, 16)
        sections = [(places[0], places[1]), (places[2], places[3])]
        if places[3]:
            end = places[2] + places[3]
            table = 16 * int.from_bytes(head[72:_HEADER], "big").bit_count()
            sections.append((end, table))
            if end + table <= size:
                file.seek(end)
                sections += struct.iter_unpack(order + "2Q", file.read(table))
    for offset, length in sections:
        if offset + length > size:
            raise source.malformed(
                f"byte {size}", f"ends early: {length:,} bytes should follow byte {offset:,}"
            )


def _with_note(profile: Profile) -> Profile:
    metadata = profile.metadata
    return replace(profile, metadata=replace(metadata, notes=(*metadata.notes, _NOT_TOLD)))
