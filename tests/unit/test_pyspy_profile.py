"""From a recording's raw output to a profile: a real one, then broken and hand-made ones."""

import gzip
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.ascii import rows

from perfnb.capture import pyspy_profile
from perfnb.capture.base import CaptureSpec
from perfnb.capture.chrometrace import Track, read_tracks
from perfnb.capture.clock import ClockOffset, WallToMonotonic
from perfnb.capture.pyspy_profile import Recording, build_profile
from perfnb.capture.threadlog import ThreadLog
from perfnb.errors import NoSamples, ToolFailed

DATA = Path(__file__).parent.parent / "data" / "pyspy_recording"
FACTS = json.loads((DATA / "facts.json").read_text())
MAIN, IDLE = FACTS["main_thread"], FACTS["idle_thread"]


@pytest.fixture(scope="module")
def real():
    clock = FACTS["clock"]
    return Recording(
        spec=CaptureSpec(**FACTS["spec"]),
        trace=gzip.decompress((DATA / "trace.json.gz").read_bytes()),
        log=ThreadLog.parse(gzip.decompress((DATA / "report.bin.gz").read_bytes())),
        clock=WallToMonotonic(ClockOffset(**clock["start"]), ClockOffset(**clock["end"])),
        **{
            name: FACTS[name]
            for name in (
                *("started_ns", "ended_ns", "started_wall", "version", "profiler_cpu_s"),
                "stopped_early",
            )
        },
    )


@pytest.fixture(scope="module")
def profile(real):
    return build_profile(real)


def test_shares_are_those_of_the_program(profile):
    seen = Counter(function.name for row in rows(profile) for function in {*row.functions()})
    n = len(profile)
    for name, share in (("sixty", 0.6), ("thirty", 0.3), ("ten", 0.1)):
        # Besides chance, the loop around the three takes up to one in fifty.
        bound = 4.5 * math.sqrt(share * (1 - share) / n) + 0.02
        assert seen[name] / n == pytest.approx(share, abs=bound)


def test_stacks_are_whole(profile):
    longest = max(rows(profile), key=lambda row: len(row.stack))
    names = [function.name for function in longest.functions()]
    assert names[:4] == ["<module>", "main", "record", "work"]
    assert names[-1] == "burn"
    assert longest.functions()[-1].file == "/tmp/demo/shares.py"
    assert all(line > 0 for _, line in longest.stack)


def test_the_thread_that_waits_is_not_in_an_on_cpu_profile(profile):
    assert {(row.thread.tid, row.thread.name) for row in rows(profile)} == {(MAIN, "MainThread")}
    assert {row.state for row in rows(profile)} <= {"on-CPU", "unknown"}
    assert (profile.value.kind, profile.value.unit) == ("on-CPU", "ns")


def test_the_thread_that_waits_is_in_a_wall_profile(real):
    wall = build_profile(replace(real, spec=replace(real.spec, idle=True)))
    assert wall.value.kind == "wall"
    waiting = [row for row in rows(wall) if row.thread.tid == IDLE]
    assert {row.thread.name for row in waiting} == {"idle"}
    states = Counter(row.state for row in waiting)
    assert states["off-CPU"] >= 0.99 * len(waiting)
    waits = Counter(" ".join(f.name for f in row.functions()[-3:]) for row in waiting)
    assert waits["wait Event.wait Condition.wait"] == len(waiting)
    assert len(waiting) == pytest.approx(wall.metadata.ticks, abs=2)


def test_a_thread_whose_name_changes_is_seen_once_at_each_instant(real, monkeypatch):
    wall = replace(real, spec=replace(real.spec, idle=True))
    once = build_profile(wall)

    def renamed(*args):
        for track in read_tracks(*args):
            half = len(track.at) // 2
            late = replace(track.thread, name="late name")
            yield Track(late, track.at[half:], track.stack[half:])
            early = [*track.stack[:half], -1]
            yield Track(replace(track.thread, name=""), track.at[: half + 1], np.array(early))

    monkeypatch.setattr(pyspy_profile, "read_tracks", lambda *args: list(renamed(*args)))
    twice = build_profile(wall)
    assert twice.samples.stack.tolist() == once.samples.stack.tolist()
    assert twice.samples.time.tolist() == once.samples.time.tolist()
    assert {thread.name for thread in twice.threads} == {"late name"}


def test_a_thread_that_always_ran_weighs_the_wall_time(profile):
    wall_ns = FACTS["ended_ns"] - FACTS["started_ns"]
    assert profile.total == pytest.approx(wall_ns, rel=0.05)
    assert len({row.weight for row in rows(profile)}) == 1


