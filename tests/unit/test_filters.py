"""Filters against the same done to the samples one by one; their laws; their Python."""

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers.ascii import Function, draw, nodes, rows, show
from helpers.filters import ALL, CHOOSING, PATTERNS, filters, labels, one
from helpers.strategies import HOSTILE, names, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MissingColumn, OptionError
from perfnb.model import KINDS, ProfileBuilder, Thread
from perfnb.transform.filters import FILTERS, apply, expression, literal
from perfnb.transform.mine import mine
from perfnb.units import ValueType

COUNT = ValueType("samples", "count")
patterns = st.sampled_from(PATTERNS)


def matches(function, told):
    if told.get("exact"):
        return function.name == told["pattern"] and function.file == told.get("file", function.file)
    texts = function.name, function.module, function.file
    return any(re.search(told["pattern"], text, re.IGNORECASE) for text in texts)


def below(stack, outer):
    return tuple(itertools.dropwhile(lambda step: not outer(step), stack))


def groups(stack, key):
    return tuple(next(run) for _, run in itertools.groupby(stack, key=key))


def in_package(function):
    package = function.module.split(".")[0]
    text = package or function.file or function.name
    text = text if text[:1] == "[" and text[-1:] == "]" else f"[{text}]"
    return function._replace(name=text, file="", module=package), 0


def reason(stack):
    """The outermost of the wait frames that a stack ends in."""
    ends = list(itertools.takewhile(lambda step: step[0].kind == "wait", reversed(stack)))
    return ends[-1][0].name if ends else None


def by_hand(profile, told):
    """Return the rows of samples that a filter leaves, each looked at by itself."""
    all_rows = rows(profile)

    def stacks(change):
        return [row._replace(stack=tuple(change(row.stack))) for row in all_rows]

    def having(yes):
        found = [any(matches(f, told) for f in row.functions()) for row in all_rows]
        return [row for row, has in zip(all_rows, found, strict=True) if has == yes]

    match told["kind"]:
        case "thread":
            key = told["tid"], told["pid"]
            return [row for row in all_rows if (row.thread.tid, row.thread.pid) == key]
        case "process":
            return [row for row in all_rows if row.thread.pid == told["pid"]]
        case "time":
            start = profile.metadata.start_monotonic_ns
            start = start if start is not None else min((r.time for r in all_rows), default=0)
            return [r for r in all_rows if told["from"] <= r.time - start < told["to"]]
        case "state":
            return [row for row in all_rows if row.state in told["states"]]
        case "duration":
            low, high = told.get("from", 0), told.get("to", math.inf)
            lasts = profile.samples.duration.tolist()
            return [row for row, ns in zip(all_rows, lasts, strict=True) if low <= ns < high]
        case "reason":
            return [row for row in all_rows if reason(row.stack) in told["reasons"]]
        case "module":
            wanted = told["module"]
            return [
                row
                for row in all_rows
                if any(f"{f.module}.".startswith(f"{wanted}.") for f in row.functions())
            ]
        case "keep":
            return having(True)
        case "drop":
            return having(False)
        case "focus":
            changed = stacks(lambda stack: below(stack, lambda step: matches(step[0], told)))
            return [row for row in changed if row.stack]
        case "hide":
            return stacks(lambda stack: (s for s in stack if not matches(s[0], told)))
        case "show":
            return stacks(lambda stack: (s for s in stack if matches(s[0], told)))
        case "subtree":
            turn = -1 if told.get("inverted") else 1
            path, found = told["path"], []
            for row in stacks(lambda stack: stack[::turn]):
                begins = row.stack[: len(path)]
                if len(begins) == len(path) and all(
                    entry in labels(*step) for entry, step in zip(path, begins, strict=True)
                ):
                    found.append(row._replace(stack=row.stack[max(len(path) - 1, 0) :][::turn]))
            return found
        case "recursion":
            return stacks(lambda stack: groups(stack, lambda step: step[0]))
        case "by":

            def of(function):
                if told["what"] == "file":
                    text = function.file or function.module or function.name
                    return function._replace(name=text, module=""), 0
                text = function.module or function.file or function.name
                return function._replace(name=text, file=""), 0

            return stacks(lambda stack: groups([of(f) for f, _ in stack], lambda step: step))
        case "mine":
            known = own_functions(profile)
            own = dict(zip(known, mine(profile).tolist(), strict=True))
            # What was waited for stays.
            own |= {function: True for function in known if function.kind == "wait"}

            def folded(stack):
                for is_own, run in itertools.groupby(stack, key=lambda step: own[step[0]]):
                    if is_own:
                        yield from run
                    else:
                        yield in_package(next(run)[0])

            return stacks(folded)
    raise AssertionError(told)


