"""The kernel and the browser filter alike, and write the same Python for it."""

import itertools

import numpy as np
import pytest
from core_parity import compare, drawn, identities, named
from helpers.ascii import draw as drawing
from helpers.strategies import HOSTILE, THREADS, names, profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import PerfnbError
from perfnb.model import KINDS, STATES, ProfileBuilder, Thread
from perfnb.model.calltree import frame_label
from perfnb.transform.filters import apply, expression
from perfnb.units import ValueType

# These mean the same in both languages.
PATTERNS = ("main", "^w", "RUN|work", "app", r"\.py$", "😀", "<.*>", "none such", "^$", "m.?th", "")
FILES = ("", "app.py", "libm.so.6", "In [5]", "numpy.py")


@st.composite
def paths(draw, profile):
    """The beginning of some stack, or of none."""
    t = profile.tables
    path = []
    if len(t.stacks) and draw(st.integers(0, 7)):
        at = draw(st.integers(0, len(t.stacks) - 1))
        while at >= 0:
            frame = int(t.stacks.frame[at])
            function, line = int(t.frames.function[frame]), int(t.frames.line[frame])
            if draw(st.booleans()):
                path.append(frame_label(t.functions, function, 0))
            elif t.functions.file[function].startswith("In ["):
                path.append(frame_label(t.functions, function, line))
            else:
                path.append(f"{t.functions.name[function]}:{line}")
            at = int(t.stacks.parent[at])
        path.reverse()
    return [*path, *draw(st.lists(st.sampled_from(("main", "work")), max_size=1))]


@st.composite
def filters(draw, profile, kinds):
    """A filter of one of the kinds; now and then one that does not fit the profile."""
    kind = draw(st.sampled_from(kinds))
    f = profile.tables.functions
    own = st.sampled_from(f.name) if f.name else names
    if kind == "thread":
        thread = draw(st.sampled_from((*THREADS, *THREADS, Thread(1, 3))))
        return {"kind": kind, "tid": thread.tid, "pid": thread.pid}
    if kind == "process":
        return {"kind": kind, "pid": draw(st.sampled_from((1, 1, 2, 2, 3)))}
    if kind == "time":
        time = profile.samples.time
        # What begins or ends a range is a case of its own.
        known = [] if time is None else (time - profile.start_ns).tolist()
        bound = st.one_of(st.sampled_from([*known, 0]), st.integers(-5, 1005))
        low, high = draw(st.tuples(bound, bound))
        return {"kind": kind, "from": low, "to": high}
    if kind == "state":
        return {"kind": kind, "states": sorted(draw(st.sets(st.sampled_from(STATES))))}
    if kind == "module":
        return {"kind": kind, "module": draw(st.sampled_from(("app", "numpy", "numpy.lin", "")))}
    if kind == "duration":
        bounds = st.fixed_dictionaries(
            {}, optional={"from": st.integers(-1, 12), "to": st.integers(-1, 12)}
        )
        return {"kind": kind, **draw(bounds)}
    if kind == "reason":
        waits = [name for name, of in zip(f.name, f.kind, strict=True) if KINDS[of] == "wait"]
        told = st.sampled_from((*waits, *waits, "none such"))
        return {"kind": kind, "reasons": draw(st.lists(told, max_size=2))}
    if kind == "by":
        return {"kind": kind, "what": draw(st.sampled_from(("file", "module")))}
    if kind == "subtree":
        path = draw(paths(profile))
        turned = draw(st.sampled_from(({}, {"inverted": False}, {"inverted": True})))
        return {"kind": kind, "path": path[::-1] if turned.get("inverted") else path, **turned}
    if kind in ("mine", "recursion"):
        return {"kind": kind}
    if draw(st.booleans()):
        return {"kind": kind, "pattern": draw(st.sampled_from(PATTERNS))}
    exact = {"kind": kind, "pattern": draw(own), "exact": True}
    file = draw(st.sampled_from((None, *FILES, *f.file)))
    return exact if file is None else {**exact, "file": file}


CHOOSING = (
    "thread", "process", "time", "state", "module", "duration", "reason", "keep", "drop",
)  # fmt: skip
REWRITING = ("focus", "hide", "show", "subtree", "mine", "recursion", "by")


