from collections import Counter, defaultdict

from helpers.ascii import draw, rows
from helpers.strategies import profiles
from hypothesis import given


def told(text):
    return text.encode("utf-8", "replace").decode()


@given(profiles())
def test_lines_say_what_the_samples_say(profile):
    own, total, own_samples, total_samples = (Counter() for _ in range(4))
    names = defaultdict(set)
    for row in rows(profile):
        places = [(f.file, line) for f, line in row.stack]
        # A line that is on the stack several times counts once.
        for place in set(places):
            total[place] += row.weight
            total_samples[place] += 1
        if places:
            own[places[-1]] += row.weight
            own_samples[places[-1]] += 1
        for function, line in row.stack:
            names[function.file, line].add(function.name)
    table = profile.lines()
    columns = "file", "line", "name", "self", "total", "self_samples", "total_samples"
    assert Counter(table.select(columns).iter_rows()) == Counter(
        (told(p[0]), p[1], told(", ".join(sorted(names[p]))),
         own[p], total[p], own_samples[p], total_samples[p])
        for p in total if p[1] > 0
    )  # fmt: skip
    order = [(-row["self"], -row["total"]) for row in table.iter_rows(named=True)]
    assert order == sorted(order)


def test_known_lines():
    profile = draw("""
                main <app.py:3>    main <app.py:3>    main <app.py:4>
                f <app.py:7>       g <app.py:7>       h <app.py>
                f <app.py:7>
        weight: 1                  2                  5
    """)
    table = profile.lines().select("file", "line", "name", "self", "total", "total_share")
    assert table.rows() == [
        ("app.py", 7, "f, g", 3, 3, 3 / 8),
        ("app.py", 4, "main", 0, 5, 5 / 8),
        ("app.py", 3, "main", 0, 3, 3 / 8),
    ]


def test_a_line_is_not_named_by_what_was_not_seen_there():
    profile = draw("""
                f <app.py:7>    g <app.py:7>
        thread: one             two
    """)
    assert profile.lines()["name"].to_list() == ["f, g"]
    assert profile.where(thread="two").lines()["name"].to_list() == ["g"]


def test_there_are_columns_without_samples_too():
    table = draw("").lines()
    assert table.height == 0
    assert table.columns == [
        *("file", "line", "name", "self", "total", "self_share", "total_share"),
        *("self_samples", "total_samples"),
    ]