def own_functions(profile):
    """Return the rows of the functions table as those of samples are told."""
    f = profile.tables.functions
    table = zip(f.name, f.file, f.module, f.kind.tolist(), strict=True)
    return [Function(*row[:3], KINDS[row[3]]) for row in table]


@pytest.mark.parametrize("kind", ALL)
@given(
    profile=profiles(timed=st.just(True), stated=st.just(True), lasting=st.just(True)),
    data=st.data(),
)
def test_a_filter_does_what_is_done_by_hand(kind, profile, data):
    if not len(profile):
        return
    told = data.draw(one(profile, kind))
    assert rows(apply(profile, [told])) == by_hand(profile, told)


@given(profiles(lasting=st.booleans()), st.data())
def test_a_list_of_filters_is_one_after_the_other(profile, data):
    told = data.draw(filters(profile))
    by_one = profile
    for each in told:
        by_one = apply(by_one, [each])
    assert rows(apply(profile, told)) == rows(by_one)
    assert rows(apply(profile, [])) == rows(profile)


@given(profiles(lasting=st.booleans()), st.data())
def test_filters_that_choose_samples_commute(profile, data):
    told = data.draw(filters(profile, CHOOSING))
    other = data.draw(st.permutations(told))
    assert rows(apply(profile, told)) == rows(apply(profile, other))


@given(profiles(lasting=st.booleans()), st.data())
def test_filters_are_idempotent_and_add_no_weight(profile, data):
    # A path of several frames begins at a root that is gone afterwards.
    for told in data.draw(filters(profile)):
        once = apply(profile, [told])
        assert once.total <= profile.total
        if told["kind"] in ("hide", "show", "mine", "recursion", "by"):
            assert once.total == profile.total
            assert len(once) == len(profile)
        if len(told.get("path", ())) < 2:
            assert rows(apply(once, [told])) == rows(once)
        profile = once


@given(profiles(), patterns)
def test_what_is_hidden_and_what_is_shown_are_all(profile, pattern):
    hidden, shown = profile.hide(pattern), profile.show(pattern)
    for whole, less, more in zip(rows(profile), rows(hidden), rows(shown), strict=True):
        assert sorted(less.stack + more.stack) == sorted(whole.stack)
    kept, dropped = profile.keep(pattern), profile.drop(pattern)
    assert kept.total + dropped.total == profile.total
    assert kept.total == profile.focus(pattern).total


@given(profiles(lasting=st.booleans()), st.data())
def test_the_python_of_filters_does_the_same(profile, data):
    told = data.draw(filters(profile))
    text = expression(told, profile)
    again = eval(text, {"profile": profile})
    assert rows(again) == rows(apply(profile, told))
    assert nodes(again.call_tree("line")) == nodes(apply(profile, told).call_tree("line"))
    assert rows(eval(expression(told), {"profile": profile})) == rows(again)


@given(names)
def test_text_in_python_is_that_text(name):
    assert eval(literal(name)) == name
    assert "\n" not in literal(name)


