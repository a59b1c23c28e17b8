from collections import Counter

from helpers.ascii import draw, rows
from helpers.strategies import profiles
from hypothesis import given


def told(function):
    """The function as a table of text can hold it: without lone surrogates."""
    return tuple(text.encode("utf-8", "replace").decode() for text in function)


@given(profiles())
def test_functions_say_what_the_samples_say(profile):
    own, total, own_samples, total_samples = (Counter() for _ in range(4))
    for row in rows(profile):
        # A function that is on the stack several times counts once.
        for function in {*row.functions()}:
            total[function] += row.weight
            total_samples[function] += 1
        if row.stack:
            own[row.functions()[-1]] += row.weight
            own_samples[row.functions()[-1]] += 1
    table = profile.functions()
    columns = "name", "file", "module", "kind", "self", "total", "self_samples", "total_samples"
    assert Counter(table.select(columns).iter_rows()) == Counter(
        (*told(f), own[f], total[f], own_samples[f], total_samples[f]) for f in total
    )
    assert table["self"].to_list() == sorted(table["self"], reverse=True)


@given(profiles(empty_stacks=False))
def test_selves_add_up_to_the_total(profile):
    assert profile.functions()["self"].sum() == profile.total


def test_recursion_counts_once():
    profile = draw("""
                fib    fib
                fib
                fib
        weight: 3      1
    """)
    (row,) = profile.functions().iter_rows(named=True)
    assert (row["self"], row["total"], row["total_share"], row["total_samples"]) == (4, 4, 1.0, 2)


def test_there_are_columns_without_samples_too():
    table = draw("").functions()
    assert table.height == 0
    assert table.columns == [
        *("name", "module", "file", "kind", "self", "total", "self_share", "total_share"),
        *("self_samples", "total_samples"),
    ]
