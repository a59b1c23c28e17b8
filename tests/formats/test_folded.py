from collections import Counter

from helpers.ascii import draw, rows
from helpers.strategies import profiles
from hypothesis import given

from perfnb.formats.folded import FoldedExporter


def folded(profile, folder):
    path = folder / "stacks.folded"
    FoldedExporter().write(profile, path)
    return path.read_text(encoding="utf-8")


def test_each_distinct_stack_is_a_line(tmp_path):
    profile = draw("""
                main <a.py:1>    main <a.py:2>    main    other
                work             work             rest
        weight: 5                2                1       4
    """)
    assert folded(profile, tmp_path) == "main;rest 1\nmain;work 7\nother 4\n"


def test_functions_of_cells_keep_their_cell(tmp_path):
    profile = draw("""
        <module> <In [5]:1>    <module> <In [5]:2>
        train <In [4]:7>       train <In [4]:8>
    """)
    assert folded(profile, tmp_path) == "In [5];In [4] train 2\n"


def test_what_the_format_cannot_write_is_replaced(tmp_path):
    frame = "a;b\nc\rd"
    builder_profile = draw("x")
    object.__setattr__(builder_profile.tables.functions, "name", (frame,))
    assert folded(builder_profile, tmp_path) == "a:b c d 1\n"


def test_a_function_without_a_name_is_not_lost(tmp_path):
    profile = draw("x    x\n     y")
    object.__setattr__(profile.tables.functions, "name", ("", "y"))
    assert folded(profile, tmp_path) == "? 1\n?;y 1\n"


@given(profile=profiles())
def test_every_weight_is_in_a_line_of_its_own(tmp_path_factory, profile):
    text = folded(profile, tmp_path_factory.mktemp("folded"))
    lines = [line.rpartition(" ") for line in text.split("\n")[:-1]]
    assert all(weight.isdigit() and int(weight) > 0 for _, _, weight in lines)
    assert len({stack for stack, _, _ in lines}) == len(lines)
    depths = Counter()
    for row in rows(profile):
        depths[len(row.stack)] += row.weight
    found = Counter()
    for stack, _, weight in lines:
        found[stack.count(";") + 1] += int(weight)
    assert found == Counter({depth: weight for depth, weight in depths.items() if depth and weight})
