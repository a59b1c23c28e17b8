import doctest

from helpers import ascii
from helpers.ascii import draw, rows


def test_examples_of_the_pictures():
    assert doctest.testmod(ascii) == (0, 3)


def test_a_picture_tells_everything_of_a_sample():
    profile = draw(
        """
                 main <app.py:3>    main <app.py:4>
                 memcpy (native)
        thread:  MainThread         worker
        state:   on-CPU             off-CPU
        weight:  5                  2
        time:    10                 20
        """
    )
    first, second = rows(profile)
    assert [(f.name, f.file, f.kind, line) for f, line in first.stack] == [
        ("main", "app.py", "python", 3),
        ("memcpy", "", "native", 0),
    ]
    assert (first.thread.name, first.weight, first.time, first.state) == (
        "MainThread",
        5,
        10,
        "on-CPU",
    )
    assert (second.thread.tid, second.state, second.stack[0][1]) == (2, "off-CPU", 4)
