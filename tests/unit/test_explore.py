"""A profile that stays in the kernel: what the page is told is what Python says."""

import gzip
import json
import struct
import threading

import numpy as np
import pytest
from helpers.ascii import draw
from helpers.large import paths
from helpers.strategies import profiles
from hypothesis import given, settings
from hypothesis import strategies as st

from perfnb.errors import MissingColumn, OptionError
from perfnb.layout.chart import chart
from perfnb.layout.timeline import lanes
from perfnb.model import KINDS, CallTree
from perfnb.transform.filters import apply
from perfnb.views.explore.answers import Answers
from perfnb.views.explore.app import explore
from perfnb.views.explore.bridge import Bridge
from perfnb.views.explore.figure import figure, is_small, still_html
from perfnb.views.explore.wire import message
from perfnb.views.explore.worker import Superseded, Worker
from perfnb.views.models import FlameGraph, ProfileSource

JOB = draw("""
            main <app.py:1>      main <app.py:1>      main <app.py:2>      spin <lib.py:7>
            load <app.py:11>     load <app.py:12>     fit <lib.py:3>
            read <lib.py:30>
    thread: main                 main                 worker               worker
    time:   0                    100                  200                  300
""")

merges = st.sampled_from(("cell", "line", "function"))
filters = st.lists(
    st.one_of(
        st.builds(
            lambda kind, pattern: {"kind": kind, "pattern": pattern},
            st.sampled_from(("focus", "hide", "show", "keep", "drop")),
            st.sampled_from(("main", "work", "^r", "app")),
        ),
        st.sampled_from(({"kind": "mine"}, {"kind": "recursion"}, {"kind": "by", "what": "file"})),
    ),
    max_size=3,
)


def quiet(fraction, text):
    assert 0 <= fraction <= 1
    assert text


def query(*chosen, **changed):
    plain = {"merge": "cell", "inverted": False, "splitThreads": False}
    return {"filters": list(chosen), **plain, **changed}