@st.composite
def filtered(draw, kinds, most=1):
    profile = draw(profiles(lasting=st.booleans()))
    return profile, draw(st.lists(filters(profile, kinds), min_size=1, max_size=most))


def agree(core, profile, chain, **way):
    """Both draw the same tree, or both refuse."""
    browser = {"splitThreads" if name == "split" else name: value for name, value in way.items()}
    answer = core.open(profile, filters=chain, **browser)
    try:
        kept = apply(profile, chain)
    except PerfnbError:
        assert answer["error"]
        return
    assert not answer["error"], answer["error"]
    expected = named(drawn(kept, **way), identities(kept))
    compare(named(answer, answer["identity"]), expected)


@pytest.mark.parametrize("kind", [*CHOOSING, *REWRITING])
@given(data=st.data())
def test_each_filter(core, kind, data):
    profile, chain = data.draw(filtered((kind,)))
    agree(core, profile, chain)


@given(
    given_=filtered((*CHOOSING, *REWRITING), most=4),
    merge=st.sampled_from(("cell", "line", "function")),
    inverted=st.booleans(),
    split=st.booleans(),
)
def test_lists_of_filters(core, given_, merge, inverted, split):
    agree(core, *given_, merge=merge, inverted=inverted, split=split)


@given(given_=filtered(("show", "hide", "mine", "by", "recursion"), most=4))
def test_lists_of_filters_that_only_rewrite(core, given_):
    agree(core, *given_, merge="line")


printable = st.text(st.characters(exclude_categories=("Cn", "Cs")), max_size=6)


@given(given_=filtered((*CHOOSING, *REWRITING), most=4), texts=st.lists(printable, max_size=3))
def test_the_same_python_is_written(core, given_, texts):
    profile, chain = given_
    chain += [{"kind": "keep", "pattern": text, "exact": True} for text in texts]
    try:
        apply(profile, chain)
    except PerfnbError:
        return
    assert core.open(profile, filters=chain)["expression"] == expression(chain, profile)


QUOTES = ("'", '"', "'\"", "\\", "\\d+\t\r\n", "\x85\xa0\xad\u3000", "𝔘\U000e0001", "é", "a b")


@pytest.mark.parametrize("name", [*HOSTILE, *QUOTES])
def test_hostile_text_is_written_alike(core, name):
    builder = ProfileBuilder(ValueType("samples", "count"))
    thread = builder.thread(Thread(1, 1, name))
    builder.sample(builder.stack([builder.frame(name, name, 3, name)]), thread)
    profile = builder.build()
    chain = [
        {"kind": "thread", "tid": 1, "pid": 1},
        {"kind": "module", "module": name},
        {"kind": "focus", "pattern": name, "exact": True, "file": name},
        {"kind": "subtree", "path": [name, f"{name}:3"]},
    ]
    answer = core.open(profile, filters=chain)
    assert not answer["error"]
    assert answer["expression"] == expression(chain, profile)
    assert answer["total"] == [0]
    agree(core, profile, chain[:3])


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 1, "(0.0, 0.000000001)"),
        (250_000_000, 1_500_000_000, "(0.25, 1.5)"),
        (-5, 2**51 - 1, "(-0.000000005, 2251799.813685247)"),
    ],
)
def test_times_are_written_to_the_nanosecond(core, low, high, told):
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("main")]), time=0)
    profile = builder.build()
    chain = [{"kind": "time", "from": low, "to": high}]
    written = core.open(profile, filters=chain)["expression"]
    assert written == f"profile.where(time={told})" == expression(chain, profile)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"from": 1_000_000}, "(0.001, None)"),
        ({"to": 2_500_000}, "(0.0, 0.0025)"),
        ({"from": 1, "to": 2**51 - 1}, "(0.000000001, 2251799.813685247)"),
        ({}, "(0.0, None)"),
    ],
)
def test_durations_are_written_in_seconds(core, bounds, told):
    builder = ProfileBuilder(ValueType("off-CPU", "ns"))
    builder.sample(builder.stack([builder.frame("main")]), time=0, duration=5)
    profile = builder.build()
    chain = [{"kind": "duration", **bounds}]
    written = core.open(profile, filters=chain)["expression"]
    assert written == f"profile.where(duration={told})" == expression(chain, profile)


