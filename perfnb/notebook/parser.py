"""The options of ``%%flame`` and ``%%offcpu`` and their help, in py-spy's letters."""

from __future__ import annotations

import argparse
from typing import NoReturn

from perfnb.capture import WAITS, backend_names
from perfnb.errors import OptionError
from perfnb.views.options import COLORS, SOURCES, VIEWS

MAGICS = ("flame", "offcpu")
"""What records a cell."""


class _Parser(argparse.ArgumentParser):
    magic = "flame"

    def error(self, message: str) -> NoReturn:
        raise OptionError(f"%{self.magic}: {message}", f"`%{self.magic} -h` lists the options")


def make_parser(magic: str = "flame") -> argparse.ArgumentParser:
    """Return the parser of one of `MAGICS`; its help is what ``-h`` prints."""
    waits = magic == "offcpu"
    more = "" if waits else "\n       %%flame --file FILE [options]"
    parser = _Parser(
        prog=f"%%{magic}",
        add_help=False,
        allow_abbrev=False,
        usage=f"%%%%{magic} [options]        the cell below, as a flame graph\n"
        f"       %%{magic} [options] STATEMENT\n"
        f"       %%{magic} --pid PID -d SECONDS [options]{more}",
        description="Record what the threads wait for, and why, and draw it as a flame graph."
        if waits
        else "Record where the time goes and draw it as a flame graph.",
    )
    parser.magic = magic
    add = parser.add_argument
    add("-r", "--rate", type=float, default=100.0, metavar="HZ", help="samples a second (100)")
    add("-n", "--native", action="store_true", help="frames of compiled code too")
    if waits:
        add(
            "-m",
            "--min",
            dest="least",
            type=float,
            default=0.0,
            metavar="MS",
            help="only waits of at least so many milliseconds",
        )
        add("-k", "--kernel", action="store_true", help="kernel frames too (needs bpftrace)")
        add(
            "--wakers",
            action="store_true",
            help="who ended the waits instead of who waited (needs bpftrace)",
        )
        add(
            "--offwake",
            action="store_true",
            help="who waited and, above, who ended the wait (needs bpftrace)",
        )
    else:
        add("-g", "--gil", action="store_true", help="only samples that hold the GIL")
        add("-i", "--idle", action="store_true", help="threads that wait too: wall time")
        add(
            "-w",
            "--wall",
            action="store_true",
            help="what runs and what waits in one, exactly, with the reasons of waits",
        )
        add(
            "-k",
            "--kernel",
            action="store_true",
            help="with --wall: kernel frames of waits too (needs bpftrace)",
        )
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
    add("--pid", type=int, default=0, metavar="PID", help="another process instead of this one")
    add(
        "-d",
        "--duration",
        type=float,
        default=0.0,
        metavar="S",
        help="with --pid, as a line: for so many seconds",
    )
    add(
        "--backend",
        default="auto",
        choices=("auto", *(WAITS.names() if waits else backend_names())),
        help="who records (auto: the best that is permitted)",
    )
    add("--as", dest="bind", default="", metavar="NAME", help="keep the Profile as variable NAME")
    add("--inverted", action="store_true", help="leaves first: who calls the expensive functions")
    add("--height", type=int, metavar="PX", help="height at most, before it scrolls")
    add("--title", default="", help="a title (the cell's number)")
    add("--view", default="flame", choices=VIEWS, help="what is shown at first (flame)")
    add("--timeline", action="store_true", help="the threads over time, above")
    add("--table", action="store_true", help="the functions with self and total, beside")
    add("--thread-table", action="store_true", help="the threads with their times, beside")
    add("--color", default="", choices=COLORS, help="what a box's colour tells (name)")
    add(
        "--source",
        default="notebook",
        choices=SOURCES,
        help="whose source is stored with the picture (notebook)",
    )
    add("--all-frames", action="store_true", help="IPython's and the kernel's own frames too")
    add("-q", "--quiet", action="store_true", help="no picture: with --as or -o")
    if not waits:
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
        help=f"%%{magic} as a line: from here to the end of the cell",
    )
    add("-h", "--help", action="store_true", help="this help")
    return parser


def option_names(magic: str = "flame") -> list[str]:
    """Return every option as it is typed, for completion."""
    return [name for action in make_parser(magic)._actions for name in action.option_strings]