class Page:
    """What a page makes of the answers."""

    def __init__(self, profile):
        self.answers = Answers(profile)
        packed = gzip.decompress(self.answers.packed_names())
        (size,) = struct.unpack("<I", packed[:4])
        self.header = json.loads(packed[4 : 4 + size])
        base = -(-(4 + size) // 8) * 8
        columns = {}
        for name, place in self.header["columns"].items():
            dtype = np.dtype(f"<{place['dtype']}")
            columns[name] = np.frombuffer(packed, dtype, place["length"], base + place["offset"])
        texts = [columns[f"functions.{part}"] for part in ("name", "file", "module")]
        # Halves of surrogate pairs travel in JSON, but in no other text.
        strings = [sendable(text) for text in self.header["strings"]]
        self.columns = columns
        self.names = [
            (*(strings[at] for at in row), KINDS[kind])
            for *row, kind in zip(*texts, columns["functions.kind"], strict=True)
        ]

    def ask(self, what, **question):
        asked = {"what": what, "known": len(self.names), "query": query(), **question}
        head, buffers = message(*self.answers.ask(asked, quiet))
        head = json.loads(json.dumps(head))
        found = {}
        for (name, dtype), buffer in zip(head["columns"], buffers, strict=True):
            text = dtype == "text"
            found[name] = buffer.decode() if text else np.frombuffer(buffer, f"<{dtype}")
        if "names" in found:
            assert head["first"] == len(self.names)
            for *texts, kind, own in json.loads(found.pop("names")):
                assert own in (0, 1)
                self.names.append((*texts, KINDS[kind]))
        return head, found

    def nodes(self, columns):
        """Return path → (self, total, self samples, total samples)."""
        steps = []
        parent, function, line, thread = (
            columns[name].tolist() for name in ("parent", "function", "line", "thread")
        )
        for up, at, number, owner in zip(parent, function, line, thread, strict=True):
            name = self.names[at] if at >= 0 else None
            steps.append((*(steps[up] if up >= 0 else ()), (name, number, owner)))
        numbers = [
            columns[name].tolist() for name in ("self", "total", "selfSamples", "totalSamples")
        ]
        assert len(set(steps)) == len(steps)
        return dict(zip(steps, zip(*numbers, strict=True), strict=True))


def expected(tree):
    """The same of a tree; what weighs nothing has no box."""
    functions, steps, found = tree.tables.functions, [], {}
    for node, (up, at) in enumerate(zip(tree.parent.tolist(), tree.function.tolist(), strict=True)):
        name = None
        if at >= 0:
            texts = (functions.name[at], functions.file[at], functions.module[at])
            name = (*map(sendable, texts), KINDS[functions.kind[at]])
        step = (name, int(tree.line[node]), int(tree.thread[node]))
        steps.append((*(steps[up] if up >= 0 else ()), step))
        if node == 0 or tree.total[node] > 0:
            found[steps[-1]] = (
                tree.self[node], tree.total[node],
                tree.self_samples[node], tree.total_samples[node],
            )  # fmt: skip
    return found


def sendable(text):
    return text.encode("utf-8", "replace").decode()


@settings(max_examples=60)
@given(profiles(), filters, merges, st.booleans(), st.booleans())
def test_the_tree_is_the_one_that_python_folds(profile, chosen, merge, inverted, split):
    page = Page(profile)
    asked = query(*chosen, merge=merge, inverted=inverted, splitThreads=split)
    # So wide that everything can be seen.
    page.answers.closer(asked, quiet)
    least = 1 + max(1, profile.total) // 2
    page.ask("tree", query=query())
    head, _ = page.ask("tree", query=asked, pixels=min(least, 20_000))
    left = apply(profile, chosen)
    tree = CallTree.of(left.inverted() if inverted else left, merge, split_threads=split)
    assert head["nodes"] == len(tree)
    if least <= 20_000:
        _, columns = page.ask("tree", query=asked, pixels=least)
        assert page.nodes(columns) == expected(tree)


@settings(max_examples=60)
@given(profiles(), filters)
def test_the_functions_are_those_of_the_profile(profile, chosen):
    page = Page(profile)
    head, columns = page.ask("functions", query=query(*chosen))
    left = apply(profile, chosen)
    table = left.functions()
    assert head["whole"] == left.total
    told = [page.names[at] for at in columns["ids"]]
    assert told == [*table.select("name", "file", "module", "kind").iter_rows()]
    for name, sent in (
        ("self", "self"), ("total", "total"),
        ("self_samples", "selfSamples"), ("total_samples", "totalSamples"),
    ):  # fmt: skip
        assert columns[sent].tolist() == table[name].to_list()


@settings(max_examples=40)
@given(profiles(timed=st.just(True)), filters, st.integers(1, 9))
def test_the_lanes_are_those_of_the_whole_time(profile, chosen, bins):
    page = Page(profile)
    later = {"kind": "time", "from": 1, "to": 2}
    head, columns = page.ask("lanes", query=query(later, *chosen), bins=bins)
    assert head["from"] == 0
    left = apply(page.answers.profile, chosen)
    known = lanes(left, 0, head["to"], bins)
    assert head["threads"] == known.threads.tolist()
    assert columns["counts"].tolist() == known.counts.reshape(-1).tolist()
    if len(profile):
        assert page.header["meta"]["end"] == head["to"]


def test_callers_and_callees_are_trees_with_the_function_as_root():
    page = Page(JOB)
    ref = {"name": "load", "file": "app.py", "module": "", "kind": "python"}
    _, columns = page.ask("sandwich", ref=ref)
    for which in ("callers", "callees"):
        part = {
            name.removeprefix(f"{which}."): column
            for name, column in columns.items()
            if name.startswith(which)
        }
        tree = CallTree.of(getattr(JOB, which)("load", exact=True, file="app.py"))
        assert page.nodes(part) == expected(tree)
        assert part["total"][0] == 2


def test_lines_come_with_the_text_of_their_file(tmp_path):
    file = tmp_path / "job.py"
    file.write_text("def load():\n    return 1\n")
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be seen")
    profile = draw(f"""
        load <{file}:2>   load <{file}:2>   main <{secret}:1>
    """)
    page = Page(profile)
    head, columns = page.ask("source", ref={"name": "load", "file": str(file), "kind": "python"})
    assert columns["text"] == "def load():\n    return 1"
    assert (columns["lines"].tolist(), columns["self"].tolist()) == ([2], [2])
    assert columns["functions"] == "load"
    assert head["whole"] == 3
    for other in (secret, tmp_path / "never.py"):
        head, columns = page.ask("source", ref={"file": str(other), "kind": "python"})
        assert columns["text"] == ""
        assert head["note"]


def test_names_are_sent_once():
    page = Page(JOB)
    known = len(page.names)
    page.ask("tree")
    page.ask("functions", query=query({"kind": "focus", "pattern": "load"}))
    assert len(page.names) == known
    before = [*page.names]
    page.ask("tree", query=query({"kind": "by", "what": "file"}))
    assert page.names[:known] == before
    assert {name for name, *_ in page.names[known:]} == {"app.py", "lib.py"}
    page.ask("tree", query=query({"kind": "by", "what": "file"}, {"kind": "recursion"}))
    assert len(page.names) == known + 2
    # A page that knows nothing of this yet is told everything.
    head, columns = page.answers.ask({"what": "tree", "query": query(), "known": known}, quiet)
    assert head["first"] == known
    assert len(json.loads(columns["names"])) == 2


def test_what_the_page_has_before_it_asks_is_small():
    profile = paths(3_000)
    page = Page(profile)
    assert len(page.answers.packed_names()) < 40_000
    assert len(page.columns["samples.weight"]) == len(page.columns["stacks.parent"]) == 0
    assert [thread["name"] for thread in page.header["threads"]] == ["main", "worker"]
    assert "samples.time" in page.header["columns"]
    assert page.header["meta"]["end"] == 2_999_000_001


def test_a_closer_look_has_what_the_rest_summed():
    page = Page(paths(3_000))
    head, columns = page.ask("tree", pixels=400)
    assert not head["complete"]
    rest = int(np.argmax(np.where(columns["id"] < 0, columns["total"], 0)))
    number = -1 - int(columns["id"][rest])
    opened = [columns["rests"][3 * number : 3 * number + 3].tolist()]
    head, after = page.ask("tree", opened=opened, pixels=400)
    assert head["opened"] == opened
    assert len(after["id"]) > len(columns["id"])
    (again,) = np.flatnonzero(
        (after["id"] < 0) & (after["total"] == columns["total"][rest])
        & (after["parent"] == columns["parent"][rest])
    )  # fmt: skip
    below = np.flatnonzero(after["parent"] == again)
    assert after["total"][below].sum() == columns["total"][rest]
    assert after["self"][again] == 0
    # Those that sum others are told apart.
    assert page.nodes(after)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"what": "everything"}, OptionError),
        ({"what": "tree", "query": query({"kind": "magic"})}, OptionError),
        ({"what": "tree", "query": query({"kind": "focus", "pattern": "("})}, OptionError),
        ({"what": "tree", "query": query(merge="file")}, OptionError),
    ],
)
def test_what_cannot_be_answered_is_an_error(question, error):
    with pytest.raises(error):
        Answers(JOB).ask(question, quiet)


@settings(max_examples=40)
@given(profiles(timed=st.just(True)), st.integers(1, 30), merges)
def test_a_chart_tells_where_narrow_boxes_are(profile, pixels, merge):
    page = Page(profile)
    if not len(profile):
        return
    thread = int(profile.samples.thread[0])
    head, columns = page.ask(
        "chart", thread=thread, pixels=pixels, query=query(merge=merge), to=page.answers.end
    )
    whole = chart(page.answers.profile, thread, merge, 0, head["to"])
    least = head["to"] / (2 * pixels)
    wide = np.flatnonzero(whole.tree.total >= least)
    plain = columns["hidden"] == 0
    assert columns["x"][plain].tolist() == whole.boxes.x[wide].tolist()
    assert columns["width"][plain].tolist() == whole.boxes.width[wide].tolist()
    parent, depth, x, width = (columns[name] for name in ("parent", "depth", "x", "width"))
    assert np.all(parent[1:] < np.arange(1, len(parent)))
    assert np.all(depth[1:] == depth[parent[1:]] + 1)
    # Sorted by depth and time, and inside of what they hang below.
    order = np.lexsort((x, depth))
    assert order.tolist() == list(range(len(order)))
    assert np.all(x[1:] >= x[parent[1:]])
    assert np.all((x + width)[1:] <= (x + width)[parent[1:]])
    assert np.count_nonzero(plain) + columns["hidden"].sum() == len(whole.tree)
    # What is below a box is all of what was below it.
    below = np.zeros(len(parent))
    np.add.at(below, parent[1:], columns["total"][1:])
    full = np.zeros(len(whole.tree))
    np.add.at(full, whole.tree.parent[1:], whole.tree.total[1:])
    assert below[plain].tolist() == full[wide].tolist()