def test_times_are_sorted_and_inside_the_window(profile):
    times = profile.samples.time
    assert np.all(np.diff(times) >= 0)
    assert times[0] >= FACTS["started_ns"]
    assert times[-1] <= FACTS["ended_ns"]


def test_the_metadata_says_how_it_went(profile):
    m = profile.metadata
    assert (m.backend, m.backend_version, m.rate_asked) == ("py-spy", "0.4.3", 200)
    # A Poisson number of instants.
    expected = 200 * m.wall_s
    assert m.ticks == pytest.approx(expected, abs=4.5 * math.sqrt(expected))
    assert m.rate_achieved == pytest.approx(m.ticks / m.wall_s)
    assert m.missed == 0
    assert 0 < m.paused_s < 0.2 * m.wall_s
    assert 0 < m.clock_error_ns < 20_000_000
    assert m.profiler_cpu_s == FACTS["profiler_cpu_s"]
    assert m.notes == ()


def test_a_pyspy_that_ended_early_is_noted(real):
    notes = build_profile(replace(real, stopped_early=True)).metadata.notes
    assert notes == ("py-spy ended before the recording was stopped",)


@pytest.mark.parametrize("part", [0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_half_a_trace_is_never_half_a_profile(real, part):
    cut = real.trace[: int(part * len(real.trace))]
    with pytest.raises(ToolFailed, match="its output is not readable"):
        build_profile(replace(real, trace=cut))
    # Also where the cut looks like an end.
    if part:
        with pytest.raises(ToolFailed, match="its output is not readable"):
            build_profile(replace(real, trace=cut + b"]"))


def test_a_log_that_names_no_instant_blames_the_version(real):
    with pytest.raises(ToolFailed, match=r"no sampling instant.*\n.*found 0\.4\.3"):
        build_profile(replace(real, log=replace(real.log, ticks={})))


def test_a_log_without_its_header_is_refused(real):
    with pytest.raises(ToolFailed, match="does not say when the recording began"):
        build_profile(replace(real, log=replace(real.log, said=())))


def test_a_window_without_an_instant_has_no_samples(real):
    with pytest.raises(NoSamples, match="too short for 200 Hz"):
        build_profile(replace(real, ended_ns=real.started_ns + 1000))


def test_threads_that_all_waited_leave_nothing_on_cpu(real):
    threads = {**real.log.threads}
    threads["state"] = np.full_like(threads["state"], ord("S"))
    threads["run"] = np.zeros_like(threads["run"])
    with pytest.raises(NoSamples, match="no Python thread was running at any") as caught:
        build_profile(replace(real, log=replace(real.log, threads=threads)))
    assert "--idle" in caught.value.hint


def speedscope(profiles, frames=("thread (7)", "main", "f")):
    return json.dumps(
        {
            "shared": {
                "frames": [
                    {"name": name, "file": "a.py" if i else None, "line": i or None}
                    for i, name in enumerate(frames)
                ]
            },
            "profiles": profiles,
        }
    ).encode()


def gil(real, trace):
    return replace(real, spec=replace(real.spec, gil=True), trace=trace)


def test_samples_that_hold_the_gil(real):
    trace = speedscope(
        [
            {"name": 'Thread 0x7 "MainThread"', "samples": [[0, 1, 2], [0, 1]]},
            {"name": 'Process 9 Thread 8 "worker"', "samples": [[0, 1, 2]]},
        ]
    )
    profile = build_profile(gil(real, trace))
    assert profile.value.kind == "GIL"
    assert [(r.thread.pid, r.thread.tid, r.thread.name, len(r.stack)) for r in rows(profile)] == [
        (FACTS["spec"]["pid"], 7, "MainThread", 2),
        (FACTS["spec"]["pid"], 7, "MainThread", 1),
        (9, 8, "worker", 2),
    ]
    assert profile.samples.time is None
    assert profile.metadata.clock_error_ns is None
    assert profile.metadata.notes == ("py-spy tells no times of samples together with --gil",)


@pytest.mark.parametrize(
    "trace",
    [
        b"",
        b"null",
        b"[]",
        b'{"shared": {}}',
        b'{"shared": {"frames": [1]}, "profiles": []}',
        speedscope(None),
        speedscope([{"name": "main", "samples": []}]),
        speedscope([{"name": 'Thread 1 "a"', "samples": [[0, 9]]}]),
        speedscope([{"name": 'Thread 1 "a"', "samples": [["f"]]}]),
        speedscope([{"name": 'Thread 1 "a"'}]),
    ],
)
def test_a_broken_speedscope_file_is_refused(real, trace):
    with pytest.raises(ToolFailed, match="its output is not readable"):
        build_profile(gil(real, trace))
