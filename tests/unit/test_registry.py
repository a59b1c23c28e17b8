import pytest

from perfnb.capture import BACKENDS
from perfnb.formats import EXPORTERS
from perfnb.registry import Entry, Registry, load

COLOURS = Registry(
    "colour",
    (
        Entry("red", "builtins:int", "warm", (".r", ".tar.r")),
        Entry("blue", "builtins:str", "cool", (".b",)),
    ),
)


def test_rows_are_in_order_of_preference():
    assert COLOURS.names() == ("red", "blue")
    assert [row.name for row in COLOURS] == ["red", "blue"]
    assert COLOURS.get("blue").load() is str


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(KeyError, match="no colour called 'green'; known: red, blue"):
        COLOURS.get("green")


def test_the_longest_suffix_wins_and_case_does_not_matter():
    rows = Registry("x", (Entry("gz", "", "", (".gz",)), Entry("tar", "", "", (".tar.gz",))))
    assert rows.by_suffix("A.TAR.GZ").name == "tar"
    assert rows.by_suffix("a.gz").name == "gz"
    assert rows.by_suffix("a.zip") is None


@pytest.mark.parametrize("row", [*BACKENDS, *EXPORTERS], ids=lambda row: row.name)
def test_every_row_leads_somewhere(row):
    target = row.load()
    assert target is load(row.target)
    assert row.summary
    assert target.__module__ == row.target.partition(":")[0]
