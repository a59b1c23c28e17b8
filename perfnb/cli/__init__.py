"""``perfnb``: what the notebook does with files, in a terminal.

Nothing heavy is imported until a command needs it: ``perfnb --help`` is there at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from perfnb.errors import OptionError, PerfnbError
from perfnb.formats import EXPORTERS, IMPORTERS

FAILED, USAGE, PIPE_CLOSED, INTERRUPTED = 1, 2, 141, 130
"""What `main` returns when not all went well; the last two as shells count signals."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot write is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        _run(make_parser().parse_args(argv))
        sys.stdout.flush()
    except PerfnbError as error:
        _say(error.message, error.hint)
        return USAGE if isinstance(error, OptionError) else FAILED
    except BrokenPipeError:
        # Whoever read has seen enough. What Python flushes at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        # Those of a cloud's library often have nothing but a message.
        what = error.strerror or type(error).__name__
        _say(f"{error.filename or error}: {what}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; choices of formats are the rows of `perfnb.formats`."""
    parser = argparse.ArgumentParser(
        prog="perfnb",
        description="Open and convert the files of profilers.",
        epilog="In a notebook: %load_ext perfnb, then %flame --file FILE.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="the version of perfnb")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_show(commands.add_parser("show", help="a file's profile, in the terminal"))
    _add_convert(commands.add_parser("convert", help="a file in another format"))
    commands.add_parser("formats", help="what is read and what is written")
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"perfnb {version('perfnb')}")
        parser.exit()


def _add_input(parser: argparse.ArgumentParser, name: str) -> None:
    add = parser.add_argument
    add("file", metavar=name, help="a file or URL, compressed or not; - is standard input")
    add("--value", metavar="NAME", help="which value type, where there are several")
    add(
        "--from",
        dest="from_format",
        metavar="FORMAT",
        choices=IMPORTERS.names(),
        help="its format, if the content does not tell: `perfnb formats` lists them",
    )


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, "FILE")
    add = parser.add_argument
    add("-n", "--rows", type=_count, default=12, metavar="ROWS", help="functions to list (12)")
    add("--sort", choices=("self", "total"), default="self", help="what they are sorted by (self)")
    picture = parser.add_mutually_exclusive_group()
    picture.add_argument("--flame", action="store_true", help="only the flame graph")
    picture.add_argument("--tree", action="store_true", help="the call tree in its place")
    add("--width", type=_width, metavar="COLUMNS", help="how wide (as the terminal)")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    _add_input(parser, "IN")
    parser.add_argument("out", metavar="OUT", help="its suffix names the format; - with --to")
    parser.add_argument(
        "--to",
        dest="to_format",
        metavar="FORMAT",
        choices=EXPORTERS.names(),
        help="the format, whatever the suffix",
    )


def _count(text: str) -> int:
    return _number(text, 0, "0 or more")


def _width(text: str) -> int:
    return _number(text, 20, "20 or more")


def _number(text: str, least: int, said: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, {said}")
    return int(text)


def _run(options: argparse.Namespace) -> None:
    if options.command == "convert":
        from perfnb.cli.convert import convert as command
    elif options.command == "show":
        from perfnb.cli.show import show as command
    else:
        from perfnb.cli.listing import formats as command
    command(options)


def _say(message: str, hint: str = "") -> None:
    from perfnb.cli.terminal import printable

    print(f"perfnb: {printable(message)}", file=sys.stderr)
    if hint:
        print(f"  → {printable(hint)}", file=sys.stderr)
