import json
from collections import Counter

import numpy as np
import pytest
from captures import captures
from helpers.ascii import rows, show
from helpers.hostile import outcome, retyped
from helpers.same import told

from perfnb.errors import MalformedProfile
from perfnb.formats.cpuprofile import CpuProfileImporter
from perfnb.formats.source import Source
from perfnb.model import STATES
from perfnb.units import ValueType

CAPTURES = {one.path.name: one.path for one in captures("cpuprofile")}


def read(document):
    (profile,) = CpuProfileImporter().read(Source(json.dumps(document).encode())).values()
    return profile


def capture(name):
    return json.loads(CAPTURES[name].read_bytes())


def node(number, name, children=(), **facts):
    frame = {"functionName": name, "url": facts.pop("url", ""), "lineNumber": facts.pop("line", -1)}
    return {"id": number, "callFrame": frame, "hitCount": 0, "children": list(children)} | facts


def small(**changes):
    return {
        "nodes": [
            node(1, "(root)", [2, 5, 6]),
            node(2, "main", [3, 4], url="file:///srv/a%20b/app.js", line=0),
            node(3, "", url="file:///srv/a%20b/app.js", line=11),
            node(4, "now"),
            node(5, "(idle)"),
            node(6, "(garbage collector)"),
        ],
        "startTime": 1000,
        "endTime": 1100,
        "samples": [3, 3, 4, 5, 6, 2],
        "timeDeltas": [10, 5, 5, 20, 40, 10],
    } | changes  # fmt: skip


def as_tree(document):
    """The document as V8's older interface had it written."""
    by_id = {one["id"]: one for one in document["nodes"]}

    def told_of(one):
        frame = one["callFrame"]
        return {
            "id": one["id"], "functionName": frame["functionName"], "url": frame["url"],
            "lineNumber": frame["lineNumber"] + 1, "hitCount": one["hitCount"],
            "children": [told_of(by_id[child]) for child in one.get("children", ())],
        }  # fmt: skip

    return {
        "typeId": "CPU", "head": told_of(document["nodes"][0]), "samples": document["samples"],
        "startTime": document["startTime"] / 1e6, "endTime": document["endTime"] / 1e6,
        "timestamps": (document["startTime"] + np.cumsum(document["timeDeltas"])).tolist(),
    }  # fmt: skip


def test_a_sample_lasts_until_the_next():
    profile = read(small())
    assert profile.value == ValueType("wall", "ns")
    assert [
        (row.time, row.weight, "/".join(one.name for one in row.functions()), row.state)
        for row in rows(profile)
    ] == [
        (1_010_000, 5000, "main/(anonymous app.js:12)", "unknown"),
        (1_015_000, 5000, "main/(anonymous app.js:12)", "unknown"),
        (1_020_000, 20_000, "main/now", "unknown"),
        (1_040_000, 40_000, "(idle)", "off-CPU"),
        (1_080_000, 10_000, "(garbage collector)", "unknown"),
        (1_090_000, 10_000, "main", "unknown"),
    ]
    assert (profile.samples.duration == profile.samples.weight).all()
    metadata = profile.metadata
    assert (metadata.start_monotonic_ns, metadata.end_monotonic_ns) == (1_000_000, 1_100_000)


def test_functions_have_files_lines_and_kinds():
    profile = read(small())
    frames = {frame for row in rows(profile) for frame in row.stack}
    assert {(one.name, one.file, line, one.kind) for one, line in frames} == {
        ("main", "/srv/a b/app.js", 1, "native"),
        ("(anonymous app.js:12)", "/srv/a b/app.js", 12, "native"),
        ("now", "", 0, "native"),
        ("(idle)", "", 0, "wait"),
        ("(garbage collector)", "", 0, "synthetic"),
    }


def test_without_idle_there_is_no_state():
    assert read(small(samples=[2] * 6)).samples.state is None


def test_time_that_runs_backwards_is_sorted():
    profile = read(small(samples=[3, 4, 2], timeDeltas=[10, 20, -15]))
    assert [(row.time, row.weight, row.functions()[-1].name) for row in rows(profile)] == [
        (1_010_000, 5000, "(anonymous app.js:12)"),
        (1_015_000, 15_000, "main"),
        (1_030_000, 70_000, "now"),
    ]


