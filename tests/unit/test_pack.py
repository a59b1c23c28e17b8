import gzip
import json
import struct

import numpy as np
from helpers.ascii import draw
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model import KINDS, STATES
from perfnb.views.tables import pack


def unpack(packed):
    """The format as `perfnb.views.tables` describes it, read by its description alone."""
    data = gzip.decompress(packed)
    (size,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + size])
    base = -(-(4 + size) // 8) * 8
    columns = {}
    for name, place in header["columns"].items():
        at = base + place["offset"]
        assert at % 8 == 0
        columns[name] = np.frombuffer(data, "<" + place["dtype"], place["length"], at)
    return header, columns


@given(profiles())
def test_header_and_columns_decode_to_the_same_tables(profile):
    header, columns = unpack(pack(profile))
    t, s = profile.tables, profile.samples
    assert header["value"] == {"kind": profile.value.kind, "unit": profile.value.unit}
    assert (header["kinds"], header["states"]) == ([*KINDS], [*STATES])
    assert [tuple(thread.values()) for thread in header["threads"]] == [
        (thread.host, thread.pid, thread.tid, thread.name, thread.process) for thread in t.threads
    ]
    assert len({*header["strings"]}) == len(header["strings"])
    for column in ("name", "file", "module"):
        texts = [header["strings"][i] for i in columns.pop(f"functions.{column}")]
        assert texts == [*getattr(t.functions, column)]
    expected = {
        "functions.kind": t.functions.kind,
        "frames.function": t.frames.function,
        "frames.line": t.frames.line,
        "stacks.parent": t.stacks.parent,
        "stacks.frame": t.stacks.frame,
        "samples.stack": s.stack,
        "samples.thread": s.thread,
        "samples.weight": s.weight,
    }
    if s.state is not None:
        expected["samples.state"] = s.state
    if s.time is not None:
        start = profile.metadata.start_monotonic_ns
        expected["samples.time"] = s.time - (s.time[0] if start is None else start)
    assert columns.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(columns[name], values, err_msg=name)


@given(profiles(timed=st.just(True)))
def test_the_same_profile_packs_to_the_same_bytes(profile):
    assert pack(profile) == pack(profile)


def test_times_stay_exact_however_long_the_machine_has_been_up():
    century = 100 * 365 * 86_400 * 10**9
    profile = draw(f"""
              a                      b
        time: {century}    {century + 1}
    """)
    _, columns = unpack(pack(profile))
    assert columns["samples.time"].tolist() == [0, 1]
