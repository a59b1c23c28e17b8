"""perfnb's own file: everything comes back, from any version, and nothing hostile gets in."""

import io
import json
import math
import zipfile
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from captures import DATA
from helpers.ascii import draw
from helpers.hostile import WRONG, damaged, outcome, retyped, truncated
from helpers.same import told
from helpers.strategies import HOSTILE, either, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import FormatError, MalformedProfile, UnsupportedVersion
from perfnb.formats.archive import ArchiveExporter, ArchiveImporter
from perfnb.formats.archive import columns as archive_columns
from perfnb.formats.archive import read as archive_read
from perfnb.formats.archive import write as archive_write
from perfnb.formats.archive.json import dumps, loads
from perfnb.formats.archive.parquet import Untrue, check
from perfnb.formats.read import read, read_all
from perfnb.formats.source import Source
from perfnb.model import Label, Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.sources import SourceText
from perfnb.model.tables import frozen
from perfnb.units import ValueType

NS = ValueType("on-CPU", "ns")
PICTURE = """
            main    main
            work
    weight: 2       1
"""


def packed(**named: Profile) -> bytes:
    held = io.BytesIO()
    ArchiveExporter().write(named, held)
    return held.getvalue()


def unpacked(data: bytes) -> dict[str, Profile]:
    return ArchiveImporter().read(Source(data))