def test_a_chart_of_very_many_samples_is_refused(monkeypatch):
    monkeypatch.setattr("perfnb.views.explore.times.CHART_SAMPLES", 1)
    page = Page(JOB)
    worker = next(row for row, thread in enumerate(JOB.threads) if thread.name == "worker")
    head, columns = page.ask("chart", thread=worker, to=400)
    assert "2 samples are too many" in head["refusal"]
    assert columns["total"].tolist() == [400]
    head, columns = page.ask("chart", thread=worker, to=250)
    assert head["refusal"] == ""
    assert len(columns["total"]) == 3


def test_without_times_there_is_no_chart():
    profile = draw("f")
    with pytest.raises(MissingColumn):
        Answers(profile).ask({"what": "chart", "query": query()}, quiet)


def test_a_newer_question_takes_the_place_of_an_older_one():
    worker, done = Worker(), []
    started, go = threading.Event(), threading.Event()

    def first(task):
        started.set()
        go.wait()
        task.check()
        done.append("first")

    def job(name):
        return lambda _: done.append(name)

    worker.submit("tree", first)
    started.wait()
    worker.submit("lanes", job("lanes"))
    worker.submit("tree", job("second"))
    worker.submit("tree", job("third"))
    thread = worker._thread
    go.set()
    thread.join()
    assert done == ["lanes", "third"]
    # Its thread is gone, and another comes when there is something to do.
    worker.submit("tree", job("fourth"))
    worker.join()
    assert done[-1] == "fourth"
    assert worker._thread is None


def test_work_ends_when_a_pane_is_closed():
    worker, ended = Worker(), []
    started, go = threading.Event(), threading.Event()

    def job(task):
        started.set()
        go.wait()
        try:
            task.check()
        except Superseded:
            ended.append(True)
            raise

    worker.submit("tree", job)
    started.wait()
    worker.submit("lanes", lambda _: ended.append(False))
    thread = worker._thread
    worker.stop()
    go.set()
    thread.join()
    assert ended == [True]


# The widgets.


@pytest.fixture
def sent(monkeypatch):
    """What bridges send to the page."""
    messages = []

    def send(self, content, buffers=None):
        messages.append((content, buffers or []))

    monkeypatch.setattr(Bridge, "send", send)
    return messages


def test_the_document_comes_when_it_is_asked_for(sent):
    source = ProfileSource(tables=b"a profile's tables")
    bridge = Bridge(FlameGraph(source=source, title="a job"))
    assert "a profile" not in str(bridge.get_state())
    assert "a job" not in str(bridge.get_state())
    bridge._received(bridge, {"type": "open", "view": "v1"}, [])
    ((head, buffers),) = sent
    assert (head["type"], head["view"]) == ("document", "v1")
    assert buffers == [b"a profile's tables"]
    document = json.loads(head["json"])
    assert head["buffers"][0] in head["json"]
    assert document["roots"][0]["attributes"]["title"] == "a job"


