"""The messages of profile.proto, as protobuf wants them described."""

from __future__ import annotations

from functools import cache
from typing import Any

_INT64, _UINT64, _BOOL, _BYTES = 3, 4, 8, 12
_ONE, _MANY = 1, 3

_MESSAGES: dict[str, tuple[tuple[str, int, int, bool], ...]] = {
    # Messages within a profile, and strings, are declared as bytes, which are the same in the
    # file: so that a million samples are not a million objects, and bad UTF-8 is no error.
    "Profile": (
        ("sample_type", 1, _BYTES, True),
        ("sample", 2, _BYTES, True),
        ("mapping", 3, _BYTES, True),
        ("location", 4, _BYTES, True),
        ("function", 5, _BYTES, True),
        ("string_table", 6, _BYTES, True),
        ("drop_frames", 7, _INT64, False),
        ("keep_frames", 8, _INT64, False),
        ("time_nanos", 9, _INT64, False),
        ("duration_nanos", 10, _INT64, False),
        ("period_type", 11, _BYTES, False),
        ("period", 12, _INT64, False),
        ("comment", 13, _INT64, True),
        ("default_sample_type", 14, _INT64, False),
        ("doc_url", 15, _INT64, False),
    ),
    "ValueType": (("type", 1, _INT64, False), ("unit", 2, _INT64, False)),
    "Sample": (
        ("location_id", 1, _UINT64, True),
        ("value", 2, _INT64, True),
        ("label", 3, _BYTES, True),
    ),
    "Label": (
        ("key", 1, _INT64, False),
        ("str", 2, _INT64, False),
        ("num", 3, _INT64, False),
        ("num_unit", 4, _INT64, False),
    ),
    "Mapping": (
        ("id", 1, _UINT64, False),
        ("filename", 5, _INT64, False),
        ("has_functions", 7, _BOOL, False),
        ("has_filenames", 8, _BOOL, False),
        ("has_line_numbers", 9, _BOOL, False),
    ),
    "Location": (
        ("id", 1, _UINT64, False),
        ("mapping_id", 2, _UINT64, False),
        ("line", 4, _BYTES, True),
    ),
    "Line": (("function_id", 1, _UINT64, False), ("line", 2, _INT64, False)),
    "Function": (
        ("id", 1, _UINT64, False),
        ("name", 2, _INT64, False),
        ("system_name", 3, _INT64, False),
        ("filename", 4, _INT64, False),
    ),
}


@cache
def message_type(name: str) -> Any:
    """Return protobuf's class for a message, such as ``Sample``."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"perfnb.pprof.{name}"))


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(
        name="perfnb/profile.proto", package="perfnb.pprof", syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, many in fields:
            label = _MANY if many else _ONE
            message.field.add(name=field, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool
