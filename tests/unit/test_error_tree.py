import inspect
import re

import pytest

from perfnb import errors
from perfnb.errors import PerfnbError, ToolFailed


def tree(cls, indent=0):
    """The classes below `cls`, drawn as in the module's docstring."""
    fields = [*inspect.signature(cls.__init__).parameters][1:]
    yield indent, cls.__name__, fields
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child, indent + 1)


def test_the_docstring_draws_the_tree_there_is():
    drawn = re.findall(r"^( {2,})(\w+)(?:\((.*)\))?$", errors.__doc__, re.M)
    drawn = [(len(spaces) // 2 - 2, name, fields) for spaces, name, fields in drawn]
    found = [*tree(PerfnbError)]
    assert [row[:2] for row in drawn] == [row[:2] for row in found]
    for (_, name, fields), (_, _, parameters) in zip(drawn, found, strict=True):
        if fields:
            assert fields.split(", ") == [
                p for p in parameters if p != "hint" or "hint" in fields
            ], name


CLASSES = [
    cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)
]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_keeps_its_facts_and_its_hint(cls):
    names = {*inspect.signature(cls.__init__).parameters} - {"self", "hint"}
    facts = {name: name for name in names} | dict.fromkeys(names & {"pid", "exit_code"}, 3)
    error = cls(**facts, hint="do this")
    assert isinstance(error, PerfnbError)
    assert str(error) == f"{error.message}\n  → do this"
    assert str(cls(**facts)) == error.message
    for name in names - {"argv"}:
        assert getattr(error, name) == facts[name]


@pytest.mark.parametrize(
    ("code", "how"),
    [(0, "ended with exit code 0"), (-9, "was killed by signal 9"), (None, "did not end")],
)
def test_how_a_tool_ended_is_told_in_words(code, how):
    assert ToolFailed(["tool", "-x"], code, " broken \n").message == f"tool {how}: broken"
    assert ToolFailed(["tool"], code, "").message == f"tool {how}"