def test_an_end_before_the_last_sample_is_none():
    profile = read(small(endTime=0))
    assert profile.total == 80_000
    metadata = profile.metadata
    assert (metadata.start_monotonic_ns, metadata.end_monotonic_ns) == (1_000_000, 1_090_000)


def test_parents_instead_of_children():
    document = small()
    plain = read(document)
    for one in document["nodes"]:
        for child in one.pop("children"):
            next(x for x in document["nodes"] if x["id"] == child)["parent"] = one["id"]
    assert told(read(document)) == told(plain)


def test_nodes_of_the_same_function_are_one_stack():
    # V8 keeps calls from different lines of the caller apart.
    nodes = [
        node(1, "(root)", [2, 3]),
        node(2, "f", [4]),
        node(3, "f", [5]),
        node(4, "g"),
        node(5, "g"),
    ]
    profile = read(small(nodes=nodes, samples=[4, 5], timeDeltas=[0, 50]))
    assert show(profile.call_tree()) == "all 0/100000\n  f 0/100000\n    g 100000/100000"


def test_hits_where_there_are_no_samples():
    nodes = [node(1, "(root)", [2]), node(2, "f", [3], hitCount=2), node(3, "g", hitCount=5)]
    profile = read({"nodes": nodes, "startTime": 0, "endTime": 9})
    assert profile.value == ValueType("samples", "count")
    assert profile.samples.time is None
    assert show(profile.call_tree()) == "all 0/7\n  f 2/7\n    g 5/5"


@pytest.mark.parametrize("name", CAPTURES)
def test_own_times_of_real_files(name):
    document = capture(name)
    names = {one["id"]: one["callFrame"]["functionName"] for one in document["nodes"]}
    at = document["startTime"] + np.cumsum(document["timeDeltas"])
    expected = Counter()
    for sample, lasts in zip(document["samples"], np.diff([*at, document["endTime"]]), strict=True):
        expected[names[sample]] += int(lasts) * 1000
    found = Counter()
    for function, own in read(document).functions().select("name", "self").iter_rows():
        found["" if function.startswith("(anonymous") else function] += own
    assert +found == +expected


@pytest.mark.parametrize("name", CAPTURES)
def test_known_shares_of_real_files(name):
    profile = read(capture(name))
    total = dict(profile.functions().select("name", "total").iter_rows())
    assert total["left"] / 1e6 == pytest.approx(200, rel=0.1)
    assert total["right"] / 1e6 == pytest.approx(100, rel=0.1)
    idle = profile.samples.state == STATES.index("off-CPU")
    assert profile.samples.weight[idle].sum() / 1e6 == pytest.approx(100, rel=0.25)
    files = {one.file for row in rows(profile) for one in row.functions() if one.name == "left"}
    assert files == {
        "/tmp/demo-ss/work.js" if name == "node.cpuprofile" else "/tmp/demo-ss/page.html"
    }


@pytest.mark.parametrize("name", CAPTURES)
def test_the_older_form_says_the_same(name):
    document = capture(name)
    tree = as_tree(document)
    assert CpuProfileImporter().sniff(json.dumps(tree).encode())
    before, after = read(document), read(tree)
    assert told(after, {"file", "line", "state", "kind"}) == told(
        before, {"file", "line", "state", "kind"}
    )
    # Seconds with fractions are not exact in microseconds.
    np.testing.assert_allclose(after.samples.time, before.samples.time, atol=1000)


def test_the_older_form_as_some_tools_write_it():
    # Lines from 0, seconds without fractions, and the end of the last sample.
    tree = as_tree(small(startTime=5e6, endTime=5e6 + 100))
    waiting = [tree["head"]]
    while waiting:
        one = waiting.pop()
        one["lineNumber"] -= 1
        waiting += one["children"]
    tree |= {"startTime": 5, "endTime": 5, "timestamps": [*tree["timestamps"], 5_000_100]}
    before, after = read(small(startTime=5e6, endTime=5e6 + 100)), read(tree)
    assert rows(after) == rows(before)
    assert after.metadata.start_monotonic_ns == after.samples.time[0]


