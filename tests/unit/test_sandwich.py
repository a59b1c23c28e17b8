"""What calls a function, and what it calls."""

import pytest
from helpers.ascii import draw, rows, show
from helpers.strategies import profiles
from hypothesis import given
from hypothesis import strategies as st

from perfnb.errors import OptionError


@given(profiles(), st.data())
def test_both_halves_weigh_what_the_function_does(profile, data):
    names = sorted({f.name for row in rows(profile) for f in row.functions()})
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    above, below = [], []
    for row in rows(profile):
        at = next((i for i, f in enumerate(row.functions()) if f.name == name), None)
        if at is not None:
            above.append(row._replace(stack=row.stack[at::-1]))
            below.append(row._replace(stack=row.stack[at:]))
    callers, callees = profile.callers(name, exact=True), profile.callees(name, exact=True)
    assert rows(callers) == above
    assert rows(callees) == below
    total = sum(row.weight for row in above)
    assert callers.total == callees.total == total
    own = profile.functions()
    if len({f for row in rows(profile) for f in row.functions() if f.name == name}) == 1:
        shown = name.encode("utf-8", "replace").decode()
        same = [r["total"] for r in own.iter_rows(named=True) if r["name"] == shown]
        assert total in same


def test_a_known_sandwich():
    profile = draw("""
                main    main    cli     main
                load    load    load    save
                read    load    parse
                        parse
        weight: 1       2       4       8
    """)
    assert show(profile.callees("^load$").call_tree()) == (
        "all 0/7\n  load 0/7\n    load 0/2\n      parse 2/2\n    parse 4/4\n    read 1/1"
    )
    # The outermost of several counts: a function that calls itself is no caller of its own.
    assert show(profile.callers("^load$").call_tree()) == (
        "all 0/7\n  load 0/7\n    cli 4/4\n    main 3/3"
    )


def test_a_sandwich_of_one_of_two_namesakes():
    profile = draw("""
                a             b
                f <a.py>      f <b.py>
        weight: 1             2
    """)
    one = profile.callers("f", exact=True, file="b.py")
    assert show(one.call_tree()) == "all 0/2\n  f 0/2\n    b 2/2"
    with pytest.raises(OptionError, match="without exact=True"):
        profile.callers("f", file="b.py")
    assert len(profile.callers("g")) == len(profile.callees("g")) == 0