@given(st.integers(-(2**50), 2**50))
def test_a_time_in_python_is_exact(ns):
    assert round(eval(literal(ns / 1e9)) * 1e9) == ns


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_found_by_their_python(name):
    builder = ProfileBuilder(COUNT)
    thread = builder.thread(Thread(1, 1, name))
    builder.thread(Thread(1, 2, "other"))
    stack = [builder.frame(name, name, 3), builder.frame("g", "g.py", 4, "g")]
    builder.sample(builder.stack(stack), thread)
    profile = builder.build()
    told = [
        {"kind": "thread", "tid": 1, "pid": 1},
        {"kind": "keep", "pattern": name, "exact": True, "file": name},
        {"kind": "subtree", "path": [f"{name}:3", "g"]},
    ]
    found = eval(expression(told, profile), {"profile": profile})
    assert show(found.call_tree()) == "all 0/1\n  g 1/1"


def two_threads(*threads):
    builder = ProfileBuilder(COUNT)
    for at, thread in enumerate(threads):
        row = builder.thread(thread)
        builder.sample(builder.stack([builder.frame(f"f{at}")]), row, time=at)
    return builder.build()


@pytest.mark.parametrize(
    ("threads", "text"),
    [
        ((Thread(1, 1, "worker"), Thread(1, 2, "main")), 'thread="worker"'),
        ((Thread(1, 1, "worker"), Thread(1, 2, "worker")), "thread=1"),
        ((Thread(1, 1, ""), Thread(1, 2, "main")), "thread=1"),
        ((Thread(1, 1, "w"), Thread(2, 1, "w")), "thread=1, process=1"),
        ((Thread(1, 1, "w"), Thread(1, 1, "v", host="far")), "thread=1, process=1"),
        ((Thread(1, 1, 'say "hi"'), Thread(1, 2, "")), "thread='say \"hi\"'"),
    ],
)
def test_a_thread_has_the_shortest_name_that_only_it_has(threads, text):
    profile = two_threads(*threads)
    assert expression([{"kind": "thread", "tid": 1, "pid": 1}], profile) == (
        f"profile.where({text})"
    )


def test_the_python_of_every_kind():
    told = [
        {"kind": "thread", "tid": 7, "pid": 1},
        {"kind": "process", "pid": 1},
        {"kind": "time", "from": 250_000_000, "to": 1_500_000_001},
        {"kind": "state", "states": ["off-CPU"]},
        {"kind": "state", "states": ["on-CPU", "gil"]},
        {"kind": "module", "module": "pandas"},
        {"kind": "duration", "from": 10_000_000},
        {"kind": "duration", "to": 2_500_000},
        {"kind": "reason", "reasons": ["[sleep]"]},
        {"kind": "reason", "reasons": ["[lock]", "[GIL]"]},
        {"kind": "focus", "pattern": "^load$"},
        {"kind": "hide", "pattern": "load", "exact": True},
        {"kind": "show", "pattern": "it's", "exact": True, "file": "app.py"},
        {"kind": "keep", "pattern": r"\.py$", "exact": False},
        {"kind": "drop", "pattern": 'a"b'},
        {"kind": "subtree", "path": ["In [5]:2", "load"]},
        {"kind": "subtree", "path": ["load"], "inverted": True},
        {"kind": "mine"},
        {"kind": "recursion"},
        {"kind": "by", "what": "module"},
    ]
    assert {each["kind"] for each in told} == set(FILTERS)
    assert expression(told).split(".", 1)[1] == ".".join(
        [
            "where(thread=7, process=1)",
            "where(process=1)",
            "where(time=(0.25, 1.500000001))",
            'where(state="off-CPU")',
            'where(state=["on-CPU", "gil"])',
            'where(module="pandas")',
            "where(duration=(0.01, None))",
            "where(duration=(0.0, 0.0025))",
            'where(reason="[sleep]")',
            'where(reason=["[lock]", "[GIL]"])',
            'focus("^load$")',
            'hide("load", exact=True)',
            'show("it\'s", exact=True, file="app.py")',
            r'keep("\\.py$")',
            "drop('a\"b')",
            'subtree("In [5]:2", "load")',
            'inverted().subtree("load").inverted()',
            "only_my_code()",
            "collapse_recursion()",
            'by("module")',
        ]
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "no filter {}"),
        ("focus", "no filter 'focus'"),
        ({"kind": "zoom"}, r"no filter .*zoom.*\n.*kinds: thread, process"),
        ({"kind": "focus"}, "lacks pattern"),
        ({"kind": "focus", "pattern": 3}, "wrong pattern"),
        ({"kind": "focus", "pattern": "f", "exact": "yes"}, "wrong exact"),
        ({"kind": "focus", "pattern": "f", "file": "a"}, "file='a' without exact=True"),
        ({"kind": "mine", "roots": []}, "has a key 'roots'"),
        ({"kind": "time", "from": 0.5, "to": 2}, "wrong from"),
        ({"kind": "time", "from": 0, "to": 2**60}, "wrong to"),
        ({"kind": "time", "from": True, "to": 2}, "wrong from"),
        ({"kind": "state", "states": "gil"}, "wrong states"),
        ({"kind": "state", "states": ["asleep"]}, "wrong states"),
        ({"kind": "duration", "from": 0.001}, "wrong from"),
        ({"kind": "duration", "to": None}, "wrong to"),
        ({"kind": "reason"}, "lacks reasons"),
        ({"kind": "reason", "reasons": "[sleep]"}, "wrong reasons"),
        ({"kind": "reason", "reasons": ["[sleep]"]}, r"waits for \[sleep\]\n.*there are: –"),
        ({"kind": "subtree", "path": "main"}, "wrong path"),
        ({"kind": "subtree", "path": ["main", 3]}, "wrong path"),
        ({"kind": "by", "what": ["file"]}, "wrong what"),
        ({"kind": "module", "module": "pandas"}, r"no module 'pandas'"),
        ({"kind": "process", "pid": 99}, r"no process 99 .*\n.*there are: \? \(1\)"),
    ],
)
def test_a_wrong_filter_is_an_option_error(told, message):
    with pytest.raises(OptionError, match=message):
        apply(draw("f"), [told])


