"""Static pictures and pages: right proportions, and nothing in a name comes alive."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from helpers.ascii import draw
from helpers.strategies import HOSTILE, profiles
from hypothesis import given, settings

from perfnb.errors import OptionError
from perfnb.model import ProfileBuilder, Thread
from perfnb.units import ValueType
from perfnb.views import assets
from perfnb.views.flame import FlameView
from perfnb.views.output import output_html, script_json
from perfnb.views.page import standalone_page

SVG = "{http://www.w3.org/2000/svg}"


def hostile_profile():
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    for tid, name in enumerate(HOSTILE, 1):
        frames = [builder.frame("main"), builder.frame(name, f"In [5] {name}", 3, name)]
        thread = builder.thread(Thread(1, tid, name, name, name))
        builder.sample(builder.stack(frames), thread, 10**9)
    return builder.build()


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def view(request):
    return FlameView(hostile_profile(), title=request.param, split_threads=True)


def boxes(svg):
    """Return (label, x, y, width) of each box with a tooltip."""
    found = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        found.append(
            (
                group.find(f"{SVG}title").text.split(": ")[0],
                *(float(rect.get(name)) for name in ("x", "y", "width")),
            )
        )
    return found


def test_widths_are_as_the_totals():
    profile = draw("""
                main    main    main    other
                work    rest
        weight: 500     200     100     200
    """)
    found = {label: (x, width) for label, x, _, width in boxes(profile.flame().svg())}
    # A box is half a unit narrower than its share of the thousand, to tell it from the next.
    assert found == {
        "all": (0, 999.5),
        "main": (0, 799.5),
        "other": (800, 199.5),
        "rest": (0, 199.5),
        "work": (200, 499.5),
    }


@given(profiles())
def test_any_profile_is_well_formed_and_in_proportion(profile):
    view = FlameView(profile)
    tree = view.tree
    found = boxes(view.svg())
    drawn = [n for n in range(len(tree)) if tree.total[n] * 1000 >= 0.4 * max(profile.total, 1)]
    assert len(found) == len(drawn)
    for node, (_, x, y, width) in zip(drawn, found, strict=True):
        share = tree.total[node] / profile.total * 1000
        assert width == pytest.approx(max(share - 0.5, 0.3), abs=0.051)
        assert 0 <= x <= x + width <= 1000
        assert y == 26 + 17 * tree.depth[node]


def test_what_is_not_drawn_is_counted():
    builder = ProfileBuilder(ValueType("samples", "count"))
    for i in range(50):
        builder.sample(builder.stack([builder.frame("main"), builder.frame(f"f{i}")]))
    svg = FlameView(builder.build()).svg(max_boxes=10)
    assert len(boxes(svg)) == 10
    assert "42 boxes are too narrow or too deep" in svg
    assert "too narrow" not in FlameView(builder.build()).svg()


def test_names_in_a_picture_are_text(view):
    root = ET.fromstring(view.svg())
    assert {element.tag for element in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "g")
    }
    attributes = {name for element in root.iter() for name in element.keys()}  # noqa: SIM118
    assert attributes.isdisjoint({"onerror", "onload", "href", "style"})
    text = "".join(root.itertext())
    assert "<img src=x onerror=alert(1)>" in text
    assert "שלום עולם" in text
    # Nothing that turns the text round it, and no control character.
    assert all(c.isprintable() for c in text)


class Page(HTMLParser):
    """The elements of a page and the text in its scripts and titles."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self._open = [], {"script": [], "title": []}, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag in self.texts else None
        if self._open:
            self.texts[tag].append("")

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open:
            self.texts[self._open][-1] += data


def assert_inert(page, tags):
    assert [tag for tag, _ in page.elements] == tags
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert not re.match(r"(?i)\s*javascript:", attributes.get("href") or "")


OUTPUT = ["div", "div", "img", "div", "div", "script", "script"]


def test_names_in_an_output_are_inert(view):
    html = output_html(view)
    html.encode()  # a notebook is UTF-8
    page = Page(html)
    assert_inert(page, OUTPUT)
    picture = next(attributes for tag, attributes in page.elements if tag == "img")
    svg = base64.b64decode(picture["src"].removeprefix("data:image/svg+xml;base64,"))
    assert ET.fromstring(svg).tag == f"{SVG}svg"
    assert "</script" not in page.texts["script"][0].lower()


def test_an_output_asks_for_files_of_its_own_server_only(view):
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", output_html(view).split("<script>")[0])
    assert addresses == []


def test_an_output_carries_the_scripts_only_where_nobody_serves_them(monkeypatch):
    view = FlameView(draw("main"))
    assert len(output_html(view)) < 20_000
    monkeypatch.setenv("PERFNB_SCRIPTS", "inline")
    page = Page(output_html(view))
    assert_inert(page, [*OUTPUT[:-1], "script", "script", "script"])
    assert len(page.texts["script"][1]) > 500_000


def test_names_in_a_page_are_inert(view, tmp_path):
    view.save(tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert_inert(
        page,
        [
            *("html", "head", "meta", "meta", "meta", "title", "style", "script", "script"),
            *("body", "div", "noscript", "div", "div", "div", "script", "script"),
        ],
    )


def test_a_page_may_fetch_nothing():
    page = standalone_page(FlameView(draw("main")))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    rules = dict(rule.split(None, 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    assert not any("http" in rule or "*" in rule for rule in rules.values())


def test_inlined_scripts_are_whole():
    page = Page(standalone_page(FlameView(draw("main"))))
    for found, script in zip(
        page.texts["script"], (assets.bokehjs(), assets.extension()), strict=False
    ):
        assert found.replace("<\\/script", "</script") == script.text()


@settings(max_examples=20)
@given(profiles())
def test_any_profile_can_be_shown(profile):
    bundle = profile._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "text/html"}
    Page(bundle["text/html"])
    bundle["text/plain"].encode()
    assert all(line.isprintable() for line in bundle["text/plain"].splitlines())


def test_json_in_a_script_means_what_it_meant():
    value = {"a": ["</script>", "<!--", "\u2028", "é", "\ud800"]}
    text = script_json(value)
    assert "<" not in text
    assert text.isascii()
    assert eval(text) == value


def test_a_terminal_gets_a_table():
    profile = draw(
        """
                <module> <In [5]:1>    main <app.py:3>
                work <app.py:9>
        weight: 3                      1
        """,
        title="In [5]",
    )
    assert profile.flame().text().splitlines()[:4] == [
        "In [5] · 4 samples",
        "     self            total         function",
        "        3 75.0 %         3 75.0 %  work  app",
        "        1 25.0 %         1 25.0 %  main  app",
    ]


@pytest.mark.parametrize(
    "options",
    [{"merge": "file"}, {"orientation": "up"}, {"color_by": "size"}, {"theme": "blue"}],
)
def test_unknown_choices_are_option_errors(options):
    with pytest.raises(OptionError, match="choose one of"):
        draw("main").flame(**options)


def test_a_view_is_saved_as_page_or_picture_only(tmp_path):
    view = draw("main").flame()
    with pytest.raises(OptionError, match=r"not \.html or \.svg"):
        view.save(tmp_path / "a.png")
    view.save(tmp_path / "a.SVG")
    assert ET.parse(tmp_path / "a.SVG").getroot().tag == f"{SVG}svg"
    with pytest.raises(OSError, match="No such file"):
        view.save(tmp_path / "missing" / "a.html")
