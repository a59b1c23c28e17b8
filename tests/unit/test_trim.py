import numpy as np
from helpers.ascii import draw, rows, show
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.transform.trim import trim


def trimmed(profile, inner="", outer="", border="", runner=""):
    """Trim by the first letter of names."""
    masks = [
        np.array([name[:1] in {*letters} for name in profile.tables.functions.name], dtype=bool)
        for letters in (inner, outer, border, runner)
    ]
    return trim(profile, *masks)


def names(profile):
    return [" ".join(f.name for f in row.functions()) for row in rows(profile)]


PICTURE = """
    kernel    kernel    kernel    lib       kernel    cell     kernel
    shell     shell     shell     kernel    lib       lib      cell
    cell      exec      shell     lib       shell     kernel   lib
    lib       lib                                     cell     cell
"""


def test_a_stack_begins_at_its_outermost_frame_of_interest():
    profile, empty = trimmed(draw(PICTURE), inner="c", outer="ks")
    assert names(profile) == [
        "cell lib",
        "exec lib",
        "",
        "lib kernel lib",
        "lib shell",
        "cell lib kernel cell",
        "cell lib cell",
    ]
    assert empty.tolist() == [False, False, True, False, False, False, False]


def test_nothing_is_kept_above_a_border_and_below_it_only_what_begins_anew():
    picture = """
        cell    cell     cell    cell
        ours    lib      ours    ours
        lib     ours             lib
                                 cell
                                 lib
    """
    profile, empty = trimmed(draw(picture), inner="c", border="o")
    assert names(profile) == ["", "", "", "cell lib"]
    assert empty.tolist() == [True, True, True, False]


def test_code_of_interest_below_a_runner_begins_anew():
    profile, _ = trimmed(
        draw("""
            cell      cell      cell
            runner    runner    work
            cell      sort      cell
            work      work
        """),
        inner="c",
        runner="r",
    )
    assert names(profile) == ["cell work", "cell runner sort work", "cell work cell"]


def test_cut_stacks_meet():
    profile, _ = trimmed(
        draw("""
            kernel    kernel    kernel
            shell     other     shell
            cell      cell      cell
                      lib
        """),
        inner="c",
        outer="kso",
    )
    assert show(profile.call_tree()) == "all 0/3\n  cell 2/3\n    lib 1/1"


@given(profiles(), st.data())
def test_trimming_cuts_above_and_keeps_every_sample(profile, data):
    n = len(profile.tables.functions)
    masks = [
        np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool)
        for _ in range(3)
    ]
    result, empty = trim(profile, *masks, np.zeros(n, dtype=bool))
    assert len(result) == len(profile)
    for before, after, gone in zip(rows(profile), rows(result), empty, strict=True):
        kept = len(after.stack)
        assert gone == (kept == 0)
        assert kept == 0 or before.stack[-kept:] == after.stack
        assert before._replace(stack=()) == after._replace(stack=())
