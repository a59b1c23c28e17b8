"""The options of ``%%flame`` and ``%flame`` and their help, in py-spy's letters."""

from __future__ import annotations

import argparse
from typing import NoReturn

from perfnb.capture import BACKENDS
from perfnb.errors import OptionError
from perfnb.views.options import COLORS, SOURCES, VIEWS


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(f"%flame: {message}", "`%flame -h` lists the options")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; its help is what ``-h`` prints."""
    parser = _Parser(
        prog="%%flame",
        add_help=False,
        allow_abbrev=False,
        usage="%%%%flame [options]        the cell below, as a flame graph\n"
        "       %%flame [options] STATEMENT\n"
        "       %%flame --file FILE [options]",
        description="Record where the time goes and draw it as a flame graph.",
    )
    add = parser.add_argument
    add("-r", "--rate", type=float, default=100.0, metavar="HZ", help="samples a second (100)")
    add("-n", "--native", action="store_true", help="frames of compiled code too")
    add("-g", "--gil", action="store_true", help="only samples that hold the GIL")
    add("-i", "--idle", action="store_true", help="threads that wait too: wall time")
    add("-t", "--threads", action="store_true", help="a tower for each thread")
    add("-F", "--function", action="store_true", help="merge lines of a function, in cells too")
    add("-s", "--subprocesses", action="store_true", help="child processes too")
    add(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="also write FILE, in the format of its suffix; may be repeated",
    )
    add(
        "--backend",
        default="auto",
        choices=("auto", *BACKENDS.names()),
        help="who takes the samples (auto: the best that is permitted)",
    )
    add("--as", dest="bind", default="", metavar="NAME", help="keep the Profile as variable NAME")
    add("--inverted", action="store_true", help="leaves first: who calls the expensive functions")
    add("--height", type=int, metavar="PX", help="height at most, before it scrolls")
    add("--title", default="", help="a title (the cell's number)")
    add("--view", default="flame", choices=VIEWS, help="what is shown at first (flame)")
    add("--timeline", action="store_true", help="the threads over time, above")
    add("--table", action="store_true", help="the functions with self and total, beside")
    add("--color", default="name", choices=COLORS, help="what a box's colour tells (name)")
    add(
        "--source",
        default="notebook",
        choices=SOURCES,
        help="whose source is stored with the picture (notebook)",
    )
    add("--all-frames", action="store_true", help="IPython's and the kernel's own frames too")
    add("-q", "--quiet", action="store_true", help="no picture: with --as or -o")
    add(
        "--file",
        default="",
        metavar="FILE",
        help="draw a profiler's file or URL: %%flame --file",
    )
    add("--value", default="", metavar="NAME", help="which value type of FILE (its first)")
    add(
        "--rest-of-cell",
        action="store_true",
        help="%%flame as a line: from here to the end of the cell",
    )
    add("-h", "--help", action="store_true", help="this help")
    return parser


def option_names() -> list[str]:
    """Return every option as it is typed, for completion."""
    return [name for action in make_parser()._actions for name in action.option_strings]
