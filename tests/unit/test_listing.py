"""`perfnb.profiles` as a list and as a table."""

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from helpers.ascii import draw
from helpers.strategies import HOSTILE, profiles
from hypothesis import given
from hypothesis import strategies as st

import perfnb
from perfnb.model.sources import SourceText
from perfnb.notebook.captured import KEPT, Captured, Profiles, store
from perfnb.notebook.listing import as_html, as_text, memory_of


def captured(*titles):
    return [
        Captured(draw(f" f{at}").with_metadata(title=title), f"In [{at + 1}]")
        for at, title in enumerate(titles)
    ]


@given(st.lists(st.sampled_from("abc"), max_size=6), st.data())
def test_positions_are_those_of_a_list(titles, data):
    rows = captured(*titles)
    kept, plain = Profiles(lambda: rows), [row.profile for row in rows]
    assert len(kept) == len(plain) and [*kept] == plain and kept[:] == plain
    assert [*reversed(kept)] == plain[::-1]
    at = data.draw(st.integers(-8, 8))
    begin, end, step = (data.draw(st.none() | st.integers(-8, 8).filter(bool)) for _ in "123")
    assert kept[begin:end:step] == plain[begin:end:step]
    if -len(plain) <= at < len(plain):
        assert kept[at] is plain[at]
    else:
        with pytest.raises(IndexError):
            kept[at]


def test_a_name_is_a_title_then_a_cell_and_the_latest_of_several():
    rows = captured("x", "In [1]", "x", "", "")
    kept = Profiles(lambda: rows)
    assert kept["x"] is rows[2].profile
    # The title of the second, though it is the cell of the first.
    assert kept["In [1]"] is rows[1].profile
    assert kept["In [4]"] is rows[3].profile
    with pytest.raises(KeyError, match=r"no profile called 'y': there are 5, `%perfnb` lists them"):
        kept["y"]


def test_a_session_keeps_the_latest():
    held = store()
    held.extend(captured(*map(str, range(KEPT + 3))))
    kept = Profiles(lambda: held)
    assert [one.metadata.title for one in kept] == [str(at) for at in range(3, KEPT + 3)]


def test_outside_a_notebook_there_are_none():
    assert perfnb.last() is None and len(perfnb.profiles) == 0
    assert "no profile has been captured yet" in repr(perfnb.profiles)
    with pytest.raises(IndexError, match="none has been captured yet"):
        perfnb.profiles[0]


class Table(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.rows = set(), []
        self._inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if self._inside or tag in ("td", "th"):
            self.rows[-1].append("")
        self._inside = tag in ("td", "th")

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, text):
        if self._inside:
            self.rows[-1][-1] += text


def test_text_and_html_say_the_same():
    rows = captured("first", "In [2]")
    with_times = rows[0].profile.with_metadata(start_monotonic_ns=0, end_monotonic_ns=1_240_000_000)
    rows[0] = replace(rows[0], profile=with_times)
    table = Table(as_html(rows)).rows
    assert table[0] == ["", "cell", "title", "duration", "samples", "value", "memory"]
    assert table[1][:6] == ["0", "In [1]", "first", "1.24 s", "1", "1 samples"]
    # The title of the second is its cell: it is not said twice.
    assert table[2][:6] == ["1", "In [2]", "", "", "1", "1 samples"]
    text = as_text(rows).splitlines()
    for row, line in zip(table, text, strict=False):
        assert re.split(r"\s{2,}", line.strip()) == [one for one in row if one]
    assert len({line.index("In [") for line in text[1:3]}) == 1


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_text(title):
    rows = captured(title)
    page = Table(as_html(rows))
    assert page.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert len(page.rows[1]) == 7
    assert all(c.isprintable() or c == "\n" for c in as_text(rows) + as_html(rows))


def test_a_long_title_is_cut():
    assert "x" * 39 + "…" in as_text(captured("x" * 1000))


def test_memory_is_that_of_arrays_and_texts():
    profile = draw(" f")
    text = "x" * 100_000
    more = replace(profile, sources={"a.py": SourceText(text), "b.py": SourceText(text)})
    grown = memory_of(more) - memory_of(profile)
    # One text, though two files have it.
    assert grown == sys.getsizeof(text) + sys.getsizeof("a.py") + sys.getsizeof("b.py")


@given(profiles())
def test_memory_is_never_less_than_the_columns(profile):
    s, stacks = profile.samples, profile.tables.stacks
    columns = (s.stack, s.thread, s.weight, s.time, s.state, stacks.parent, stacks.frame)
    assert memory_of(profile) >= sum(c.nbytes for c in columns if c is not None)
