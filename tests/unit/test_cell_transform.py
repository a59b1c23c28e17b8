"""What `%%flame` makes of a cell before Python sees it."""

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from perfnb.notebook.transform import flame_cell

START = "get_ipython().run_line_magic('flame', '--rest-of-cell{}')"


def python(cell):
    """The cell as Python gets it."""
    manager = TransformerManager()
    manager.cleanup_transforms.insert(0, flame_cell)
    return manager.transform_cell(cell)


def line_of(source, text):
    return next(i for i, line in enumerate(source.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    "cell",
    ["x = 1\n", "\n\nx = 1\n", "%%time\nx = 1\n", "%flame x\n", "# %%flame\nx\n", " %%flame\nx\n",
     "%%flamegraph\nx\n", "x = '''\n%%flame\n'''\n", ""],
)  # fmt: skip
def test_other_cells_are_left_alone(cell):
    lines = cell.splitlines(keepends=True)
    assert flame_cell(list(lines)) == lines


def test_the_first_line_starts_the_recording_with_its_options():
    assert python("%%flame -r 250 --as p\nwork()\n") == (
        START.format(" -r 250 --as p") + "\nwork()\n"
    )


def test_waits_are_recorded_likewise():
    assert python("%%offcpu -m 5\nwork()\n") == (
        START.replace("flame", "offcpu").format(" -m 5") + "\nwork()\n"
    )
    assert "'offcpu', '-h'" in python("%%offcpu -h\nwork()\n")


def test_quotes_in_options_stay_quoted():
    source = python("%%flame --title \"it's\" -o 'a b.svg'\nwork()\n")
    call = ast.parse(source).body[0].value
    assert call.args[1].value == "--rest-of-cell --title \"it's\" -o 'a b.svg'"


@pytest.mark.parametrize(
    "cell",
    [
        "%%flame\na\nMARK\n",
        "%%flame\n\n\na\nMARK\n",
        "\n\n%%flame\na\nMARK\n",
        "%%flame\n    a\n    MARK\n",
        "%%flame -n\nx = '''\n%%not a magic\n'''\n!ls\nMARK\n",
        "%%flame\nfrom __future__ import annotations\nMARK\n",
        "%%flame\n%%time\na\nMARK\n",
    ],
)
def test_lines_keep_their_numbers(cell):
    # As in a cell with a comment in place of the magic; %%time brings its own count.
    plain = cell.replace("%%flame -n", "%flame").replace("%%flame", "%flame", 1)
    if "%%time" in cell:
        assert "'a\\nMARK\\n'" in python(cell)
    else:
        assert line_of(python(cell), "MARK") == line_of(python(plain), "MARK")


def test_an_indented_cell_runs():
    assert python("%%flame\n    x = 1\n    y = 2\n") == START.format("") + "\nx = 1\ny = 2\n"


@pytest.mark.parametrize(
    "imports",
    [
        "from __future__ import annotations",
        "from __future__ import annotations  # why not",
        "from __future__ import (\n    annotations,\n    division,\n)",
        "from __future__ import \\\n    annotations",
        '"""A docstring."""\nfrom __future__ import annotations',
        "# a comment\n\nfrom __future__ import annotations\nfrom __future__ import division",
        "from __future__ import annotations; from __future__ import division",
        "from __future__ import annotations; x = 1",
        "    from __future__ import annotations",
    ],
)
def test_future_imports_stay_first(imports):
    indent = " " * (len(imports) - len(imports.lstrip()))
    source = python(f"%%flame -n\n{imports}\n{indent}MARK = 1\n")
    compile(source, "cell", "exec")
    statements = [ast.unparse(node) for node in ast.parse(source).body]
    assert statements.count(START.format(" -n")) == 1
    assert line_of(source, "MARK") == 2 + len(imports.splitlines())


def test_the_word_future_in_a_string_is_a_string():
    cell = "%%flame\ncode = '''\nfrom __future__ import annotations\n'''\n"
    assert python(cell) == START.format("") + cell.removeprefix("%%flame")


def test_another_cell_magic_gets_its_own_body():
    source = python("%%flame -n\n%%time\nwork()\n!ls\n")
    assert source == (
        START.format(" -n") + "\nget_ipython().run_cell_magic('time', '', 'work()\\n!ls\\n')\n"
    )


def test_the_same_inside_another_cell_magic_is_left_to_that():
    source = python("%%time\n%%flame\nwork()\n")
    assert source == "get_ipython().run_cell_magic('time', '', '%%flame\\nwork()\\n')\n"


@pytest.mark.parametrize("options", ["-h", "--help", "-n -h"])
def test_help_runs_nothing_of_the_cell(options):
    source = python(f"%%flame {options}\nwork()\n")
    assert source == f"get_ipython().run_line_magic('flame', {options!r})\n"


@pytest.mark.parametrize(
    "cell", ["%%flame --bogus\nwork()\n", "%%flame work()\nx\n", "%%flame\n", "%%flame\n\n  \n"]
)
def test_what_cannot_be_is_left_to_the_magic_to_say(cell):
    assert python(cell).startswith("get_ipython().run_cell_magic('flame', ")
