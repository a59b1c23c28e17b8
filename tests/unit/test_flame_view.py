"""The options of a flame graph in Python, and writing it to a file."""

import json

import pytest
from helpers.ascii import draw
from hypothesis import given
from hypothesis import strategies as st
from test_pictures import boxes

from perfnb.errors import OptionError
from perfnb.model import ProfileBuilder
from perfnb.units import ValueType
from perfnb.views.options import COLORS, ORIENTATIONS, SOURCES, THEMES, VIEWS

PICTURE = """
            main    main    other
            load    run     load
            parse           wait
    weight: 5       2       1
"""
CHOICES = {
    "view": VIEWS,
    "color_by": COLORS,
    "orientation": ORIENTATIONS,
    "theme": THEMES,
    "source": SOURCES,
}


@pytest.fixture
def profile():
    return draw(PICTURE)


def test_the_figure_has_what_was_asked_for(profile):
    asked = {
        "view": "sandwich",
        "timeline": True,
        "table": True,
        "color_by": "self",
        "filters": [{"kind": "focus", "pattern": "load"}],
    }
    figure = profile.flame(**asked, function="load").figure
    assert {name: getattr(figure, name) for name in asked} == asked
    assert figure.function == {"name": "load", "file": "", "module": "", "kind": "python"}


def test_by_default_it_is_a_flame_graph_of_everything(profile):
    figure = profile.flame().figure
    assert (figure.view, figure.timeline, figure.table) == ("flame", False, False)
    assert (figure.filters, figure.function, figure.source.remote) == ([], None, False)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, row in CHOICES.items() for v in row])
def test_every_choice_is_one_of_the_models(profile, name, value):
    figure = profile.flame(**{name: value}).figure
    assert name == "source" or getattr(figure, name) == value


@pytest.mark.parametrize("name", CHOICES)
def test_a_wrong_choice_is_named_with_the_right_ones(profile, name):
    with pytest.raises(OptionError, match=f"{name}='upside down'") as caught:
        profile.flame(**{name: "upside down"})
    assert ", ".join(CHOICES[name]) in caught.value.hint


def test_a_function_that_is_not_there(profile):
    with pytest.raises(OptionError, match="function='lod': there is none") as caught:
        profile.flame(function="lod")
    assert caught.value.hint == "is it load?"
    with pytest.raises(OptionError) as caught:
        profile.flame(function="entirely different")
    assert "profile.functions()" in caught.value.hint


def test_of_several_functions_of_a_name_the_largest_is_selected():
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    for file, weight in (("a.py", 2), ("b.py", 5), ("c.py", 5), ("d.py", 1)):
        builder.sample(builder.stack([builder.frame("f", file)]), weight=weight)
    assert builder.build().flame(function="f").figure.function["file"] == "b.py"


def test_filters_hold_for_the_static_picture_and_the_text(profile):
    view = profile.flame(filters=[{"kind": "focus", "pattern": "load"}])
    assert {label for label, *_ in boxes(view.svg())} == {"all", "load", "parse", "wait"}
    assert "main" not in view.text() and "parse" in view.text()
    # The page has them all, and filters by itself.
    assert "main" in view.shown.tables.functions.name


@pytest.mark.parametrize("wrong", [{"kind": "sparkle"}, {"kind": "focus"}, {}])
def test_a_wrong_filter_is_said_at_once(profile, wrong):
    with pytest.raises(OptionError):
        profile.flame(filters=[wrong])


def test_filters_that_are_changed_later_change_nothing(profile):
    filters = [{"kind": "focus", "pattern": "load"}]
    view = profile.flame(filters=filters)
    filters[0]["pattern"] = "main"
    assert view.figure.filters == [{"kind": "focus", "pattern": "load"}]


@given(st.sampled_from(VIEWS), st.booleans(), st.booleans())
def test_the_static_picture_is_the_flame_graph_in_every_view(view, timeline, table):
    profile = draw(PICTURE)
    shown = profile.flame(view=view, timeline=timeline, table=table)
    assert shown.svg() == profile.flame().svg()


def test_a_file_is_replaced_in_one_step(profile, tmp_path, monkeypatch):
    path = tmp_path / "x.svg"
    path.write_text("before")
    path.chmod(0o640)
    view = profile.flame()

    def fails(self, *_):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("tempfile._TemporaryFileWrapper.flush", fails, raising=False)
        with pytest.raises(OSError, match="the disk is full"):
            view.save(path)
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]
    view.save(path)
    assert path.read_text().startswith("<svg")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [*tmp_path.iterdir()] == [path]


def test_what_cannot_be_written_leaves_nothing(profile, tmp_path):
    with pytest.raises(FileNotFoundError):
        profile.flame().save(tmp_path / "none" / "x.html")
    with pytest.raises(OptionError, match=r"not \.html or \.svg"):
        profile.flame().save(tmp_path / "x.pdf")
    assert [*tmp_path.iterdir()] == []


def test_a_page_holds_the_options(profile, tmp_path):
    profile.flame(view="source", table=True, function="load").save(tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    start = page.index(">", page.index('class="perfnb-data"')) + 1
    item = json.loads(page[start : page.index("</script>", start)])["item"]
    (root,) = item["doc"]["roots"]
    assert root["attributes"]["view"] == "source"
    assert root["attributes"]["table"] is True
    assert dict(root["attributes"]["function"]["entries"])["name"] == "load"
