"""What holds for every row of the registry of exporters."""

import gzip
import json
import xml.etree.ElementTree as ET
import zipfile

import pytest
from helpers.ascii import draw
from helpers.strategies import HOSTILE

from perfnb.errors import OptionError
from perfnb.formats import EXPORTERS, check_suffix
from perfnb.model import ProfileBuilder
from perfnb.units import ValueType

PICTURE = """
            main    main    other
            work    rest
    weight: 5       2       1
"""

LOOKS_RIGHT = {
    "html": lambda data: data.startswith(b"<!DOCTYPE html>") and data.endswith(b"</html>\n"),
    "svg": lambda data: ET.fromstring(data.decode()).tag.endswith("svg"),
    "folded": lambda data: data == b"main;rest 2\nmain;work 5\nother 1\n",
    "speedscope": lambda data: "speedscope.app" in json.loads(data)["$schema"],
    "pprof": lambda data: b"samples" in gzip.decompress(data),
    "gecko": lambda data: json.loads(data)["meta"]["preprocessedProfileVersion"] > 50,
    "chrometrace": lambda data: len(json.loads(data)["traceEvents"]) > 3,
    "archive": zipfile.is_zipfile,
}

suffixes = pytest.mark.parametrize(
    ("row", "suffix"), [(row, suffix) for row in EXPORTERS for suffix in row.suffixes]
)


def hostile():
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    for name in HOSTILE:
        builder.sample(builder.stack([builder.frame(name, name, 1, name)]))
    return builder.build()


@suffixes
def test_a_profile_is_written_in_the_format_of_the_suffix(row, suffix, tmp_path):
    path = tmp_path / f"profile{suffix.upper()}"
    assert check_suffix(path) is row
    draw(PICTURE).write(path)
    data = path.read_bytes()
    assert LOOKS_RIGHT[row.name](path if row.name == "archive" else data)


@pytest.mark.parametrize("row", EXPORTERS.rows, ids=EXPORTERS.names())
@pytest.mark.parametrize("profile", [draw(""), hostile()], ids=["empty", "hostile"])
def test_odd_profiles_are_written_too(row, profile, tmp_path):
    path = tmp_path / f"profile{row.suffixes[0]}"
    profile.write(path)
    assert path.stat().st_size or row.name == "folded"


@pytest.mark.parametrize("row", EXPORTERS.rows, ids=EXPORTERS.names())
def test_what_cannot_be_written_is_the_systems_error(row, tmp_path):
    with pytest.raises(OSError, match="No such file or directory"):
        draw(PICTURE).write(tmp_path / "missing" / f"profile{row.suffixes[0]}")


@pytest.mark.parametrize("name", ["profile", "profile.png", "folded", ""])
def test_an_unknown_suffix_is_an_option_error_that_lists_the_known(name):
    with pytest.raises(OptionError, match="no format has this suffix") as caught:
        draw(PICTURE).write(name)
    assert all(suffix in caught.value.hint for row in EXPORTERS for suffix in row.suffixes)
