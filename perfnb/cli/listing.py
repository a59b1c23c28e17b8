"""``perfnb formats``: the rows of `perfnb.formats`, for people."""

from __future__ import annotations

import argparse

from rich.table import Table
from rich.text import Text

from perfnb.cli.terminal import console
from perfnb.formats import EXPORTERS, IMPORTERS


def formats(options: argparse.Namespace) -> None:
    """Print which formats are read and which are written."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("format", "read", "written to", ""):
        table.add_column(heading)
    written = {row.name: row for row in EXPORTERS}
    for row in IMPORTERS:
        out = written.pop(row.name, None)
        suffixes = " ".join(out.suffixes) if out else ""
        table.add_row(Text(row.name), "yes", Text(suffixes), Text(row.summary, "dim"))
    for row in written.values():
        table.add_row(Text(row.name), "", Text(" ".join(row.suffixes)), Text(row.summary, "dim"))
    terminal = console()
    terminal.print(table)
    terminal.print(
        Text("\nThe content tells the format, never the name; gzip, zstd, bzip2 and xz are read")
    )
    terminal.print(Text("as well, and .gz or .zst after a suffix compresses what is written."))