def remade(data: bytes, **changes: bytes | None) -> bytes:
    """Return an archive with members replaced, added or (None) left out."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        content = {name: old.read(name) for name in old.namelist()}
        for name, change in (content | changes).items():
            if change is not None:
                new.writestr(name, change)
    return held.getvalue()


def document(data: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("perfnb.json"))


def with_document(data: bytes, **changes) -> bytes:
    return remade(data, **{"perfnb.json": json.dumps(document(data) | changes).encode()})


def parquet(**columns) -> bytes:
    held = io.BytesIO()
    pl.DataFrame(columns).write_parquet(held)
    return held.getvalue()


@pytest.fixture(scope="module")
def plain() -> bytes:
    return packed(samples=draw(PICTURE))


def complete() -> Profile:
    builder = ProfileBuilder(NS)
    frames = [builder.frame(name, name, i, name, "native") for i, name in enumerate(HOSTILE)]
    frames.append(builder.frame("\ud83d\ude00 two halves", "\udc80", 2**31 - 1))
    threads = [
        builder.thread(Thread(-(2**63), 2**63 - 1, "\udcff", "app", "host")),
        builder.thread(Thread(2**64, -(10**30))),
    ]
    sets = [
        builder.labels([Label("route", "/\udcff"), Label("route", "twice"), Label("route", 5)]),
        builder.labels([Label("size", 2**63, "bytes"), Label("", -(10**40), "\x00")]),
    ]
    rows = (2**63 - 1, -(2**63), 0, 1)
    for i, weight in enumerate(rows):
        builder.sample(
            builder.stack(frames[:i] + frames[-1:]) if i else -1,
            threads[i % 2],
            weight,
            time=(-(2**63), -1, 0, 2**63 - 1)[i],
            duration=weight,
            state="gil" if i else "unknown",
            label=(*sets, -1, sets[0])[i],
        )
    profile = builder.build(
        Metadata(
            title="\udcff title", backend="tool", start_monotonic_ns=-(2**63), start_wall=-math.inf,
            rate_asked=math.inf, ticks=10**25, notes=("one", "two\n"), second_choice=True,
            extra={"a": [1, None, True, 1e-300, {"b": math.inf}], "$float": "inf", "": {}},
        )
    )  # fmt: skip
    last = len(profile.tables.stacks) - 1
    samples = replace(
        profile.samples,
        waker=frozen([-1, 0, last, 1], np.int32),
        waker_thread=frozen([-1, 1, 0, -1], np.int32),
    )
    return profile.with_samples(samples)


@given(profiles(woken=either))
def test_everything_is_there_again(profile):
    (again,) = unpacked(packed(one=profile)).values()
    assert told(again) == told(profile)


def test_the_oddest_profile_is_there_again():
    profile = complete()
    (again,) = unpacked(packed(one=profile)).values()
    assert told(again) == told(profile)
    assert again.tables.functions.name == profile.tables.functions.name
    assert again.threads == profile.threads
    assert again.tables.labels == profile.tables.labels


def test_optional_columns_of_numbers_are_there_again():
    profile = draw(PICTURE)
    samples = replace(profile.samples, count=np.array([3, 2**62]))
    stacks = replace(profile.tables.stacks, hidden=np.arange(len(profile.tables.stacks)))
    profile = replace(profile, tables=profile.tables.with_stacks(stacks), samples=samples)
    (again,) = unpacked(packed(one=profile)).values()
    assert again.samples.count.tolist() == [3, 2**62]
    assert again.tables.stacks.hidden.tolist() == stacks.hidden.tolist()


def test_numbers_that_are_none_are_there_again():
    profile = draw("", rate_asked=math.nan, extra={"x": math.nan})
    (again,) = unpacked(packed(one=profile)).values()
    assert math.isnan(again.metadata.rate_asked)
    assert math.isnan(again.metadata.extra["x"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("$float", "$object", "a", "")), inner, max_size=2)
    ),
    max_leaves=12,
)


@given(json_values)
def test_json_is_there_again_and_strict(value):
    written = dumps(value)
    assert loads(written) == value
    json.loads(written, parse_constant=lambda name: pytest.fail(name))


def test_the_same_profile_gives_the_same_bytes():
    assert packed(one=complete()) == packed(one=complete())


def test_several_value_types_share_their_tables():
    cpu = complete()
    wall = replace(cpu, value=ValueType("wall", "ns"), samples=cpu.samples.take(slice(2)))
    other = draw("    main")
    data = packed(cpu=cpu, wall=wall, other=other)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert sum(name.endswith("stacks.parquet") for name in names) == 2
    again = unpacked(data)
    assert list(again) == ["cpu", "wall", "other"]
    assert again["cpu"].tables is again["wall"].tables
    for name, profile in (("cpu", cpu), ("wall", wall), ("other", other)):
        assert told(again[name]) == told(profile)


def test_other_tools_read_the_tables(tmp_path):
    with zipfile.ZipFile(DATA / "archive" / "recorded.perfnb") as archive:
        archive.extractall(tmp_path)
    samples = pl.read_parquet(tmp_path / "samples-0.parquet")
    assert {"stack", "thread", "weight", "time", "state"} <= set(samples.columns)
    names = pl.read_parquet(tmp_path / "tables-0" / "functions.parquet")["name"]
    assert {"heavy", "light", "Event.wait"} <= set(names)


def test_the_recording_tells_what_the_workload_did():
    profile = read(DATA / "archive" / "recorded.perfnb")
    shares = {row["name"]: row["total_share"] for row in profile.functions().to_dicts()}
    assert shares["heavy"] > 2 * shares["light"]
    assert shares["heavy"] + shares["light"] == pytest.approx(0.5, abs=0.02)
    assert {thread.name for thread in profile.threads} == {"MainThread", "waiter"}
    assert profile.metadata.rate_asked == 200


# Versions.


def test_a_later_version_says_who_can_read_it(plain):
    with pytest.raises(UnsupportedVersion, match="version 2, perfnb reads up to 1") as caught:
        read(with_document(plain, version=2, perfnb="9.1"))
    assert "perfnb 9.1" in caught.value.hint
    assert "pip install" in caught.value.hint


def test_upgrades_are_applied_one_after_the_other(plain, monkeypatch):
    def renamed(told, tables):
        return {**told, "profiles": told.pop("recordings")}, tables

    def longer(told, tables):
        samples = tables["samples-0.parquet"]
        return told, {
            **tables,
            "samples-0.parquet": samples.with_columns(weight=pl.col("weight") * 10),
        }

    monkeypatch.setattr(archive_read, "VERSION", 3)
    monkeypatch.setattr(archive_read, "UPGRADES", {1: renamed, 2: longer})
    told_now = document(plain)
    old = {**told_now, "recordings": told_now.pop("profiles"), "version": 1}
    assert read(remade(plain, **{"perfnb.json": json.dumps(old).encode()})).total == 30
    told_now = document(plain)
    assert read(with_document(plain, version=2)).total == 30
    assert read(with_document(plain, version=3)).total == 3


def test_there_is_an_upgrade_from_every_older_version():
    assert list(archive_read.UPGRADES) == list(range(1, archive_read.VERSION))


def test_what_a_later_perfnb_added_is_ignored(plain):
    told_now = document(plain)
    told_now["profiles"][0] |= {"mood": "fine"}
    told_now["profiles"][0]["metadata"] |= {"weather": 5}
    changed = {
        "perfnb.json": json.dumps(told_now).encode(),
        "tables-0/stacks.parquet": parquet(parent=[-1, 0], frame=[0, 1], color=[[1], [2]]),
        "tables-0/mood.parquet": parquet(mood=[0.5]),
        "thumbnail.png": b"PNG",
        "../../evil.parquet": parquet(a=[1]),
    }
    assert read(remade(plain, **changed)).total == 3


def test_what_may_be_missing(plain):
    changed = {
        "tables-0/functions.parquet": parquet(name=["main", "work"], kind=[0, 1]),
        "tables-0/frames.parquet": parquet(function=[0, 1]),
        "tables-0/threads.parquet": parquet(pid=[1], tid=[1]),
        "tables-0/labels.parquet": None,
    }
    assert read(remade(plain, **changed)).total == 3


def test_the_words_of_the_file_count_not_their_order(plain):
    kinds = ["later kind", "gpu", "python"]
    data = with_document(plain, kinds=kinds)
    for code, kind in enumerate(("synthetic", "gpu", "python")):
        functions = parquet(name=["main", "work"], kind=[code, code])
        profile = read(remade(data, **{"tables-0/functions.parquet": functions}))
        assert set(profile.functions()["kind"]) == {kind}


# Hostile files.


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("perfnb.json", None),
        ("perfnb.json", b"[]"),
        ("perfnb.json", b"{"),
        ("perfnb.json", b'{"version": ' + b"9" * 5000 + b"}"),
        ("perfnb.json", b"[" * 100_000),
        ("samples-0.parquet", None),
        ("samples-0.parquet", b"PAR1PAR1"),
        ("samples-0.parquet", b""),
        ("samples-0.parquet", parquet(stack=[0], thread=[0])),
        ("samples-0.parquet", parquet(stack=[0.5], thread=[0], weight=[1])),
        ("samples-0.parquet", parquet(stack=[[0]], thread=[0], weight=[1])),
        ("samples-0.parquet", parquet(stack=[None, 0], thread=[0, 0], weight=[1, 1])),
        ("samples-0.parquet", parquet(stack=[2**40], thread=[0], weight=[1])),
        ("samples-0.parquet", parquet(stack=[7], thread=[0], weight=[1])),
        ("samples-0.parquet", parquet(stack=[0], thread=[1], weight=[1])),
        ("samples-0.parquet", parquet(stack=[0], thread=[0], weight=["1"])),
        ("samples-0.parquet", parquet(stack=[0], thread=[0], weight=[1], state=[9])),
        ("samples-0.parquet", parquet(stack=[0], thread=[0], weight=[1], label=[0])),
        ("tables-0/stacks.parquet", None),
        ("tables-0/stacks.parquet", parquet(parent=[1, 0], frame=[0, 1])),
        ("tables-0/stacks.parquet", parquet(parent=[0, 0], frame=[0, 1])),
        ("tables-0/stacks.parquet", parquet(parent=[-1, -1], frame=[0, 0])),
        ("tables-0/frames.parquet", parquet(function=[0, 9])),
        ("tables-0/frames.parquet", parquet(function=[0, 1], line=[-1, 0])),
        ("tables-0/functions.parquet", parquet(name=["a", "a"], kind=[0, 0])),
        ("tables-0/functions.parquet", parquet(name=[1, 2], kind=[0, 0])),
        ("tables-0/functions.parquet", parquet(name=["a", "b"], kind=[0, 200])),
        (
            "tables-0/functions.parquet",
            parquet(name=["a", "b"], name_raw=[b"\xff", None], kind=[0, 0]),
        ),
        ("tables-0/threads.parquet", parquet(pid=["x"], tid=[1])),
        ("tables-0/threads.parquet", parquet(pid=[1, 1], tid=[1, 1])),
    ],
)
def test_broken_members_are_one_error(plain, member, content):
    data = remade(plain, **{member: content})
    assert isinstance(outcome(data, "archive"), MalformedProfile)


def test_labels_that_do_not_fit_their_number():
    data = packed(one=complete())
    told_now = document(data)
    for count in (0, 1, 10**9, -5):
        told_now["profiles"][0]["label_sets"] = count
        broken = remade(data, **{"perfnb.json": json.dumps(told_now).encode()})
        assert isinstance(outcome(broken, "archive"), MalformedProfile)


def test_any_other_value_in_the_document_is_a_profile_or_one_error():
    data = packed(one=complete())
    for changed in retyped(document(data), 5, 150):
        outcome(remade(data, **{"perfnb.json": changed}), "archive")
    for wrong in WRONG:
        outcome(with_document(data, version=wrong), "archive")


def test_one_table_is_not_a_thousand_profiles(plain):
    (entry,) = document(plain)["profiles"]
    many = [{**entry, "name": f"p{i}"} for i in range(1000)]
    for entries in (many, [entry, {**entry, "samples": "samples-1"}], []):
        assert isinstance(outcome(with_document(plain, profiles=entries)), MalformedProfile)


def test_bombs_are_refused(plain, monkeypatch):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("perfnb.json", b"{}")
        archive.writestr("a.parquet", bytes(300 << 20))
    assert "unpacks to more than" in str(outcome(held.getvalue()))
    rows = 40_000_000
    column = pl.repeat(0, rows, dtype=pl.UInt8, eager=True)
    assert "no table that perfnb wrote: the number of" in str(
        outcome(remade(plain, **{"samples-0.parquet": parquet(stack=column)}))
    )
    monkeypatch.setattr(archive_columns, "SMALL", 1 << 20)
    text = pl.repeat("x" * 5_000, 1_000, eager=True)
    assert "more text than" in str(
        outcome(remade(plain, **{"tables-0/functions.parquet": parquet(name=text)}))
    )


def test_an_outline_that_is_damaged_is_told_before_memory_is_asked_for(plain):
    data = parquet(stack=[0] * 50, name=["a", "b"] * 25)
    check(data, 1 << 20)
    for most in (0, 49, 200):
        with pytest.raises(Untrue):
            check(data, most)
    refused = 0
    for broken in [*truncated(data), *damaged(data, 3, 500)]:
        try:
            check(broken, 1 << 20)
        except Untrue:
            refused += 1
    assert refused > 300


def test_a_table_that_claims_what_it_does_not_hold(plain):
    data = parquet(stack=[0] * 50, thread=[0] * 50, weight=[1] * 50)
    # Every zigzag number of that size in the outline, made 2**60.
    length = int.from_bytes(data[-8:-4], "little")
    start = len(data) - 8 - length
    outline = data[start:-8].replace(bytes([0x16, 100]), bytes([0x16]) + b"\x80" * 8 + b"\x10")
    assert len(outline) > length
    broken = data[:start] + outline + len(outline).to_bytes(4, "little") + b"PAR1"
    found = outcome(remade(plain, **{"samples-0.parquet": broken}))
    assert "the number of rows is 576460752303423488" in str(found)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice(plain):
    held = io.BytesIO(plain)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("samples-0.parquet", b"other")
    assert "two members of this name" in str(outcome(held.getvalue()))


def test_an_encrypted_member(plain):
    data = bytearray(plain)
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "encrypted" in str(outcome(bytes(data)))


def test_a_deflated_archive_is_read_too(plain):
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(held, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert read(held.getvalue()).total == 3


def test_another_zip_is_not_ours():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("other.json", b"{}")
    assert not ArchiveImporter().sniff(held.getvalue())
    assert isinstance(outcome(held.getvalue(), "archive"), FormatError)


def test_a_compressed_archive_is_read_too(tmp_path):
    path = tmp_path / "x.perfnb.gz"
    complete().write(path)
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert len(next(iter(read_all(path).values()))) == 4


def test_the_schema_follows_the_model():
    # A column that the model gains must be written and read: see `_numbers` and `_samples`.
    written = archive_write._numbers(complete().samples)
    assert set(written.columns) | {"count"} == set(Samples.__dataclass_fields__)


SOURCES = {
    "In [5]": SourceText("x = 1\n# é \udcff\n"),
    "/home/me/app.py": SourceText("", (1_700_000_000_123_456_789, 0)),
    "/usr/lib/python3.11/json.py": SourceText(None, (-5, 2**40)),
    "odd \udcff.py": SourceText(),
}


def test_source_texts_come_back(plain):
    profile = replace(draw(PICTURE), sources=SOURCES)
    other = replace(draw(PICTURE), sources={"b.py": SourceText("y\n")})
    data = packed(one=profile, two=profile, three=draw(PICTURE), four=other)
    back = unpacked(data)
    assert [one.sources for one in back.values()] == [SOURCES, SOURCES, {}, other.sources]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tables = {name for name in archive.namelist() if name.startswith("sources")}
    assert tables == {"sources-0.parquet", "sources-1.parquet"}
    assert data == packed(one=profile, two=profile, three=draw(PICTURE), four=other)


@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(HOSTILE),
        st.builds(
            SourceText,
            st.none() | st.text(max_size=20) | st.sampled_from(HOSTILE),
            st.none() | st.tuples(st.integers(), st.integers()),
        ),
        max_size=5,
    )
)
def test_any_source_texts_come_back(sources):
    (back,) = unpacked(packed(x=replace(draw(PICTURE), sources=sources))).values()
    assert back.sources == sources


def test_files_without_sources_are_read_as_ever(plain):
    assert "sources" not in document(plain)["profiles"][0]
    assert unpacked(plain)["samples"].sources == {}


WHOLE = {"file": ["a"], "kept": [True], "text": ["b"], "stamped": [True]}
WHOLE |= {"modified": [1], "size": [2]}


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (None, "it is missing"),
        ({"file": ["a"]}, "there is no column"),
        (WHOLE | {"kept": [1]}, "not of truth values"),
        (WHOLE | {"text": [5]}, "not of text"),
        (WHOLE | {"modified": ["soon"]}, "modified: invalid literal"),
        (WHOLE | {"size": [0.5]}, "size: a column of Float64"),
        ({name: [*rows, None] for name, rows in WHOLE.items()}, "a value is missing"),
    ],
)
def test_a_broken_table_of_sources_is_named(columns, says):
    data = packed(x=replace(draw(PICTURE), sources={"a": SourceText("b", (1, 2))}))
    table = None if columns is None else parquet(**columns)
    with pytest.raises(MalformedProfile, match=says) as caught:
        unpacked(remade(data, **{"sources-0.parquet": table}))
    assert "sources-0.parquet" in str(caught.value)
