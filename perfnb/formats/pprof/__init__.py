"""pprof's protobuf: what Go, and much else, writes.

The format is https://github.com/google/pprof/blob/main/proto/profile.proto.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perfnb.errors import UnsupportedVersion
from perfnb.formats.pprof.labels import Labels
from perfnb.formats.pprof.samples import Decoder
from perfnb.formats.pprof.schema import message_type
from perfnb.formats.pprof.sniff import broken_at, is_pprof, legacy
from perfnb.formats.pprof.tables import Locations, Strings, named
from perfnb.formats.pprof.tree import tree
from perfnb.formats.pprof.values import unique_names, value_type
from perfnb.formats.pprof.varints import Damaged, Messages
from perfnb.formats.source import Source
from perfnb.model import Metadata, Profile, Samples, Tables
from perfnb.model.tables import Int64, frozen

_MOST_TYPES = 1000


class PprofImporter:
    """Reads profile.proto, each value type as a profile; they share their tables.

    A location with several lines, where calls were inlined, is several frames; one without is
    named by its address. Samples whose labels have numbers for both process ("pid") and thread
    ("thread_id", "tid") are of that thread.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether a file that begins like this is pprof's, be it of the old formats."""
        return is_pprof(head) or legacy(head) != ""

    def read(self, source: Source) -> dict[str, Profile]:
        """Return a profile for each value type; the default is the one that pprof shows."""
        if old := legacy(source.head):
            hint = "`go tool pprof -proto FILE > FILE.pb.gz` turns it into one that is"
            raise UnsupportedVersion(source.name, old, "profile.proto", hint)
        with Decoder() as decoder:
            return _profiles(source, decoder, *_message(source, decoder))


def _message(source: Source, decoder: Decoder) -> tuple[Any, int]:
    """Return the file as protobuf's message, and its size; most samples are the decoder's."""
    from google.protobuf.message import DecodeError

    split = decoder.read(source.bounded())
    try:
        message = message_type("Profile").FromString(b"".join(split.rest))
    except DecodeError as error:
        raise source.malformed(broken_at(source.bytes()), "no field of a profile") from error
    return message, split.size


def _profiles(source: Source, decoder: Decoder, message: Any, size: int) -> dict[str, Profile]:
    strings = Strings(message.string_table)
    with named(source, "sample_type"):
        types = _types(message.sample_type, strings)
    if not types:
        raise source.malformed("sample_type", "there is none")
    count = len(decoder) + len(message.sample)
    if len(types) > _MOST_TYPES or len(types) * count > size:
        raise source.malformed("sample", f"fewer values than the {len(types)} value types")
    decoder.extend(message.sample, len(types), size)
    columns = decoder.columns(len(types))
    locations = Locations(source, message, strings)
    with named(source, "sample"):
        found = columns.result()
        try:
            stacks, leaf = tree(found.stack.content, locations, decoder.pool)
        except Damaged as error:
            raise Damaged(int(np.argmax(found.stack.row == error.index)), error.what) from error
        labels = Labels(strings)
        try:
            thread, label = labels.read(found.label.content)
        except Damaged as error:
            raise Damaged(int(np.argmax(found.label.row == error.index)), error.what) from error
    sets = labels.sets
    tables = Tables(locations.functions, locations.frames, stacks, tuple(labels.threads), sets)
    samples = Samples(
        frozen(leaf[found.stack.row], np.int32),
        frozen(thread[found.label.row], np.int32),
        frozen([], np.int64),
        label=frozen(label[found.label.row], np.int32) if sets else None,
        count=_count(types, found.value),
    )
    try:
        metadata = _metadata(message, strings)
        default = strings[message.default_sample_type]
    except Damaged as error:
        raise source.malformed("the profile's own fields", error.what) from error

    profiles = {}
    for name, (kind, unit), values in zip(unique_names(types), types, found.value, strict=True):
        value, factor = value_type(kind, unit)
        if factor * float(np.abs(values.astype(np.float64)).sum()) >= 2**63:
            raise source.malformed("sample", f"values of {name} too large to be added up")
        rows = replace(samples, weight=frozen(values * factor, np.int64))
        profiles[name] = Profile(value, tables, rows, metadata)
    kinds = [kind for kind, _ in types]
    first = kinds.index(default) if message.default_sample_type and default in kinds else -1
    chosen = list(profiles)[first]
    return {chosen: profiles.pop(chosen), **profiles}


def _count(types: Sequence[tuple[str, str]], values: Int64) -> Int64 | None:
    """Return how many samples each row stands for, if one of the values is just that."""
    if ("samples", "count") not in types:
        return None
    counts = values[types.index(("samples", "count"))]
    return frozen(counts, np.int64) if (counts >= 0).all() else None


def _types(raw: Any, strings: Strings) -> list[tuple[str, str]]:
    found = Messages(raw).column(2)
    strings.check(*found[1:])
    return [(strings[kind], strings[unit]) for kind, unit in found[1:].T.tolist()]


def _metadata(message: Any, strings: Strings) -> Metadata:
    notes = [strings[index] for index in message.comment]
    for asked, index in (("left out", message.drop_frames), ("kept", message.keep_frames)):
        if index:
            notes.append(f"the file asks for frames to be {asked}; all are here: {strings[index]}")
    extra: dict[str, Any] = {}
    rate = None
    if message.period:
        kind, unit = next(iter(_types([message.period_type], strings)))
        value, factor = value_type(kind, unit)
        extra = {"period": message.period, "period_type": kind, "period_unit": unit}
        if value.unit == "ns" and message.period > 0:
            rate = 1e9 / (message.period * factor)
    if message.doc_url:
        extra["doc_url"] = strings[message.doc_url]
    # The file has no times of samples; the window begins at 0, so that its length is told.
    timed = message.duration_nanos > 0
    return Metadata(
        start_monotonic_ns=0 if timed else None,
        end_monotonic_ns=message.duration_nanos if timed else None,
        start_wall=message.time_nanos / 10**9 if message.time_nanos else None,
        rate_asked=rate,
        notes=tuple(notes),
        extra=extra,
    )
