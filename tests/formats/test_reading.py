"""Before and after any format: where a file lies, how it is packed, how it is written."""

import bz2
import gzip
import json
import lzma
import stat
from pathlib import Path

import fsspec
import pytest
from helpers.ascii import draw
from helpers.same import told
from hypothesis import given
from hypothesis import strategies as st

import perfnb
from perfnb.errors import MalformedProfile, OptionError, UnknownFormat
from perfnb.formats import write_all
from perfnb.formats.folded.write import FoldedExporter
from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.formats.unpack import zstd_module

FOLDED = b"main;parse;regex 40\nmain;parse 10\nmain;write 30\n"
PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd_module().compress,
}
packed = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


def test_a_path_a_url_and_bytes_are_read_alike(tmp_path):
    path = tmp_path / "anyname"
    path.write_bytes(FOLDED)
    with fsspec.open("memory://stacks/here", "wb") as out:
        out.write(FOLDED)
    places = [path, str(path), FOLDED, bytearray(FOLDED), memoryview(FOLDED), path.as_uri()]
    profiles = [perfnb.read(place) for place in [*places, "memory://stacks/here"]]
    assert {profile.total for profile in profiles} == {80}
    titles = [profile.metadata.title for profile in profiles]
    assert titles == ["anyname"] * 2 + [f"<{len(FOLDED)} bytes>"] * 3 + ["anyname", "here"]


@packed
def test_streams_one_after_the_other_are_one_file(pack):
    assert Source(pack(FOLDED) + pack(FOLDED)).bytes() == FOLDED * 2
    assert Source(pack(FOLDED) + bytes(512)).bytes() == FOLDED


@packed
def test_a_compressed_file_that_ends_early_or_is_damaged_names_the_place(pack):
    whole = pack(FOLDED * 1000)
    damaged = whole[:20] + b"\xff\xff" + whole[22:]
    cut = [whole[:-5], whole[: len(whole) // 2]]
    # zstd tells damage only where a checksum was asked for.
    for broken in cut if pack is PACKERS["zst"] else [*cut, damaged]:
        with pytest.raises(MalformedProfile, match=r"compressed data (ends early|is damaged)") as e:
            perfnb.read(broken)
        assert e.value.where.startswith("byte ")


def test_gzip_is_read_where_only_zlib_is(monkeypatch):
    monkeypatch.setattr("perfnb.formats.unpack._igzip", lambda: None)
    whole = gzip.compress(FOLDED)
    assert Source(whole * 2 + bytes(100)).bytes() == FOLDED * 2
    for broken in (whole[:-5], whole[:20] + b"\xff\xff" + whole[22:]):
        with pytest.raises(MalformedProfile, match="compressed data"):
            perfnb.read(broken)


@given(st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"")), max_size=40), st.data())
def test_lines_come_whole_and_nothing_is_lost(lines, data):
    content = b"\n".join(lines)
    source = Source(content)
    size = data.draw(st.integers(1, 50))
    step = data.draw(st.integers(1, 20))
    source.pieces = lambda: (content[at : at + step] for at in range(0, len(content), step))
    chunks = list(source.lines(size))
    assert b"".join(chunks) == content
    assert all(chunk.endswith(b"\n") for chunk in chunks[:-1])


documents = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
)
plain = st.text("abc{}[]:, ", max_size=4)


@given(st.dictionaries(plain, documents, max_size=5), st.sampled_from((None, 1)))
def test_the_keys_of_an_object_are_those_at_its_top(document, indent):
    assert top_keys(json.dumps(document, indent=indent).encode()) == set(document)


@given(st.lists(st.dictionaries(plain, documents, min_size=1, max_size=4), min_size=1, max_size=3))
def test_the_keys_of_a_list_are_those_of_its_first_object(document):
    assert top_keys(json.dumps(document).encode()) == {"[]", *document[0]}


def test_what_tells_a_json_file_apart_may_stand_at_its_end():
    profile = draw("main\nwork")
    path = Path("x.speedscope.json")
    document = {"name": "x" * 100_000, **json.loads(as_bytes(profile, path.name))}
    document = {**document, "$schema": document.pop("$schema")}
    assert perfnb.read(json.dumps(document).encode()).total == profile.total


@given(st.text(st.characters(categories=["Cs", "Lu", "So"]) | st.sampled_from('\\"u'), max_size=8))
def test_names_of_which_python_writes_half_a_pair(name):
    read = Source(json.dumps([name, "😀", "\\ud800"]).encode()).json()
    pairs = name.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    assert read == [pairs, "😀", "\\ud800"]


def as_bytes(profile, name):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        profile.write(Path(folder, name))
        return Path(folder, name).read_bytes()


def test_json_that_is_no_profile_and_json_that_is_broken():
    with pytest.raises(UnknownFormat, match=r"known are: archive, perf\.data"):
        perfnb.read(b'{"cells": [], "nbformat": 4}')
    with pytest.raises(MalformedProfile, match="byte"):
        perfnb.read(b'{"cells": [, "nbformat": 4}')


def test_wrong_names_are_option_errors_that_list_the_right_ones(tmp_path):
    with pytest.raises(OptionError, match="no value type 'heap'") as caught:
        perfnb.read(FOLDED, "heap")
    assert caught.value.hint == "there are: samples"
    with pytest.raises(OptionError, match="no profile format called 'jfr'"):
        perfnb.read(FOLDED, format="jfr")
    with pytest.raises(OptionError, match="no file format called 'jfr'"):
        draw("main").write(tmp_path / "x", format="jfr")
    two = {"a": draw("main"), "b": draw("work")}
    with pytest.raises(OptionError, match="folded holds one value type, not 2"):
        write_all(two, tmp_path / "x.folded")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".folded.gz", ".folded.zst", ".json.gz", ".svg.gz", ".pb.gz"])
def test_a_second_suffix_compresses(suffix, tmp_path):
    profile, path = draw("main  main\nwork"), tmp_path / f"x{suffix}"
    profile.write(path)
    data = path.read_bytes()
    assert data.startswith(b"\x28\xb5\x2f\xfd" if suffix.endswith("zst") else b"\x1f\x8b")
    if "svg" not in suffix:
        assert told(perfnb.read(path), ()) == told(profile, ())


def test_what_was_there_is_replaced_only_when_all_is_written(tmp_path, monkeypatch):
    path = tmp_path / "x.folded"
    path.write_text("old")
    path.chmod(0o640)

    def fails(self, profiles, out):
        out.write(b"half of it")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(FoldedExporter, "write", fails)
        with pytest.raises(OSError, match="no space left"):
            draw("main").write(path)
    assert path.read_text() == "old"
    draw("main").write(path)
    assert path.read_text() == "main 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["x.folded"]


def test_a_device_is_written_into_and_not_replaced():
    draw("main").write("/dev/null", format="folded")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("size", "shown"), [(1_500_000, "1.5"), (10, "0.00001"), (100_000_000, "100"), (0, "0")]
)
def test_counts_with_fractions_read_as_they_were(size, shown):
    assert perfnb.ValueType("samples", "micro").format(size) == shown
