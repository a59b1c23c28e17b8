"""Files from profiles, and profiles from files. A format is one module and one row here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from perfnb.errors import OptionError
from perfnb.registry import Entry, Registry

if TYPE_CHECKING:
    from perfnb.model import Profile

IMPORTERS = Registry(
    "profile format",
    # Asked in this order whether a file is theirs: the plainest text comes last.
    (
        Entry(
            "archive",
            "perfnb.formats.archive:ArchiveImporter",
            "perfnb's own, lossless",
            magic=(b"PK\x03\x04",),
        ),
        Entry(
            "perf.data",
            "perfnb.capture.perfdata:PerfDataImporter",
            "perf record's file",
            magic=(b"PERFILE2", b"2ELIFREP"),
        ),
        Entry(
            "memray",
            "perfnb.capture.memrayfile:MemrayImporter",
            "memray run's file",
            magic=(b"memray\0", b"\x04\x22\x4d\x18"),
        ),
        Entry("austin", "perfnb.formats.austin:AustinImporter", "austin, text or MOJO"),
        Entry("pstats", "perfnb.formats.pstats:PstatsImporter", "cProfile's statistics"),
        Entry("speedscope", "perfnb.formats.speedscope:SpeedscopeImporter", "speedscope JSON"),
        Entry("gecko", "perfnb.formats.gecko:GeckoImporter", "Firefox Profiler, samply"),
        Entry("cpuprofile", "perfnb.formats.cpuprofile:CpuProfileImporter", "V8: Node, Chrome"),
        Entry("chrometrace", "perfnb.formats.chrometrace:ChromeTraceImporter", "trace events"),
        Entry("bpftrace", "perfnb.formats.bpftrace:BpftraceImporter", "maps keyed by stacks"),
        Entry("pprof", "perfnb.formats.pprof:PprofImporter", "Go's and pprof's protobuf"),
        Entry("perf script", "perfnb.formats.perfscript:PerfScriptImporter", "perf script's text"),
        Entry("folded", "perfnb.formats.folded:FoldedImporter", "folded stacks, py-spy raw"),
    ),
)

EXPORTERS = Registry(
    "file format",
    (
        Entry("html", "perfnb.views.export:HtmlExporter", "a page of its own", (".html", ".htm")),
        Entry("svg", "perfnb.views.export:SvgExporter", "a static picture", (".svg",)),
        Entry(
            "folded",
            "perfnb.formats.folded.write:FoldedExporter",
            "folded stacks, for flamegraph.pl, inferno, speedscope",
            (".folded", ".collapsed", ".txt"),
        ),
        Entry(
            "speedscope",
            "perfnb.formats.speedscope:SpeedscopeExporter",
            "for speedscope.app",
            (".speedscope.json", ".speedscope", ".json"),
        ),
        Entry(
            "pprof",
            "perfnb.formats.pprof.write:PprofExporter",
            "for go tool pprof and what reads its protobuf",
            (".pb.gz", ".pprof", ".pb"),
        ),
        Entry(
            "gecko",
            "perfnb.formats.gecko.write:GeckoExporter",
            "for profiler.firefox.com",
            (".gecko.json", ".gecko"),
        ),
        Entry(
            "chrometrace",
            "perfnb.formats.chrometrace.write:ChromeTraceExporter",
            "trace events, for Perfetto and chrome://tracing",
            (".trace.json", ".trace"),
        ),
        Entry(
            "archive",
            "perfnb.formats.archive:ArchiveExporter",
            "Parquet tables in a zip: lossless",
            (".perfnb",),
        ),
    ),
)


def check_suffix(path: str | os.PathLike[str]) -> Entry:
    """Return the exporter for `path`; a further ``.gz`` or ``.zst`` compresses.

    Raises
    ------
    OptionError
        If no format has its suffix.
    """
    name = os.fspath(path)
    entry = EXPORTERS.by_suffix(name)
    if entry is None and name.lower().endswith((".gz", ".zst")):
        entry = EXPORTERS.by_suffix(name.rpartition(".")[0])
    if entry is None:
        known = ", ".join(suffix for row in EXPORTERS for suffix in row.suffixes)
        raise OptionError(
            f"{name}: no format has this suffix", f"one of {known}; then .gz or .zst if you like"
        )
    return entry


def write(profile: Profile, path: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write `profile` to `path`.

    Parameters
    ----------
    profile : Profile
        What to write.
    path : path
        Where to; its suffix names the format, and ``.gz`` or ``.zst`` after that compresses.
        What was there before is replaced only when all is written.
    format : str, optional
        The format's name, whatever the suffix.

    Raises
    ------
    OptionError
        If no format has that suffix or name.
    OSError
        If the file cannot be written.
    """
    write_all({profile.value.kind: profile}, path, format=format)


def write_all(
    profiles: Mapping[str, Profile],
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
) -> None:
    """Write several value types of one recording to one file, as `read_all` returned them.

    Parameters and errors are those of `write`; a format that holds only one value type
    is an `OptionError` too.
    """
    from perfnb.formats.save import save

    if format is None:
        entry = check_suffix(path)
    else:
        try:
            entry = EXPORTERS.get(format)
        except KeyError as error:
            raise OptionError(error.args[0]) from error
    save(entry, profiles, os.fspath(path))