def test_scripts_come_when_jupyter_serves_none(sent):
    bridge = Bridge(FlameGraph(source=ProfileSource(tables=b"")))
    bridge._received(bridge, {"type": "scripts", "view": "v1"}, [])
    ((head, buffers),) = sent
    assert head["type"] == "scripts"
    assert [len(text) > 10_000 for text in buffers] == [True, True]


def test_properties_are_the_same_here_and_in_every_view(sent):
    changed = []
    bridge = Bridge(
        FlameGraph(source=ProfileSource(tables=b"")), changed=lambda _, what: changed.append(what)
    )
    bridge._received(bridge, {"type": "patch", "view": "v1", "properties": {"merge": "line"}}, [])
    assert bridge.model.merge == "line"
    assert changed == [{"merge": "line"}]
    assert sent[-1][0] == {"type": "set", "origin": "v1", "properties": {"merge": "line"}}
    bridge.change(merge="cell")
    assert bridge.model.merge == "cell"
    assert sent[-1][0] == {"type": "set", "origin": None, "properties": {"merge": "cell"}}
    assert len(changed) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "patch", "properties": {"merge": "file"}}, "merge"),
        ({"type": "patch", "properties": {"nothing": 1}}, "nothing"),
        ({"type": "sing"}, "sing"),
        ({}, "None"),
        ({"type": "ask", "view": "v1", "id": 3}, "<b>no</b>"),
    ],
)
def test_an_error_in_a_callback_is_seen(sent, given, words):
    def asked(bridge, question):
        raise OptionError("<b>no</b>", "try another")

    bridge = Bridge(FlameGraph(source=ProfileSource(tables=b"")), asked)
    bridge._received(bridge, given, [])
    head, _ = sent[-1]
    assert head["type"] == "error"
    assert words in head["message"]
    assert (head["view"], head["id"]) == (given.get("view"), given.get("id"))


@pytest.fixture(scope="module")
def large():
    profile = paths(6_000)
    assert not is_small(profile)
    return profile


def test_a_small_profile_is_sent_whole_and_a_large_one_is_asked_for(sent, large):
    small = explore(JOB).panes[0].bridge.model.source
    assert not small.remote
    pane = explore(large).panes[0]
    source = pane.bridge.model.source
    assert source.remote
    assert len(source.tables) < 60_000
    question = {"type": "ask", "view": "v1", "id": 1, "what": "tree", "query": query()}
    pane.bridge._received(pane.bridge, question, [])
    pane.worker.join()
    kinds = [head["type"] for head, _ in sent]
    assert kinds[-1] == "answer"
    assert "progress" in kinds
    assert sent[-1][0]["id"] == 1
    question = {**question, "id": 2, "query": query({"kind": "magic"})}
    pane.bridge._received(pane.bridge, question, [])
    pane.worker.join()
    assert sent[-1][0]["type"] == "error"
    assert sent[-1][0]["id"] == 2
    assert sent[-1][0]["hint"]


def test_filters_are_the_same_in_the_page_and_in_python(sent):
    explorer = explore(JOB)
    (pane,) = explorer.panes
    pane.filters = [{"kind": "focus", "pattern": "load"}]
    assert sent[-1][0]["properties"] == {"filters": [{"kind": "focus", "pattern": "load"}]}
    assert pane.expression == 'profile.focus("load")'
    assert pane.selection.total == 2
    with pytest.raises(OptionError):
        pane.filters = [{"kind": "magic"}]
    assert pane.expression == 'profile.focus("load")'
    patch = {"filters": [{"kind": "time", "from": 100, "to": 250}]}
    pane.bridge._received(pane.bridge, {"type": "patch", "view": "v", "properties": patch}, [])
    assert pane.filters == patch["filters"]
    assert pane.selection.total == 2
    assert pane._time.value == pytest.approx((1e-7, 2.5e-7))


