import json
from collections import Counter
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from captures import captures
from helpers.ascii import draw, rows, show
from helpers.hostile import outcome, retyped
from helpers.same import told
from helpers.strategies import names, profiles, values
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import MalformedProfile, OptionError
from perfnb.formats.read import identify
from perfnb.formats.source import Source
from perfnb.formats.speedscope import SCHEMA, SpeedscopeExporter, SpeedscopeImporter
from perfnb.formats.speedscope.names import name_of, parse_name
from perfnb.model import ProfileBuilder, Thread
from perfnb.units import ValueType

WALL = ValueType("wall", "ns")
CARRIES = SpeedscopeExporter.carries
CAPTURES = {one.path.name: one for one in captures("speedscope")}


def read(data):
    return SpeedscopeImporter().read(Source(data))


def written(*all_profiles):
    out = BytesIO()
    SpeedscopeExporter().write({str(i): one for i, one in enumerate(all_profiles)}, out)
    return out.getvalue()


def document(*all_profiles, frames=("a", "b", "c"), **more):
    listed = [{"name": frame} if isinstance(frame, str) else frame for frame in frames]
    return {"$schema": SCHEMA, "shared": {"frames": listed}, "profiles": list(all_profiles)} | more


def sampled(samples, weights=None, **more):
    weights = [1] * len(samples) if weights is None else weights
    return {
        "type": "sampled", "name": "p", "unit": "none", "startValue": 0, "endValue": sum(weights),
        "samples": samples, "weights": weights,
    } | more  # fmt: skip


def evented(text, **more):
    """Events as ``O0@5``: frame 0 opens at 5."""
    events = [
        {"type": word[0], "frame": int(word[1:].partition("@")[0]), "at": float(word.split("@")[1])}
        for word in text.split()
    ]
    start, end = (events[0]["at"], events[-1]["at"]) if events else (0, 0)
    return {
        "type": "evented", "name": "p", "unit": "nanoseconds", "startValue": start,
        "endValue": end, "events": events,
    } | more  # fmt: skip


def encoded(*all_profiles, **more):
    return json.dumps(document(*all_profiles, **more)).encode()


def the(data):
    (profile,) = read(data).values()
    return profile


def self_by_name(path):
    """Own time of each name in a file, by the plainest reading of it."""
    told_in = json.loads(path.read_bytes())
    frames = [frame["name"] for frame in told_in["shared"]["frames"]]
    found = Counter()
    for one in told_in["profiles"]:
        if one["type"] == "sampled":
            for stack, weight in zip(one["samples"], one["weights"], strict=True):
                found[frames[stack[-1]]] += weight
            continue
        path, last = [], 0
        for event in one["events"]:
            if path:
                found[frames[path[-1]]] += event["at"] - last
            last = event["at"]
            path.append(event["frame"]) if event["type"] == "O" else path.pop()
    return {name: seconds for name, seconds in found.items() if seconds}


@pytest.mark.parametrize("name", CAPTURES)
def test_own_times_of_real_files(name):
    path = CAPTURES[name].path
    profile = the(path.read_bytes())
    assert profile.value == WALL
    found = Counter()
    for function, own in profile.functions().select("name", "self").iter_rows():
        found[function] += own / 1e9
    # py-spy's frame for a process holds what had no frame of its own.
    named = {key: own for key, own in self_by_name(path).items() if not key.startswith("process ")}
    assert {key: own for key, own in found.items() if own} == pytest.approx(named)
    assert profile.total / 1e9 == pytest.approx(sum(self_by_name(path).values()))


