"""What holds for every format: its real files, the way back, and damage."""

import bz2
import gzip
import lzma
from itertools import islice
from pathlib import Path

import pytest
from captures import captures
from helpers.hostile import damaged, outcome, truncated
from helpers.same import told

from perfnb.errors import FormatError
from perfnb.formats import EXPORTERS, IMPORTERS, write_all
from perfnb.formats.read import read_all
from perfnb.formats.source import Source
from perfnb.formats.unpack import zstd_module

CAPTURES = captures()
READABLE = [row for row in EXPORTERS if row.name in IMPORTERS.names()]
every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=lambda one: one.id)
every_format = pytest.mark.parametrize("row", IMPORTERS.rows, ids=IMPORTERS.names())


def same(one, other, features):
    assert list(one) == list(other)
    for name in one:
        assert told(one[name], features) == told(other[name], features)


@every_format
def test_every_format_has_a_real_file(row):
    assert captures(row.name), f"no file of {row.name} in tests/data"


@every_capture
def test_real_files_tell_where_they_come_from(capture):
    assert capture.path.is_file()
    assert {"tool", "version", "command"} <= capture.facts.keys()
    assert all(capture.facts[fact] for fact in ("tool", "version", "command"))
    assert capture.path.stat().st_size < 400_000


def test_every_file_beside_a_provenance_is_in_it():
    known = {one.path for one in CAPTURES}
    beside = {
        path
        for folder in {one.path.parent for one in CAPTURES}
        for path in folder.iterdir()
        if path.name != "provenance.json" and path.suffix not in (".py", ".go", ".js", ".sh", ".c")
    }
    assert beside == known


@every_capture
def test_real_files_are_recognised_by_their_content_alone(capture, tmp_path):
    data = capture.path.read_bytes()
    hidden = tmp_path / "hidden"
    hidden.write_bytes(data)
    profiles = read_all(capture.path)
    assert all(len(profile) and profile.total for profile in profiles.values())
    same(profiles, read_all(data), ())
    same(profiles, read_all(hidden, format=capture.format), ())


@every_capture
@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zstd_module().compress]
)
def test_real_files_are_read_compressed(capture, pack):
    plain = Source(capture.path).bytes()
    same(read_all(plain), read_all(pack(plain)), ())


@every_capture
@pytest.mark.parametrize("row", READABLE, ids=lambda row: row.name)
def test_what_is_written_is_there_again_as_far_as_the_format_carries_it(capture, row, tmp_path):
    carries = row.load().carries
    profiles = read_all(capture.path)
    files = [profiles] if "several" in carries else [{n: p} for n, p in profiles.items()]
    for number, file in enumerate(files):
        path = tmp_path / f"{number}{row.suffixes[0]}"
        write_all(file, path)
        again = read_all(path)
        wanted = list(file.values())
        assert len(again) == len(wanted)
        for before, after in zip(wanted, again.values(), strict=True):
            assert told(after, carries) == told(before, carries)


@every_capture
def test_a_file_that_ends_early_is_a_profile_or_one_error(capture):
    for data in islice(truncated(capture.path.read_bytes()), 0, None, capture.every):
        outcome(data, capture.format)
        outcome(data)


@every_capture
def test_a_damaged_file_is_a_profile_or_one_error(capture):
    broken = damaged(capture.path.read_bytes(), seed=len(capture.id))
    for data in islice(broken, 0, None, capture.every):
        outcome(data, capture.format)
        outcome(data)


@every_format
@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\n\n", b"{}", b"[]", b"\xff" * 100, b"null", b"\x1f\x8b", b"<html>"]
)
def test_what_is_no_profile_at_all(row, data):
    found = outcome(data, row.name)
    assert isinstance(found, FormatError) or all(not p.total for p in found.values())


def test_a_bomb_is_refused():
    bomb = gzip.compress(b"main 1\n" * (100 << 20), 9)
    assert "unpack to more than" in str(outcome(bomb, "folded"))


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_all(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        read_all(Path(tmp_path))