def nodes_with(index, **changes):
    nodes = small()["nodes"]
    nodes[index] |= changes
    return {"nodes": nodes}


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        (nodes_with(3, id=2), "$.nodes[3].id", "2 is there twice"),
        (nodes_with(1, children=[3, 4, 77]), "$.nodes[1].children", "there is no node 77"),
        (nodes_with(3, parent=77), "$.nodes[3].parent", "there is no node 77"),
        (nodes_with(4, children=[3]), "$.nodes[4].children", "node 3 has two callers"),
        (nodes_with(0, children=[2, 5, 6, 1]), "$.nodes[0]", "the callers of node 1 go round"),
        (nodes_with(3, id=2**70), "$.nodes", "beyond 63 bits"),
        (nodes_with(3, callFrame=None), "$.nodes[3].callFrame", "Expected `object`"),
        ({"samples": [3, 99], "timeDeltas": [1, 1]}, "$.samples[1]", "there is no node 99"),
        ({"samples": [2**70], "timeDeltas": [1]}, "$.samples", "beyond 63 bits"),
        ({"nodes": []}, "$.samples[0]", "there is no node 3"),
        ({"timeDeltas": [1, 2]}, "$.timeDeltas", "2 times for 6 samples"),
        ({"timeDeltas": None}, "$.timeDeltas", "0 times for 6 samples"),
        ({"timeDeltas": [1e308] * 6}, "$.timeDeltas", "too large"),
        ({"startTime": 1e300}, "$.timeDeltas", "too large"),
        ({"startTime": -1e300, "timeDeltas": [], "samples": []}, "$.startTime", "too large"),
        ({"endTime": 1e300}, "$.endTime", "too large"),
        ({"nodes": None}, "$", "neither nodes nor a tree"),
    ],
)
def test_what_is_wrong_is_named(changes, where, what):
    with pytest.raises(MalformedProfile) as caught:
        read(small(**changes))
    assert caught.value.where == where
    assert what in caught.value.what


def test_a_circle_beside_the_tree():
    nodes = [node(1, "(root)", [4]), node(2, "a", [3]), node(3, "b", [2]), node(4, "c")]
    with pytest.raises(MalformedProfile, match=r"nodes\[1\]: the callers of node 2 go round"):
        read(small(nodes=nodes))


def test_a_hundred_thousand_calls_deep():
    deep = 100_000
    nodes = [node(1, "(root)", [2])]
    nodes += [node(i, "f", [i + 1] if i < deep else []) for i in range(2, deep + 1)]
    profile = read(small(nodes=nodes, samples=[deep], timeDeltas=[0]))
    assert len(profile.tables.stacks) == deep - 1


def test_a_tree_too_deep_for_the_reader_is_an_error():
    tree = '{"id":1,"children":[' * 100_000
    assert isinstance(outcome(f'{{"head":{tree}'.encode(), "cpuprofile"), MalformedProfile)


def test_any_value_of_another_type_is_a_profile_or_one_error():
    for document in (small(), as_tree(small())):
        for data in retyped(document, seed=2, times=600):
            outcome(data, "cpuprofile")


@pytest.mark.parametrize(
    ("head", "mine"),
    [
        ('{"nodes":[{"id":1,"callFrame":{"functionName":"(root)"', True),
        ('{"samples":[1],"startTime":1,"endTime":2,"nodes":[{"id":', True),
        ('{"nodes": 0, "startTime": 0, "endTime": 0, "samples": 0, "timeDeltas": 0}', True),
        ('{"typeId":"CPU","startTime":1,"endTime":2,"head":{', True),
        ('{"snapshot":{"meta":{}},"nodes":[9,1,1', False),
        ('{"head":{"callFrame":{"functionName":"(root)"},"selfSize":0', False),
        ('{"traceEvents":[{"args":{"data":{"cpuProfile":{"nodes":[{"callFrame":{', False),
        ('{"nodes":[{"name":"a"}],"links":[]}', False),
        ('main;"nodes" "callFrame" 1', False),
    ],
)
def test_nodes_with_call_frames_tell_the_format(head, mine):
    assert CpuProfileImporter().sniff(head.encode()) is mine