def test_threads_of_py_spy():
    profile = the(CAPTURES["py-spy-threads.speedscope.json"].path.read_bytes())
    assert [thread.name for thread in profile.threads] == [
        "MainThread", 'waits; for "it" <b>', "other",
    ]  # fmt: skip
    assert all(thread.tid and not thread.pid for thread in profile.threads)
    assert (profile.metadata.backend, profile.metadata.backend_version) == ("py-spy", "0.4.3")
    # Waits between samples are lost in such a file: where a sample lay is not known.
    assert profile.samples.time is None
    # A third of what computes is in right.
    total = dict(profile.functions().select("name", "total").iter_rows())
    assert total["right"] / total["work"] == pytest.approx(1 / 3, abs=0.1)
    assert {one.kind for row in rows(profile) for one in row.functions()} == {"python"}


def test_processes_of_py_spy():
    profile = the(CAPTURES["py-spy-processes.speedscope.json"].path.read_bytes())
    assert [(thread.name, thread.process) for thread in profile.threads] == [
        ("", "/usr/bin/python3 children.py"),
        ("MainThread", "/usr/bin/python3 children.py child"),
    ]
    assert all(thread.pid == thread.tid for thread in profile.threads)
    # The frame that names the process is none of the program's.
    assert not [name for name in profile.tables.functions.name if name.startswith("process")]


def test_times_of_calls_are_kept():
    profile = the(CAPTURES["pyinstrument.speedscope.json"].path.read_bytes())
    s = profile.samples
    assert (s.duration == s.weight).all()
    assert (s.time[1:] >= (s.time + s.duration)[:-1]).all()
    assert profile.metadata.start_monotonic_ns == 0
    assert (s.time + s.duration)[-1] <= profile.metadata.end_monotonic_ns
    asleep = [
        (row.time, row.weight) for row in rows(profile) if row.functions()[-1].name == "sleep"
    ]
    assert [weight / 1e9 for _, weight in asleep] == pytest.approx([0.1, 0.1], abs=0.02)
    assert asleep[1][0] - asleep[0][0] == pytest.approx(200e6, rel=0.1)


def test_samples_that_speedscope_made_events_of_have_no_times():
    before, after = (
        the(CAPTURES[name].path.read_bytes())
        for name in ("py-spy-threads.speedscope.json", "speedscope.speedscope.json")
    )
    assert after.samples.time is None
    assert show(after.call_tree(split_threads=True)) == show(before.call_tree(split_threads=True))


@pytest.mark.parametrize(
    ("unit", "weights", "value", "expected"),
    [
        ("none", [2, 3], ValueType("samples", "count"), [2, 3]),
        ("none", [0.5, 3], ValueType("samples", "micro"), [500_000, 3_000_000]),
        ("nanoseconds", [2, 3.5], WALL, [2, 4]),
        ("microseconds", [2, 0.001], WALL, [2000, 1]),
        ("milliseconds", [2, 3], WALL, [2_000_000, 3_000_000]),
        ("seconds", [0.01, 3], WALL, [10_000_000, 3_000_000_000]),
        ("bytes", [2, 2**40], ValueType("bytes", "bytes"), [2, 2**40]),
    ],
)
def test_units(unit, weights, value, expected):
    profile = the(encoded(sampled([[0], [1]], weights, unit=unit)))
    assert profile.value == value
    assert profile.samples.weight.tolist() == expected


def test_profiles_of_a_unit_are_the_threads_of_one():
    data = encoded(
        sampled([[0]], name="first"),
        sampled([[1]], [4], name="second", unit="bytes"),
        sampled([[0], [0, 1]], name='Process 7 Thread 0x1f "x"', unit="none"),
        activeProfileIndex=1,
        exporter="tool@1.2",
        name="whole",
    )
    found = read(data)
    assert list(found) == ["bytes", "samples"]
    assert found["bytes"].tables is not None
    threads = found["samples"].threads
    assert [threads[row] for row in found["samples"].samples.thread] == [
        Thread(0, 1, "first"), Thread(7, 31, "x"), Thread(7, 31, "x"),
    ]  # fmt: skip
    metadata = found["bytes"].metadata
    assert (metadata.title, metadata.backend, metadata.backend_version) == ("whole", "tool", "1.2")