@given(data=st.data())
def test_reasons_with_and_without_brackets(core, data):
    """Also where functions have hostile names, and those of waits are called like others."""
    profile = data.draw(profiles())
    told = data.draw(st.lists(st.sampled_from(profile.tables.functions.name or ("",)), max_size=2))
    agree(core, profile, [{"kind": "reason", "reasons": told}])


def test_the_reason_is_the_first_frame_of_the_wait(core):
    profile = drawing("""
                main            main              main           main  [lock] (wait)
                [sleep] (wait)  [lock] (wait)     [GIL] (wait)   read  main
                                held by x (wait)  [lock] (wait)
        weight: 1               2                 4              8     16
    """)
    for reasons, total in (
        (["[sleep]"], 1),
        (["lock"], 2),
        (["GIL", "[sleep]"], 5),
        (["held by x"], 0),
        ([], 0),
    ):
        chain = [{"kind": "reason", "reasons": reasons}]
        assert core.open(profile, filters=chain)["total"][0] == total
        agree(core, profile, chain)


THREE = (Thread(1, 1, "main"), Thread(1, 2, "worker"), Thread(2, 1, "worker"), Thread(2, 5, ""))


@pytest.mark.parametrize(
    ("thread", "told"),
    [
        (THREE[0], 'thread="main"'),
        (THREE[1], "thread=2"),
        (THREE[2], "thread=1, process=2"),
        (THREE[3], "thread=5"),
    ],
)
def test_threads_are_told_by_what_tells_them_apart(core, thread, told):
    builder = ProfileBuilder(ValueType("samples", "count"))
    for one in THREE:
        builder.sample(builder.stack([builder.frame("main")]), builder.thread(one))
    profile = builder.build()
    chain = [{"kind": "thread", "tid": thread.tid, "pid": thread.pid}]
    answer = core.open(profile, filters=chain)
    assert answer["expression"] == f"profile.where({told})" == expression(chain, profile)
    assert answer["total"] == [1, 1]
    agree(core, profile, chain)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "sort"}, 'no filter "sort"'),
        ({"kind": "toString"}, 'no filter "toString"'),
        ({}, "no filter"),
        ({"kind": "thread", "tid": 1}, "pid is missing"),
        ({"kind": "time", "from": 0.5, "to": 1}, "from is 0.5"),
        ({"kind": "time", "from": 0, "to": 2**51}, "to is"),
        ({"kind": "focus", "pattern": 5}, "pattern is 5"),
        ({"kind": "focus", "pattern": "("}, "Unterminated group"),
        ({"kind": "focus", "pattern": "a", "file": "app.py"}, "without exact"),
        ({"kind": "mine", "roots": []}, "no roots"),
        ({"kind": "by", "what": "name"}, 'what is "name"'),
        ({"kind": "state", "states": ["asleep"]}, "no state asleep"),
        ({"kind": "state", "states": ["gil"]}, "no states"),
        ({"kind": "time", "from": 0, "to": 1}, "no times"),
        ({"kind": "duration", "from": 0.5}, "from is 0.5"),
        ({"kind": "duration", "to": 1}, "no durations"),
        ({"kind": "reason"}, "reasons is missing"),
        ({"kind": "reason", "reasons": ["sleep"]}, "waits for [sleep]: there are –"),
        ({"kind": "process", "pid": 77}, "no process 77"),
        ({"kind": "module", "module": "pandas"}, "no module pandas"),
    ],
)
def test_what_is_no_filter_is_refused_by_both(core, wrong, said):
    profile = drawing("main")
    assert said in core.open(profile, filters=[wrong])["error"]
    with pytest.raises(PerfnbError):
        apply(profile, [wrong])


def test_filters_are_taken_as_models_hand_them_over(core):
    profile = drawing("""
        main    main
        load    save
    """)
    chain = [
        {"pattern": "load", "kind": "keep", "exact": False},
        {"kind": "subtree", "inverted": False, "path": ["main", "load"]},
    ]
    plain, maps = (core.open(profile, filters=chain, maps=maps) for maps in (False, True))
    assert plain == maps
    assert maps["total"] == [1, 1]