def test_a_filter_by_what_the_profile_lacks():
    with pytest.raises(MissingColumn, match="time"):
        apply(draw("f"), [{"kind": "time", "from": 0, "to": 1}])
    with pytest.raises(MissingColumn, match="duration"):
        apply(draw("f"), [{"kind": "duration"}])


def test_several_of_each():
    profile = draw("""
                main      main      main       rest
                f <a/x.py>          g <b.py>   a <ab.py>
        thread: one       two       three      one
        state:  on-CPU    off-CPU   gil        gil
    """)
    assert [r.thread.name for r in rows(profile.where(thread=["one", 3]))] == [
        "one",
        "three",
        "one",
    ]
    assert len(profile.where(state=["gil", "off-CPU"])) == 3
    # A package is not every module whose name begins as its name does.
    assert [r.thread.name for r in rows(profile.where(module="a"))] == ["one"]
    assert len(profile.where(module=("a.x", "b"))) == 2
    assert len(profile.where(process=[1])) == 4
    with pytest.raises(OptionError, match=r"no module 'x'.*\n.*there are: a, ab, b"):
        profile.where(module="x")
    with pytest.raises(OptionError, match="no thread 'four'"):
        profile.where(thread=["one", "four"])


def test_waits_by_length_and_reason():
    profile = draw("""
                main            main               main              main
                [sleep] (wait)  [lock] (wait)      [lock] (wait)     read
                                held by x (wait)
        weight: 1               2                  4                 8
    """)
    assert profile.where(reason="sleep").total == profile.where(reason="[sleep]").total == 1
    assert profile.where(reason=("lock", "[sleep]")).total == 7
    # What is below the reason is none.
    assert profile.where(reason="held by x").total == 0
    with pytest.raises(OptionError, match=r"waits for \[disk\]\n.*there are: \[lock\], \[sleep\]"):
        profile.where(reason=["lock", "disk"])
    lasts = np.array([10**6, 2 * 10**6, 10**7, 10**8])
    lasting = profile.with_samples(replace(profile.samples, duration=lasts))
    assert lasting.where(duration=(0.002, None)).total == 14
    assert lasting.where(duration=(0, 0.01)).total == 3
    assert lasting.where(duration=(0.002, 0.1), reason="lock").total == 6


