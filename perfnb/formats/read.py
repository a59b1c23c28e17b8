"""Profiles from files: whose format it is, and what can go wrong."""

from __future__ import annotations

import json
import os
from dataclasses import replace

from perfnb.errors import InvalidProfile, OptionError, UnknownFormat
from perfnb.formats import IMPORTERS
from perfnb.formats.base import Importer
from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.model import Profile
from perfnb.registry import Entry
from perfnb.units import ValueType

Place = str | os.PathLike[str] | bytes | bytearray | memoryview


def read(place: Place, value: str | None = None, *, format: str | None = None) -> Profile:
    r"""Read a profile that any known tool wrote.

    Parameters
    ----------
    place : path, str or bytes
        A file, a URL that fsspec opens (``s3://…``, ``https://…``), or the content itself;
        plain or compressed with gzip, zstd, bzip2 or xz.
    value : str, optional
        Which value type, where the file has several (`read_all` lists them); by default
        the one that the file itself puts first.
    format : str, optional
        The format's name, for a file that is not recognised; by default the content tells.

    Raises
    ------
    UnknownFormat
        If no format fits.
    MalformedProfile
        If the file is broken: it names the place and the reason. Nothing half-read is returned.
    OptionError
        If there is no such format, or no such value type in the file.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> perfnb.read(b"main;work 3\nmain;rest 1\n").total
    4
    """
    profiles = read_all(place, format=format)
    if value is None:
        return next(iter(profiles.values()))
    if value not in profiles:
        name = Source(place).name
        raise OptionError(f"{name}: no value type {value!r}", f"there are: {', '.join(profiles)}")
    return profiles[value]


def read_all(place: Place, *, format: str | None = None) -> dict[str, Profile]:
    """Read every value type of a file: profiles by name, the default first.

    Parameters and errors are those of `read`.
    """
    source = Source(place)
    entry = identify(source) if format is None else _named(format)
    importer: Importer = entry.load()()
    try:
        profiles = importer.read(source)
    except InvalidProfile as error:
        raise source.malformed("the whole", error.message) from error
    return {name: _titled(profile, source, entry) for name, profile in profiles.items()}


def identify(source: Source) -> Entry:
    """Return the row of the format that `source` is in.

    Raises
    ------
    UnknownFormat
        If no format fits.
    MalformedProfile
        If it is broken JSON, or its compression is.
    """
    head = source.head
    if not head.strip():
        raise UnknownFormat(source.name, "the file is empty")
    found = _claimed(head)
    if found is None and top_keys(head):
        # What tells it apart may stand behind the first 64 KiB.
        document = source.json()
        if isinstance(document, dict):
            found = _claimed(json.dumps(dict.fromkeys(document, 0)).encode())
    if found is None:
        known = ", ".join(IMPORTERS.names())
        raise UnknownFormat(source.name, f"known are: {known}; format=… chooses one of them")
    return found


def _claimed(head: bytes) -> Entry | None:
    for entry in IMPORTERS:
        if entry.magic and not head.startswith(entry.magic):
            continue
        importer: Importer = entry.load()()
        if importer.sniff(head):
            return entry
    return None


def _named(name: str) -> Entry:
    try:
        return IMPORTERS.get(name)
    except KeyError as error:
        raise OptionError(error.args[0], "leave format out: the content tells it") from error


def _titled(profile: Profile, source: Source, entry: Entry) -> Profile:
    """Return the profile with what the file's name and format tell."""
    title = profile.metadata.title or os.path.basename(source.name)  # noqa: PTH119 - also of URLs
    if entry.name == "archive":
        # It tells all as it was.
        return profile.with_metadata(title=title)
    samples = profile.samples
    untold = samples.time is None and samples.count is None
    if untold and profile.value == ValueType("samples", "count") and (samples.weight >= 0).all():
        profile = profile.with_samples(replace(samples, count=samples.weight))
    return profile.with_metadata(
        title=title,
        extra={**profile.metadata.extra, "format": entry.name},
        backend=profile.metadata.backend or entry.name,
        summed=profile.metadata.summed or untold,
    )
