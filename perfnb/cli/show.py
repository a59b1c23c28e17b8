"""``perfnb show``: a header, the functions, and the flame graph or call tree."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from perfnb.cli.convert import STANDARD, chosen, place
from perfnb.cli.icicle import icicle
from perfnb.cli.terminal import console, is_plain, printable
from perfnb.cli.top import top
from perfnb.formats.read import identify, read_all
from perfnb.formats.source import Source
from perfnb.model import CallTree, Profile
from perfnb.transform.condense import condense
from perfnb.units import format_percent, format_value
from perfnb.views.honesty import honesty

_SAID = ("samples", "stacks")
_LEAST_SHARE = 0.01
_MOST_LINES = 200


def show(options: argparse.Namespace) -> None:
    """Print what a file says."""
    source = place(options.file)
    format = options.from_format or identify(Source(source)).name
    profiles = read_all(source, format=format)
    name = chosen(profiles, options.value, options.file)
    profile = profiles[name]
    if options.file == STANDARD:
        profile = profile.with_metadata(title="standard input")
    out = console(options.width)
    plain = is_plain(out)
    if not options.flame:
        _header(out, profile, format, list(profiles), name)
        if options.rows:
            out.print()
            out.print(top(profile, options.rows, options.sort, out.width, plain=plain))
        out.print()
    if profile.samples.weight.min(initial=0) < 0:
        out.print(Text("Some weights are below zero: there is no picture of that.", "dim"))
        return
    tree = condense(profile).profile.call_tree()
    if options.tree:
        lines = _tree_lines(tree, profile, plain)
    else:
        lines = icicle(tree, profile.value, out.width, plain=plain)
    for line in lines:
        out.print(line, no_wrap=True, overflow="crop", crop=True)


def _header(out: Console, profile: Profile, format: str, values: list[str], name: str) -> None:
    m = profile.metadata
    total = f"{profile.value.format(profile.total)} {printable(profile.value.kind)}"
    facts = [format, total]
    if profile.sample_count is not None and profile.value.kind != "samples":
        facts.append(_plural(profile.sample_count, "sample"))
    facts += [
        _plural(len(profile.threads), "thread"),
        *_duration(profile),
    ]
    out.print(Text(printable(m.title), "bold"))
    out.print(Text(" · ".join(facts)))
    if len(values) > 1:
        line = Text("values: ", "dim")
        for at, one in enumerate(values):
            line.append(", " if at else "", "dim")
            line.append(printable(one), "bold" if one == name else "dim")
        out.print(line)
    warning, items = honesty(profile)
    said = [f"{item.label} {item.text}" for item in items if item.label not in _SAID]
    out.print(Text(printable(" · ".join(said)), "dim"))
    if warning:
        out.print(Text(printable(warning), "yellow"))


def _duration(profile: Profile) -> Iterator[str]:
    wall = profile.metadata.wall_s
    times = profile.samples.time
    if wall is None and times is not None and len(times) > 1:
        wall = (int(times[-1]) - int(times[0])) / 1e9
    if wall:
        yield f"{format_value(wall * 1e9, 'ns')} recorded"


def _plural(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _tree_lines(tree: CallTree, profile: Profile, plain: bool) -> Iterator[Text]:
    """Yield a line a node, the heaviest branch first; a chain of single calls stays in place."""
    whole = int(tree.total[0])
    branch, last = ("|- ", "`- ") if plain else ("├─ ", "└─ ")
    through, blank = ("|  ", "   ") if plain else ("│  ", "   ")
    least = max(1, whole * _LEAST_SHARE)
    waiting = [(0, "", "")]
    lines = 0
    while waiting and whole > 0:
        node, guide, below = waiting.pop()
        if lines == _MOST_LINES:
            yield Text("and more", "dim")
            return
        lines += 1
        total = int(tree.total[node])
        line = Text(f"{format_percent(total / whole):>8} ", no_wrap=True)
        line.append(f"{profile.value.format(total):>9}  ", "dim")
        line.append(guide, "dim")
        line.append(printable(tree.label(node)))
        yield line
        children = [one for one in tree.children(node) if tree.total[one] >= least]
        children.sort(key=lambda one: -int(tree.total[one]))
        if len(children) > 1:
            waiting.append((children.pop(), below + last, below + blank))
            waiting += [(one, below + branch, below + through) for one in reversed(children)]
        else:
            waiting += [(one, below, below) for one in children]
