"""Showing a profile, and what went wrong, in the output of a cell."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from perfnb.errors import PerfnbError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from perfnb.model import Profile
    from perfnb.notebook.options import FlameOptions


def show_profile(profile: Profile, options: FlameOptions) -> None:
    """Show the picture and write the files that were asked for."""
    filters = [{"kind": "duration", "from": round(options.least * 1e6)}] if options.least else []
    try:
        profile = _with_wakers(profile, options)
    except PerfnbError as error:
        notice(error, "Here is who waited.")
    view = profile.flame(
        inverted=options.inverted,
        merge="function" if options.function else "cell",
        split_threads=options.threads,
        max_height=options.height,
        view=options.view,
        timeline=options.timeline,
        table="threads" if options.thread_table else options.table,
        filters=filters,
        color_by=options.color,
        source=options.source,
    )
    if not options.quiet:
        display(view)
    for path in options.output:
        try:
            if Path(path).suffix in (".html", ".htm", ".svg"):
                view.save(path)
            else:
                profile.write(path)
        except OSError as error:
            reason = error.strerror or str(error)
            notice(
                PerfnbError(
                    f"{path} was not written: {reason}",
                    'the profile is kept: `perfnb.last().write("…")` writes it elsewhere',
                )
            )


def _with_wakers(profile: Profile, options: FlameOptions) -> Profile:
    if options.wakers:
        return profile.wakers()
    return profile.offwake() if options.offwake else profile


def greet(shell: InteractiveShell) -> None:
    """Say in a notebook what to do, and let the page load BokehJS while there is no picture yet."""
    if not hasattr(shell, "kernel"):
        return
    from perfnb.views.output import preload_html

    text = (
        "perfnb: write %%flame above a cell, or %%offcpu for what it waits for; "
        "%%flame -h lists the options"
    )
    page = (
        "<div style='font-size:12px;opacity:.75'>perfnb: write <code>%%flame</code> above a cell, "
        "or <code>%%offcpu</code> for what it waits for; "
        f"<code>%%flame -h</code> lists the options</div>{preload_html()}"
    )
    display({"text/plain": text, "text/html": page}, raw=True)


def notice(error: PerfnbError, more: str = "") -> None:
    """Show an error of perfnb's as a message; the cell goes on."""
    said = f"{error.message.rstrip('.')}. {more}".strip()
    text = f"perfnb: {said}"
    if error.hint:
        text += f"\n  → {error.hint}"
    head = html.escape(said)
    hint = f"<br><span style='opacity:.8'>→ {html.escape(error.hint)}</span>" if error.hint else ""
    body = (
        "<div style='border-left:3px solid #d9822b;padding:4px 10px;margin:4px 0;"
        "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px'>"
        f"<b>perfnb</b> {head}{hint}</div>"
    )
    display({"text/plain": text, "text/html": body}, raw=True)
