"""Whether a thread ran at an instant, told from its state and CPU time just after it."""

import json

import numpy as np
import pytest

from perfnb.capture.threadlog import DOUBTFUL, GONE, ThreadLog
from perfnb.model import STATES

MS, OFFSET = 1_000_000, 10**18
NAMES = {**dict(enumerate(STATES)), GONE: "gone", DOUBTFUL: "doubtful"}
DTYPES = {"q": "<i8", "i": "<i4", "B": "u1"}


def report(ticks, threads, **head):
    """Encode columns, each (name, type code, values), as the watcher does."""
    tables = {
        name: [[column, code, len(values)] for column, code, values in columns]
        for name, columns in (("ticks", ticks), ("threads", threads))
    }
    facts = {**tables, "said": ["hello"], "cpu_s": 0.5, **head}
    body = b"".join(
        np.array(values, DTYPES[code]).tobytes() for _, code, values in (*ticks, *threads)
    )
    return json.dumps(facts).encode() + b"\n" + body


def watched(letters, used_ms, stop_ms=0.2, gaps_ms=None):
    """The report on a thread 7 that at each instant was in the state of a letter.

    `-` is a thread that is not there, `?` an instant that was not observed. `used_ms` is
    the CPU time used since the instant before, `gaps_ms` the time since then.
    """
    gaps = gaps_ms or [10] * len(letters)
    stopped = [OFFSET + int(MS * at) for at in np.cumsum(gaps)]
    released = [at + int(stop_ms * MS) for at in stopped]
    batch = [-1 if letter == "?" else i for i, letter in enumerate(letters)]
    run = np.cumsum(np.array(used_ms) * MS).astype(int)
    seen = [i for i, letter in enumerate(letters) if letter not in "-?"]
    n = len(letters)
    ticks = (
        ("pid", "i", [1] * n),
        ("stopped", "q", stopped),
        ("released", "q", released),
        ("batch", "i", batch),
        ("missed", "B", [0] * n),
    )
    threads = (
        ("time", "q", [released[i] - OFFSET + MS // 100 for i in seen]),
        ("pid", "i", [1] * len(seen)),
        ("tid", "i", [7] * len(seen)),
        ("state", "B", [ord(letters[i]) for i in seen]),
        ("run", "q", [run[i] for i in seen]),
        ("batch", "i", seen),
    )
    return report(ticks, threads)


def states(*args, **kwargs):
    log = ThreadLog.parse(watched(*args, **kwargs))
    return [NAMES[code] for code in log.states(1, 7, OFFSET).tolist()]


ON, OFF = "on-CPU", "off-CPU"


def test_a_thread_that_always_runs_is_on_cpu():
    assert states("RRRRR", [9.7] * 5) == [ON] * 5


def test_a_thread_that_shares_its_cpu_with_others_is_on_cpu():
    assert states("RRRRR", [2] * 5) == [ON] * 5


def test_a_thread_that_sleeps_is_off_cpu():
    assert states("SSDS", [0] * 4) == [OFF] * 4


def test_a_blocked_thread_that_runs_only_because_it_was_stopped_is_off_cpu():
    assert states("RRRRR", [0.05] * 5) == [OFF] * 5


def test_a_thread_is_off_cpu_from_where_it_falls_asleep():
    assert states("RRRSS", [9.7, 9.7, 9.7, 5, 0]) == [ON, ON, ON, OFF, OFF]


def test_a_thread_that_ran_up_to_the_stop_was_on_cpu_whatever_it_did_after():
    assert states("RRSRR", [9.7] * 5) == [ON] * 5


def test_a_thread_is_gone_before_it_begins_and_after_it_ends():
    assert states("--RRZ-", [0, 0, 9.7, 9.7, 9.7, 0]) == ["gone", "gone", ON, ON, "gone", "gone"]


def test_between_instants_that_agree_the_state_is_theirs():
    assert states("RR?RR", [9.7, 9.7, 0, 19.5, 9.7]) == [ON] * 5
    assert states("SS??S", [0] * 5) == [OFF] * 5


def test_between_instants_that_differ_the_state_is_unknown():
    assert states("RR?SS", [9.7, 9.7, 0, 9.7, 0]) == [ON, ON, "unknown", OFF, OFF]


def test_nothing_observed_is_nothing_known():
    assert states("???", [0] * 3) == ["unknown"] * 3


def test_after_a_long_stop_sleep_says_little():
    assert states("RRSSS", [9.7, 9.7, 5, 5, 0], stop_ms=0.6) == [
        ON,
        ON,
        "doubtful",
        "doubtful",
        OFF,
    ]


SHORT = [10, 10, 0.3, 0.3, 10, 10]
"""Gaps of which two are no longer than it takes to get going again after a stop."""


def test_instants_too_close_to_each_other_are_what_is_around_them():
    assert states("RRRRRR", [9.7, 9.7, 0.002, 0.002, 9.7, 9.7], gaps_ms=SHORT) == [ON] * 6
    assert states("RRRRRR", [0.05, 0.05, 0.002, 0.002, 0.05, 0.05], gaps_ms=SHORT) == [OFF] * 6
    assert states("SSRRSS", [0, 0, 0.002, 0.002, 0.05, 0], gaps_ms=SHORT) == [OFF] * 6


def test_instants_too_close_to_each_other_where_the_state_changes_are_doubtful():
    waking = states("SSRRRR", [0, 0, 0.002, 0.002, 9.7, 9.7], gaps_ms=SHORT)
    assert waking == [OFF, OFF, "doubtful", "doubtful", ON, ON]


def test_a_thread_nobody_saw_is_gone():
    log = ThreadLog.parse(watched("RR", [9, 9]))
    assert [NAMES[code] for code in log.states(1, 8, OFFSET).tolist()] == ["gone", "gone"]


def test_the_report_is_read_whole():
    log = ThreadLog.parse(watched("R?", [9, 9]))
    assert (log.said, log.cpu_s) == (("hello",), 0.5)
    assert len(log.ticks[1]) == 2
    assert log.ticks[1].batch.tolist() == [0, -1]
    assert log.ticks[1].missed.dtype == bool
    assert (log.ticks[1].released - log.ticks[1].stopped).tolist() == [200_000, 200_000]


def test_a_report_without_instants_is_a_report():
    assert ThreadLog.parse(watched("", [])).ticks == {}


def test_every_beginning_of_a_report_is_refused():
    whole = watched("RS", [1, 0])
    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r".*"):
            ThreadLog.parse(whole[:length])


@pytest.mark.parametrize("broken", [b"", b"\n", b"null\n", b"[]\n", b"{}\n", b'{"ticks": 1}\n'])
def test_what_is_no_report_is_refused(broken):
    with pytest.raises(ValueError, match=r".*"):
        ThreadLog.parse(broken)