def test_a_single_profile_tells_no_thread():
    profile = the(encoded(sampled([[0]], name="cpu.prof")))
    assert profile.threads == (Thread(0, 0),)
    assert profile.metadata.title == "cpu.prof"
    assert the(written(profile)).metadata.title == "cpu.prof"
    assert not the(written(draw("a"))).metadata.title


def test_events_become_what_lies_between_them():
    profile = the(encoded(evented("O0@5 O1@5 C1@8 O1@8 C1@9 C0@12 O2@20 C2@22", endValue=30)))
    found = [
        (row.time, row.weight, "".join(f.name for f in row.functions())) for row in rows(profile)
    ]
    assert found == [(5, 3, "ab"), (8, 1, "ab"), (9, 3, "a"), (20, 2, "c")]
    metadata = profile.metadata
    assert (metadata.start_monotonic_ns, metadata.end_monotonic_ns) == (5, 30)


def test_samples_and_events_in_one_file_share_the_tree():
    mixed = the(encoded(sampled([[0, 1], [2]], unit="nanoseconds"), evented("O0@0 O1@2 C1@3 C0@3")))
    assert mixed.samples.time is None
    assert show(mixed.call_tree()) == "all 0/5\n  a 2/4\n    b 2/2\n  c 1/1"


def test_frames_that_are_the_same_are_one():
    frames = [{"name": "f", "file": "x.py", "line": 3, "col": col} for col in (1, None)]
    odd = {"name": "g", "file": None, "line": -1}
    profile = the(encoded(sampled([[0, 2], [1, 2]]), frames=[*frames, odd]))
    assert profile.tables.functions.name == ("f", "g")
    assert profile.tables.frames.line.tolist() == [3, 0]
    assert [one.kind for one in rows(profile)[0].functions()] == ["python", "native"]


def test_nothing_seen_is_an_empty_profile():
    assert len(the(encoded())) == 0
    assert [len(one) for one in read(encoded(sampled([]), evented(""))).values()] == [0, 0]


