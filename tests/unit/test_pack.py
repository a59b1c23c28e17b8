import gzip
import json
import struct

import numpy as np
import pytest
from helpers.ascii import draw
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model import KINDS, STATES, ProfileBuilder
from perfnb.transform.mine import mine
from perfnb.units import ValueType
from perfnb.views.flame import FlameView
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
        "functions.mine": mine(profile),
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


def meta(**metadata):
    profile = draw("""
              a     b
        time: 1000  1400
    """)
    return unpack(pack(profile.with_metadata(**metadata)))[0]["meta"]


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ({"start_monotonic_ns": 500, "end_monotonic_ns": 2000}, 1500),
        ({"end_monotonic_ns": 2000}, 1000),
        ({"start_monotonic_ns": 500}, None),
        ({"start_monotonic_ns": 500, "end_monotonic_ns": 400}, None),
        ({}, None),
    ],
)
def test_the_end_is_told_from_the_instant_that_times_are_relative_to(told, end):
    assert meta(**told)["end"] == end


def test_without_times_and_start_no_end_is_told():
    header, _ = unpack(pack(draw(" a").with_metadata(end_monotonic_ns=2000)))
    assert header["meta"] == {"summed": False, "end": None, "period": None, "noun": "samples"}


@pytest.mark.parametrize(
    ("told", "period"),
    [
        ({"rate_asked": 100.0, "rate_achieved": 99.0}, 10_101_010),
        ({"rate_asked": 100.0}, 10_000_000),
        ({"rate_asked": 100.0, "rate_achieved": 0.0}, 10_000_000),
        ({"rate_asked": float("nan")}, None),
        ({"rate_asked": float("inf")}, None),
        ({"rate_asked": -1.0}, None),
        ({}, None),
    ],
)
def test_the_period_is_that_of_the_achieved_rate(told, period):
    assert meta(**told)["period"] == period


@given(profiles())
def test_a_picture_tells_which_functions_are_mine_by_their_whole_paths(profile):
    view = FlameView(profile)
    _, columns = unpack(view.figure.source.tables)
    whole = {
        (name, module)
        for name, module, own in zip(
            profile.tables.functions.name,
            profile.tables.functions.module,
            mine(profile).tolist(),
            strict=True,
        )
        if own
    }
    shown = view.shown.tables.functions
    found = columns["functions.mine"].tolist()
    assert len(found) == len(shown)
    for name, module, own in zip(shown.name, shown.module, found, strict=True):
        assert not own or (name, module) in whole


def test_a_library_below_the_working_folder_is_not_mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    library = "venv/lib/python3.11/site-packages/both.py"
    for file in ("both.py", library):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("pass\n")
    rows = [("own", "both.py"), ("theirs", library), ("<module>", "In [1]"), ("c", "<string>")]
    for name, file in rows:
        whole = str(tmp_path / file) if file.endswith(".py") else file
        builder.sample(builder.stack([builder.frame(name, whole, 1)]))
    packed = FlameView(builder.build(), source="all").figure.source.tables
    header, columns = unpack(packed)
    own = columns["functions.mine"].tolist()
    names = [header["strings"][row] for row in columns["functions.name"]]
    assert dict(zip(names, own, strict=True)) == {"own": 1, "theirs": 0, "<module>": 1, "c": 0}
    assert {header["strings"][row] for row in columns["functions.file"]} == {
        "both.py", "In [1]", "<string>",
    }  # fmt: skip
    # No folder of its author's is in a picture.
    assert str(tmp_path) not in json.dumps(header)


def test_sources_go_under_the_names_that_files_have_in_the_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = tmp_path / "app.py"
    app.write_text("import os\n\n\ndef work():\n    return 1\n")
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    builder.sample(builder.stack([builder.frame("work", str(app), 5)]))
    profile = builder.build()
    assert unpack(FlameView(profile).figure.source.tables)[0]["sources"] == {}
    header, _ = unpack(FlameView(profile, source="mine").figure.source.tables)
    note = "the file as it is now; the profile does not tell what it was when it was recorded"
    chunk = {"first": 4, "text": "def work():\n    return 1"}
    assert header["sources"] == {"app.py": {"note": note, "chunks": [chunk]}}
