"""Reading and checking the options of ``%%flame`` and ``%flame``."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword

from perfnb.errors import OptionError
from perfnb.formats import check_suffix
from perfnb.notebook.parser import make_parser

_OF_RECORDINGS = ("rate", "native", "gil", "idle", "subprocesses", "backend", "all_frames")
_TOKEN = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S)+)""")


@dataclass(frozen=True, slots=True)
class FlameOptions:
    """One line of options, checked."""

    rate: float
    native: bool
    gil: bool
    idle: bool
    threads: bool
    function: bool
    subprocesses: bool
    output: tuple[str, ...]
    backend: str
    bind: str
    inverted: bool
    height: int | None
    title: str
    view: str
    timeline: bool
    table: bool
    color: str
    source: str
    all_frames: bool
    quiet: bool
    file: str
    value: str
    rest_of_cell: bool
    help: bool


def parse(line: str) -> FlameOptions:
    """Read a line that holds only options.

    Raises
    ------
    OptionError
        Naming what does not fit.
    """
    options, rest = split(line)
    if rest:
        raise OptionError(
            f"%%flame: {rest.split()[0]!r} is not an option",
            "code to profile goes below the line; `%%flame -h` lists the options",
        )
    if options.file:
        raise OptionError(
            "%%flame: --file draws a file, it does not record the cell",
            f"write it as a line: `%flame --file {options.file}`",
        )
    return options


def split(line: str) -> tuple[FlameOptions, str]:
    """Read the options at the beginning of a line, and return what follows them, untouched.

    Raises
    ------
    OptionError
        Naming what does not fit.
    """
    parser = make_parser()
    takes_value = {
        name: action.nargs != 0 for action in parser._actions for name in action.option_strings
    }
    words: list[str] = []
    at = 0
    while (token := _TOKEN.match(line, at)) and token[1].startswith("-") and token[1] != "-":
        at = token.end()
        if token[1] == "--":
            break
        words += _unquoted(token[1])
        if _awaits_value(token[1], takes_value) and (value := _TOKEN.match(line, at)):
            words += _unquoted(value[1])
            at = value.end()
    values = parser.parse_args(words)
    options, rest = _checked(values), line[at:].strip()
    if options.file:
        _check_file(parser, values, rest)
    elif options.value:
        raise OptionError("%flame: --value chooses within a file", "name it with --file")
    return options, rest


def _check_file(parser: argparse.ArgumentParser, values: argparse.Namespace, rest: str) -> None:
    if rest:
        raise OptionError(
            f"%flame: --file takes no statement: {rest.split(maxsplit=1)[0]!r}",
            "a name with spaces is written in quotation marks",
        )
    for action in parser._actions:
        if action.dest in _OF_RECORDINGS and getattr(values, action.dest) != action.default:
            name = action.option_strings[-1]
            raise OptionError(f"%flame: {name} is about recording: it has no effect on a file")


def _awaits_value(word: str, takes_value: Mapping[str, bool]) -> bool:
    """Return whether the next word is this one's value: not for `--rate=200` or `-nr200`."""
    if word.startswith("--"):
        return takes_value.get(word, False)
    first = next((i for i, letter in enumerate(word) if takes_value.get(f"-{letter}")), None)
    return first == len(word) - 1


def _unquoted(word: str) -> list[str]:
    try:
        return ["".join(shlex.split(word))]
    except ValueError as error:
        raise OptionError(f"%flame: {word}: {error}", "close the quotation") from error


def _checked(values: argparse.Namespace) -> FlameOptions:
    if not 1 <= values.rate <= 10_000:
        raise OptionError(
            f"%flame: a rate of {values.rate:g} Hz cannot be sampled", "choose 1 to 10000"
        )
    if values.bind and (not values.bind.isidentifier() or iskeyword(values.bind)):
        raise OptionError(f"%flame: --as {values.bind}: not a name a variable can have")
    if values.height is not None and values.height < 60:
        raise OptionError(f"%flame: --height {values.height} is too low", "at least 60 pixels")
    for path in values.output:
        check_suffix(path)
    output = tuple(values.output)
    return FlameOptions(**{**vars(values), "output": output})