def test_the_slider_is_the_filter_of_time(sent):
    pane = explore(JOB).panes[0]
    pane._time.value = (1e-7, pane._time.max)
    ((time),) = pane.filters
    assert (time["kind"], time["from"]) == ("time", 100)
    assert pane.selection.total == 3
    pane._time.value = (0, pane._time.max)
    assert pane.filters == []
    assert explore(draw("f")).panes[0]._times.layout.display == "none"


def test_linked_panes_have_the_same_filters(sent):
    explorer = explore(JOB, JOB)
    left, right = explorer.panes
    left.filters = [{"kind": "hide", "pattern": "load"}]
    assert right.filters == []
    explorer._link.value = True
    assert right.filters == left.filters
    right.filters = [{"kind": "focus", "pattern": "fit"}]
    assert left.filters == right.filters
    extra = explorer.add_pane()
    assert len(explorer.panes) == 3
    explorer.remove_pane(extra)
    explorer.remove_pane(left)
    explorer.remove_pane(right)
    assert explorer.panes == [right]


def test_another_profile_in_a_pane_keeps_what_was_chosen(sent, large):
    explorer = explore(JOB, merge="line")
    (pane,) = explorer.panes
    pane.filters = [{"kind": "focus", "pattern": "function_0001"}]
    pane.bridge.change(inverted=True)
    pane.profile = large
    model = pane.bridge.model
    assert model.source.remote
    assert (model.merge, model.inverted) == ("line", True)
    assert model.filters == [{"kind": "focus", "pattern": "function_0001"}]
    assert sent[-1][0]["type"] == "document"
    assert pane._time.max == pytest.approx(5.999000001)


def test_a_file_is_read_beside_and_its_errors_are_shown(sent, tmp_path):
    file = tmp_path / "<b>job.folded"
    file.write_text("main;work 3\nmain;rest 1\n")
    explorer = explore(JOB)
    explorer.open_file(str(file)).join()
    assert explorer.panes[0].profile.total == 4
    assert file.name in explorer.choices.names
    assert explorer._trouble.value == ""
    explorer.open_file(str(tmp_path / "<img src=x>")).join()
    assert "&lt;img src=x&gt;" in explorer._trouble.value
    assert "<img" not in explorer._trouble.value
    assert explorer.panes[0].profile.total == 4
    explorer.open_file(" ").join()
    assert "no file is named" in explorer._trouble.value
    assert explorer._work.layout.display == "none"


def test_all_value_types_of_a_file_can_be_chosen(sent, tmp_path):
    explorer = explore(JOB)
    names = explorer.choices.add_all({"on-CPU": draw("f"), "off-CPU": draw("g")})
    assert len(names) == 2
    explorer._list()
    assert set(names) <= set(explorer._frames[id(explorer.panes[0])][0].options)


def test_what_cannot_be_explored_is_said(monkeypatch):
    monkeypatch.setattr("perfnb._sessions", {})
    with pytest.raises(OptionError, match="nothing to explore"):
        explore()
    with pytest.raises(OptionError, match="cannot be explored"):
        explore(3)
    with pytest.raises(OptionError, match="no option 'inverse'") as caught:
        explore(JOB, inverse=True)
    assert "inverted" in caught.value.hint
    with pytest.raises(OptionError, match="merge"):
        explore(JOB, merge="file")


def test_the_static_picture_says_how_to_see_the_live_one():
    text = still_html(JOB, "name")
    assert 'data-perfnb-still="name"' in text
    assert "Run this cell again" in text
    assert "<script" not in text


def test_the_same_model_is_made_of_small_and_large(large):
    for answers in (None, Answers(large)):
        model = figure(large, answers, {"merge": "line"})
        assert model.merge == "line"
        assert model.honesty
