"""Reading and checking the options of ``%%flame`` and ``%%offcpu``."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword

from perfnb.capture import backends
from perfnb.errors import OptionError
from perfnb.formats import check_suffix
from perfnb.notebook.parser import make_parser

_OF_RECORDINGS = (
    "rate", "native", "gil", "idle", "wall", "kernel", "subprocesses", "backend", "all_frames",
    "pid", "duration",
)  # fmt: skip
_TOKEN = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\S)+)""")


@dataclass(frozen=True, slots=True)
class FlameOptions:
    """One line of options, checked."""

    rate: float
    native: bool
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
    thread_table: bool
    color: str
    source: str
    all_frames: bool
    quiet: bool
    pid: int
    duration: float
    rest_of_cell: bool
    help: bool
    magic: str = "flame"
    gil: bool = False
    idle: bool = False
    wall: bool = False
    kernel: bool = False
    least: float = 0.0
    wakers: bool = False
    offwake: bool = False
    file: str = ""
    value: str = ""

    @property
    def kind(self) -> str:
        """What is recorded, of `perfnb.capture.base.KINDS`."""
        return "offcpu" if self.magic == "offcpu" else "wall" if self.wall else "cpu"


def parse(line: str, magic: str = "flame") -> FlameOptions:
    """Read a line that holds only options.

    Raises
    ------
    OptionError
        Naming what does not fit.
    """
    options, rest = split(line, magic)
    if rest:
        raise OptionError(
            f"%%{magic}: {rest.split()[0]!r} is not an option",
            f"code to profile goes below the line; `%%{magic} -h` lists the options",
        )
    if options.duration:
        raise OptionError(
            f"%%{magic}: --duration does not go with a cell, which lasts as long as it lasts",
            f"write it as a line: `%{magic} --pid {options.pid or 'PID'} -d SECONDS`",
        )
    if options.file:
        raise OptionError(
            "%%flame: --file draws a file, it does not record the cell",
            f"write it as a line: `%flame --file {options.file}`",
        )
    return options


def split(line: str, magic: str = "flame") -> tuple[FlameOptions, str]:
    """Read the options at the beginning of a line, and return what follows them, untouched.

    Raises
    ------
    OptionError
        Naming what does not fit.
    """
    parser = make_parser(magic)
    takes_value = {
        name: action.nargs != 0 for action in parser._actions for name in action.option_strings
    }
    words: list[str] = []
    at = 0
    while (token := _TOKEN.match(line, at)) and token[1].startswith("-") and token[1] != "-":
        at = token.end()
        if token[1] == "--":
            break
        words += _unquoted(token[1], magic)
        if _awaits_value(token[1], takes_value) and (value := _TOKEN.match(line, at)):
            words += _unquoted(value[1], magic)
            at = value.end()
    values = parser.parse_args(words)
    options, rest = _checked(values, magic), line[at:].strip()
    if options.duration and (rest or not options.pid):
        raise OptionError(
            f"%{magic}: --duration is for another process: how long it is watched",
            f"write `%{magic} --pid PID -d SECONDS`, without a statement",
        )
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


def _unquoted(word: str, magic: str) -> list[str]:
    try:
        return ["".join(shlex.split(word))]
    except ValueError as error:
        raise OptionError(f"%{magic}: {word}: {error}", "close the quotation") from error


def _checked(values: argparse.Namespace, magic: str) -> FlameOptions:
    if not 1 <= values.rate <= 10_000:
        raise OptionError(
            f"%{magic}: a rate of {values.rate:g} Hz cannot be sampled", "choose 1 to 10000"
        )
    if values.bind and (not values.bind.isidentifier() or iskeyword(values.bind)):
        raise OptionError(f"%{magic}: --as {values.bind}: not a name a variable can have")
    if values.height is not None and values.height < 60:
        raise OptionError(f"%{magic}: --height {values.height} is too low", "at least 60 pixels")
    for name, least in (("duration", 0.0), ("least", 0.0), ("pid", 0)):
        if getattr(values, name, least) < least:
            option = "min" if name == "least" else name
            raise OptionError(
                f"%{magic}: --{option} {getattr(values, name):g} is below zero",
                f"`%{magic} -h` says what it means",
            )
    if getattr(values, "wall", False) and (values.gil or values.idle):
        raise OptionError(
            f"%{magic}: --wall goes with neither --gil nor --idle",
            "it has both what runs and what waits, and waits for the GIL by their reason",
        )
    if magic == "flame" and values.thread_table and not (values.wall or values.file):
        raise OptionError(
            "%flame: --thread-table goes with --wall: only then threads are timed",
            "`%%flame --wall --thread-table`, or `%%offcpu --thread-table`",
        )
    if magic == "flame" and values.kernel and not values.wall:
        raise OptionError(
            "%flame: --kernel goes with --wall: kernel stacks are those of waits",
            "`-n` shows compiled code",
        )
    if getattr(values, "wakers", False) and values.offwake:
        raise OptionError(f"%{magic}: --wakers and --offwake are two pictures: choose one")
    waits = magic == "offcpu" or values.wall
    if (
        values.backend != "auto"
        and values.backend not in backends("offcpu" if waits else "cpu").names()
    ):
        raise OptionError(
            f"%{magic}: --backend {values.backend} does not record {'waits' if waits else 'this'}",
            f"choose one of {', '.join(('auto', *backends('offcpu' if waits else 'cpu').names()))}",
        )
    for path in values.output:
        check_suffix(path)
    output = tuple(values.output)
    color = values.color or ("state" if getattr(values, "wall", False) else "name")
    return FlameOptions(**{**vars(values), "output": output, "color": color, "magic": magic})