def test_a_process_has_a_name_or_a_number():
    profile = two_threads(Thread(1, 1, "", "app"), Thread(2, 2, "", "child"), Thread(3, 3))
    assert len(profile.where(process="child")) == 1
    assert len(profile.where(process=["app", 3])) == 2
    with pytest.raises(OptionError, match=r"there are: app \(1\), child \(2\), \? \(3\)"):
        profile.where(process="worker")


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "thread", "tid": 2, "pid": 1},
        {"kind": "keep", "pattern": "g"},
        {"kind": "drop", "pattern": "f"},
        {"kind": "focus", "pattern": "g"},
        {"kind": "subtree", "path": ["g"]},
        {"kind": "time", "from": 10, "to": 99},
    ],
)
def test_times_mean_the_same_after_samples_are_gone(told):
    profile = draw("""
                f    g    g
        thread: a    b    b
        time:   100  110  120
    """)
    assert profile.metadata.start_monotonic_ns is None
    less = apply(profile, [told])
    assert less.metadata.start_monotonic_ns == 100
    assert [row.time for row in rows(less.where(time=(0, 15e-9)))] == [110]


def test_a_subtree_is_one_place_of_the_picture():
    profile = draw("""
                main <app.py:1>    main <app.py:2>    other
                load <app.py:5>    load <app.py:6>    load <app.py:5>
                read               read               read
        weight: 1                  2                  4
    """)
    assert show(profile.subtree("main", "load").call_tree()) == "all 0/3\n  load 0/3\n    read 3/3"
    assert profile.subtree("main:1").total == 1
    assert profile.subtree("main:1", "load:6").total == 0
    assert profile.subtree("load").total == 0
    assert show(profile.subtree("main", "load:6").call_tree("line")) == (
        "all 0/2\n  load:6 0/2\n    read 2/2"
    )


def test_a_subtree_of_a_cell():
    profile = draw("""
                <module> <In [5]:1>    <module> <In [5]:2>   f <In [5]:9>
                f <In [5]:9>           f <In [5]:8>
        weight: 1                      2                     4
    """)
    assert profile.subtree("In [5]:2").total == 2
    assert profile.subtree("In [5]").total == 3
    assert profile.subtree("In [5]", "In [5]:9 f").total == 1
    assert profile.subtree("In [5] f").total == 4


def test_functions_by_module():
    profile = draw("""
                main <app.py:3>    main <app.py:4>
                a <lib/x.py:1>     c (native)
                b <lib/x.py:2>
                main <app.py:5>
    """)
    assert show(profile.by("module").call_tree("line")) == (
        "all 0/2\n  app 0/2\n    c 1/1\n    lib.x 0/1\n      app 1/1"
    )
    assert show(profile.by("file").call_tree()) == (
        "all 0/2\n  app.py 0/2\n    c 1/1\n    lib/x.py 0/1\n      app.py 1/1"
    )
    with pytest.raises(OptionError, match="choose one of file, module"):
        profile.by("line")


def test_exactly_one_function():
    profile = draw("""
                load </x/site-packages/pkg/app.py>    load <other.py>    Load    reload
        weight: 1                                     2                  4       8
    """)
    assert profile.keep("load").total == 15
    assert profile.keep("load", exact=True).total == 3
    assert profile.keep("load", exact=True, file="other.py").total == 2
    # As pictures show the file, and in full.
    assert profile.keep("load", exact=True, file="pkg/app.py").total == 1
    assert profile.keep("load", exact=True, file="/x/site-packages/pkg/app.py").total == 1
    assert profile.keep("load", exact=True, file="").total == 0
    assert profile.keep("oad", exact=True).total == 0