def test_frames_above_a_subtree_are_cut_off(core):
    profile = drawing("""
        main    main    main    other
        load    load    save    load
        parse   load
    """)
    answer = core.open(profile, filters=[{"kind": "subtree", "path": ["main", "load"]}])
    shown = [row and row[0] for row in named(answer, answer["identity"])["function"]]
    assert list(zip(shown, answer["total"], strict=True)) == [
        (None, 2), ("load", 2), ("load", 1), ("parse", 1),
    ]  # fmt: skip


def test_rows_too_narrow_to_be_drawn_are_still_told_of(core):
    profile = drawing("""
        main    main    main
        load    …       …
    """)
    stacks = profile.tables.stacks
    hidden = np.array([5 if row == len(stacks) - 1 else 0 for row in range(len(stacks))])
    object.__setattr__(stacks, "hidden", hidden)
    for kind in ("focus", "keep", "show"):
        answer = core.open(profile, filters=[{"kind": kind, "pattern": "main|…"}])
        assert sum(answer["hidden"]) == 5


SEVERAL = (
    {"kind": "time", "from": 0, "to": 2},
    {"kind": "time", "from": 1, "to": 9},
    {"kind": "focus", "pattern": "save|load"},
    {"kind": "drop", "pattern": "main"},
    {"kind": "hide", "pattern": "load"},
)


@pytest.mark.parametrize("inverted", [True, False])
def test_what_is_asked_in_any_order_is_the_same(core, inverted):
    """Results are remembered: of other filters, of lists that begin alike, of other samples."""
    builder = ProfileBuilder(ValueType("samples", "count"))
    stacks = ("main load parse", "other save main load", "main save", "save load load", "load")
    for time, stack in enumerate(stacks):
        frames = [builder.frame(name) for name in stack.split()]
        builder.sample(builder.stack(frames), weight=1 << time, time=time)
    profile = builder.build()
    for length in (1, 2):
        for chain in itertools.permutations(SEVERAL, length):
            agree(core, profile, list(chain), inverted=inverted)
    agree(core, profile, [], inverted=inverted)


@given(data=st.data(), kind=st.sampled_from((*CHOOSING, *REWRITING)))
def test_a_filter_twice_is_as_once(core, data, kind):
    profile, [one] = data.draw(filtered((kind,)))
    once, twice = (core.open(profile, filters=[one] * times) for times in (1, 2))
    if once["error"]:
        assert twice["error"]
        return
    if kind != "subtree":
        assert named(twice, twice["identity"]) | {"expression": ""} == named(
            once, once["identity"]
        ) | {"expression": ""}
    agree(core, profile, [one, one])


@pytest.mark.parametrize("what", ["file", "module"])
def test_files_and_modules_are_whose_their_functions_were(core, what):
    builder = ProfileBuilder(ValueType("samples", "count"))
    places = (
        ("In [5]", "", "python"),
        ("/tmp/own.py", "own", "python"),
        ("/usr/lib/python3.11/site-packages/lib/a.py", "lib.a", "python"),
        ("/usr/lib/libm.so.6", "", "native"),
        ("", "", "python"),
    )
    frames = [builder.frame("f", file, 1, module, kind) for file, module, kind in places]
    for order in itertools.permutations(frames, 3):
        builder.sample(builder.stack(order))
    agree(core, builder.build(), [{"kind": "by", "what": what}, {"kind": "mine"}])


@pytest.mark.parametrize(
    ("file", "total"),
    [
        ("numpy/core.py", 1),
        ("/opt/lib/python3.12/site-packages/numpy/core.py", 1),
        ("core.py", 0),
        ("lib/other.py", 0),
        ("/opt/lib/other.py", 2),
    ],
)
def test_files_are_named_in_full_or_below_their_library(core, file, total):
    builder = ProfileBuilder(ValueType("samples", "count"))
    for weight, path in (
        (1, "/opt/lib/python3.12/site-packages/numpy/core.py"),
        (2, "/opt/lib/other.py"),
    ):
        builder.sample(builder.stack([builder.frame("sum", path)]), weight=weight)
    profile = builder.build()
    chain = [{"kind": "focus", "pattern": "sum", "exact": True, "file": file}]
    assert core.open(profile, filters=chain)["total"][0] == total
    agree(core, profile, chain)