@pytest.mark.parametrize(
    ("profile", "where", "what"),
    [
        (evented("O0@0 O1@1 C0@2 C1@2"), "$.profiles[0].events[2]",
         "closes frame 0 ('a') inside frame 1 ('b')"),
        (evented("O0@0 C0@1 C0@2"), "$.profiles[0].events[2]", "frame 0 ('a') when none is open"),
        (evented("O0@0 O1@1 C1@2"), "$.profiles[0].events", "never close frame 0 ('a')"),
        (evented("O0@5 C0@4"), "$.profiles[0].events[1]", "is at 4, but the one before it at 5"),
        (evented("O3@5 C3@6"), "$.profiles[0].events[0]", "frame 3 of a table of 3"),
        (sampled([[0], [1, -1]]), "$.profiles[0].samples[1]", "frame -1 of a table of 3"),
        (sampled([[0], [9]]), "$.profiles[0].samples[1]", "frame 9 of a table of 3"),
        (sampled([[0], [2**70]]), "$.profiles", "beyond 63 bits"),
        (sampled([[0], ["x"], ["x"]]), "$.profiles[0].samples[1]", "Expected `int`"),
        (sampled([[0], {}]), "$.profiles[0].samples[1]", "Expected `array`"),
        (sampled([[0]], [1, 2]), "$.profiles[0].weights", "2 weights for 1 samples"),
        (sampled([[0]], [1e300]), "$.profiles", "too large"),
        (sampled([[0]], [1e308], unit="seconds"), "$.profiles", "infinite"),
        (sampled([[0]], unit="hours"), "$.profiles[0].unit", "Invalid enum value 'hours'"),
        (sampled([[0]], type="other"), "$.profiles[0].type", "Invalid value 'other'"),
        (evented("O0@-1e308 C0@1e308"), "$.profiles[0].events", "too large"),
        (evented("O0@-1e308 C0@1e308", unit="none"), "$.profiles", "infinite"),
        (evented("O0@0 C0@1", endValue=1e300), "$.profiles[0].events", "too large"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(profile, where, what):
    with pytest.raises(MalformedProfile) as caught:
        read(encoded(profile))
    assert caught.value.where == where
    assert what in caught.value.what


def test_weights_of_several_threads_are_added_up_too():
    huge = sampled([[0]], [2**62], unit="nanoseconds")
    with pytest.raises(MalformedProfile, match="too large to be added up"):
        read(encoded(huge, huge | {"name": "q"}))


def test_a_million_frames_deep():
    deep = 10**6
    data = encoded(
        sampled([[0] * deep, [0] * (deep - 1)]),
        evented(" ".join([f"O0@{at}" for at in range(50_000)] + ["C0@50000"] * 50_000)),
    )
    assert [len(profile) for profile in read(data).values()] == [2, 50_000]


def test_any_value_of_another_type_is_a_profile_or_one_error():
    whole = document(
        sampled([[0, 1], [2]], name='Process 1 Thread 2 "x"'),
        evented("O0@0 O1@1 C1@2 C0@3"),
        frames=[{"name": "a", "file": "a.py", "line": 1, "col": 2}, "b", "c"],
        activeProfileIndex=0, exporter="py-spy@1", name="n",
    )  # fmt: skip
    for data in retyped(whole, seed=1, times=600):
        outcome(data, "speedscope")


threads = st.builds(Thread, st.integers(-1, 2**40), st.integers(-1, 2**40), names, names, names)


@given(thread=threads, value=values)
def test_a_name_tells_thread_and_value_type(thread, value):
    assert parse_name(name_of(thread, value)) == (thread, value)


@pytest.mark.parametrize("name", ["", "main", "Thread", 'Thread x "y"', "a (b)", "CPU (all/none)"])
def test_other_names_tell_nothing(name):
    assert parse_name(name) == (None, None)


def plain(value):
    """Without what UTF-8 cannot write."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, (tuple, list)):
        return tuple(plain(one) for one in value)
    if isinstance(value, dict):
        found = Counter()
        for key, one in value.items():
            found[plain(key)] += one
        return found
    return value


@given(profile=profiles())
def test_what_is_written_is_read(profile):
    again = the(written(profile))
    before, after = told(profile, CARRIES), told(again, CARRIES)
    assert after["value"] == before["value"]
    assert plain(after["samples"]) == plain(before["samples"])
    assert written(again) == written(the(written(again)))


@given(some=st.lists(profiles(), min_size=1, max_size=3, unique_by=lambda one: one.value))
def test_value_types_are_written_side_by_side(some):
    again = read(written(*some))
    assert [one.value for one in again.values()] == [one.value for one in some]
    for before, after in zip(some, again.values(), strict=True):
        assert plain(told(after, CARRIES)["samples"]) == plain(told(before, CARRIES)["samples"])


@st.composite
def calls(draw):
    """Threads of calls with times: spans that follow one another, with gaps or without."""
    builder = ProfileBuilder(WALL)
    frames = [builder.frame(name, "a.py", 1) for name in "abc"]
    start = end = draw(st.sampled_from((0, 10**15, 2**60)))
    for tid in range(draw(st.integers(1, 2))):
        thread = builder.thread(Thread(1, tid + 1, f"t{tid}"))
        at = start
        for gap, lasts, stack in draw(
            st.lists(
                st.tuples(
                    st.integers(0, 2), st.integers(0, 3),
                    st.lists(st.sampled_from(frames), min_size=1, max_size=4),
                ),
                min_size=1,
            )
        ):  # fmt: skip
            at += gap
            builder.sample(builder.stack(stack), thread, lasts, time=at, duration=lasts)
            at += lasts
        end = max(end, at)
    profile = builder.build()
    return profile.with_metadata(start_monotonic_ns=start, end_monotonic_ns=end + 10)


@given(profile=calls())
def test_times_and_durations_of_calls_survive(profile):
    def spans(one):
        """When which stack ran, whatever the number of samples."""
        found = {}
        for row, duration in zip(rows(one), one.samples.duration.tolist(), strict=True):
            at = row.time - one.metadata.start_monotonic_ns
            for tick in range(at, at + duration):
                found[row.thread, tick] = [function.name for function in row.functions()]
        return found

    again = the(written(profile))
    assert again.samples.time is not None
    assert spans(again) == spans(profile)
    assert again.metadata.wall_s == profile.metadata.wall_s


def test_calls_that_go_on_stay_open():
    builder = ProfileBuilder(WALL)
    a, b, c = (builder.frame(name) for name in "abc")
    for at, stack in ((0, [a, b]), (2, [a, c]), (4, [a])):
        builder.sample(builder.stack(stack), weight=2, time=at, duration=2)
    (one,) = json.loads(written(builder.build()))["profiles"]
    assert [f"{e['type']}{e['frame']}@{e['at']}" for e in one["events"]] == (
        ["O0@0", "O1@0", "C1@2", "O2@2", "C2@4", "C0@6"]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"duration": None}, {"duration": np.array([5, 5])}, {"time": np.array([0, 1])},
        {"stack": np.array([0, -1], np.int32)}, {"time": None},
    ],
    ids=["no duration", "another duration", "overlap", "no stack", "no time"],
)  # fmt: skip
def test_samples_stay_samples_where_events_would_tell_another_story(change):
    builder = ProfileBuilder(WALL)
    for at in (0, 2):
        builder.sample(builder.stack([builder.frame("a")]), weight=2, time=at, duration=2)
    profile = builder.build()
    assert json.loads(written(profile))["profiles"][0]["type"] == "evented"
    other = profile.with_samples(replace(profile.samples, **change))
    (one,) = json.loads(written(other))["profiles"]
    assert (one["type"], one["weights"], one["endValue"]) == ("sampled", [2, 2], 4)


def test_no_samples_with_times_are_no_samples():
    builder = ProfileBuilder(WALL)
    builder.sample(-1, weight=0, time=0, duration=0)
    profile = builder.build()
    profile = profile.with_samples(profile.samples.take(np.zeros(1, dtype=bool)))
    assert len(the(written(profile))) == 0


def test_the_busiest_thread_is_shown_first():
    profile = draw("""
                a     a     b
        thread: one   two   two
        weight: 3     1     4
    """)
    assert json.loads(written(profile))["activeProfileIndex"] == 1


def test_weights_below_0_are_refused():
    with pytest.raises(OptionError, match="no weights below 0"):
        written(draw("        a\nweight: -1"))


def test_what_tells_the_format_may_stand_at_the_end():
    frames = [{"name": "f" * 100_000}]
    for keys in (["shared", "profiles", "$schema"], ["profiles", "shared"]):
        whole = document(sampled([[0]] * 50_000), frames=frames)
        data = json.dumps({key: whole[key] for key in keys}).encode()
        assert identify(Source(data)).name == "speedscope"


@pytest.mark.parametrize(
    ("head", "mine"),
    [
        (f'{{"$schema": "{SCHEMA}"', True),
        ('{"shared": {"frames": []}, "profiles": [', True),
        ('{"$schema": 0, "shared": 0, "profiles": 0}', True),
        ('{"meta": {}, "shared": {}, "profiles": []', False),
        ('{"$schema": "https://json-schema.org/", "title": "x"', False),
        (f"main;{SCHEMA} 1", False),
        (f'{{"url": "{SCHEMA}"', False),
    ],
)
def test_the_schema_tells_the_format(head, mine):
    assert SpeedscopeImporter().sniff(head.encode()) is mine
