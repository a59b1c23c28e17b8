"""Making frames recognisable: ``In [5]:12 train``, and nothing of the machinery around the cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from perfnb.capture.offcpu.shares import HELD
from perfnb.model import KINDS, Frames, Functions, Profile, Stacks, Tables
from perfnb.model.calltree import CELL_FILE
from perfnb.model.tables import frozen
from perfnb.transform.frames import Identity, rename
from perfnb.transform.trim import trim

_MACHINERY = re.compile(
    r"^(ipykernel|ipykernel_launcher|IPython|traitlets|tornado|zmq|jupyter_client|jupyter_core"
    r"|asyncio|selectors|runpy|threading|comm|debugpy|nest_asyncio|anyio|perfnb|_pydev.*|pydev.*)"
    r"(\.|$)"
)
_LAUNCHER = re.compile(
    r"(/ipykernel_launcher\.py|/ipykernel/__main__\.py|/bin/(ipython|jupyter).*)$"
)
_RUNNERS = ("InteractiveShell.run_cell_magic", "InteractiveShell.run_line_magic")
_AFTERWARDS = ("InteractiveShell.showtraceback", "InteractiveShell.showsyntaxerror")
# Compiled code, and what is waited for: where these begin a stack it is nobody's.
_NOT_CODE = tuple(map(KINDS.index, ("native", "kernel", "wait")))
_NOBODYS = (*_NOT_CODE, KINDS.index("synthetic"))
_OURS = re.compile(r"^perfnb\.(notebook|capture)(\.|$)")
EVENT_LOOP = "[event loop]"


def name_cells(profile: Profile, cells: Mapping[str, int]) -> Profile:
    """Give functions defined in cells the file ``In [n]``.

    Parameters
    ----------
    profile : Profile
        With the files that the kernel compiles cells under.
    cells : mapping
        From such a file to the cell's number.
    """

    def change(function: Identity) -> Identity:
        name, file, _module, kind = function
        number = cells.get(file)
        if number is None:
            return function
        # IPython once called the code of a cell this way.
        if name.startswith("<cell line"):
            name = "<module>"
        return name, f"{CELL_FILE}{number}]", "__main__", kind

    return rename(profile, change)


def without_machinery(profile: Profile, thread: int) -> Profile:
    """Cut away the frames and threads of IPython, ipykernel and perfnb.

    Parameters
    ----------
    profile : Profile
        With cells named.
    thread : int
        Native id of the thread that ran the cell: when it waits in the event loop for
        an ``await``, that is part of the cell.
    """
    functions = profile.tables.functions
    ours = np.array([bool(_OURS.match(module)) for module in functions.module], dtype=bool)
    cell = np.array([file.startswith(CELL_FILE) for file in functions.file], dtype=bool)
    machinery = np.array(
        [
            bool(_MACHINERY.match(module) or _LAUNCHER.search(file))
            or kind in _NOT_CODE
            or name == HELD
            for name, module, file, kind in zip(
                functions.name,
                functions.module,
                functions.file,
                functions.kind.tolist(),
                strict=True,
            )
        ],
        dtype=bool,
    )
    # What IPython does about an exception comes after the cell.
    border = ours | np.isin(functions.name, _AFTERWARDS)
    runner = np.isin(functions.name, _RUNNERS)
    loop = _in_event_loop(profile, thread)
    trimmed, empty = trim(profile, cell, machinery, border, runner)
    # `trim` keeps the order of samples, and drops none.
    waits = loop & empty
    keep = (~empty) | waits
    if "offcpu" in profile.metadata.extra:
        keep &= _somebodys(trimmed, empty, thread)
    if waits.any():
        trimmed = _under(trimmed, waits, EVENT_LOOP)
    return trimmed.with_samples(trimmed.samples.take(keep))


def _somebodys(profile: Profile, empty: np.ndarray, thread: int) -> np.ndarray:
    """Return which samples are of the cell's thread, or of one that ever ran code of interest.

    Of others only such samples are left that nobody knows the stack of.
    """
    tables, samples = profile.tables, profile.samples
    known = ~np.isin(tables.functions.kind[tables.frames.function[tables.stacks.frame]], _NOBODYS)
    # A stack is somebody's if any of its frames is: parents come before their children.
    for row, parent in enumerate(tables.stacks.parent.tolist()):
        if parent >= 0 and known[parent]:
            known[row] = True
    seen = np.append(known, False)[samples.stack] & ~empty
    somebody = np.array([one.tid == thread for one in profile.threads], dtype=bool)
    somebody[samples.thread[seen]] = True
    return np.asarray(somebody[samples.thread])


def _in_event_loop(profile: Profile, thread: int) -> np.ndarray:
    """Return which samples of a thread are of an event loop with nothing to run."""
    tables, samples = profile.tables, profile.samples
    rows = [i for i, t in enumerate(profile.threads) if t.tid == thread]
    modules = tables.functions.module
    loop = np.array(
        [module in ("selectors", "asyncio.selector_events") for module in modules], dtype=bool
    )
    leaf = tables.frames.function[tables.stacks.frame[_above_waits(tables)]]
    # The empty stack, −1, is the last row.
    here: np.ndarray = np.isin(samples.thread, rows) & np.append(loop[leaf], False)[samples.stack]
    return here


def _above_waits(tables: Tables) -> np.ndarray:
    """Return for each stack the row of its innermost frame that is code, or its own row."""
    stacks = tables.stacks
    wait = tables.functions.kind[tables.frames.function[stacks.frame]] == KINDS.index("wait")
    row = np.arange(len(stacks))
    for _ in range(_MOST_WAITS):
        row = np.where(wait[row] & (stacks.parent[row] >= 0), stacks.parent[row], row)
    return row


_MOST_WAITS = 3
"""Frames that tell one reason: what is waited for, who holds it."""


def _under(profile: Profile, rows: np.ndarray, name: str) -> Profile:
    """Return the profile with the stacks of some samples replaced by one synthetic frame."""
    tables = profile.tables
    f, frames, stacks = tables.functions, tables.frames, tables.stacks
    kind = np.append(f.kind, KINDS.index("synthetic"))
    stack = profile.samples.stack.copy()
    stack[rows] = len(stacks)
    return replace(
        profile,
        tables=replace(
            tables,
            functions=Functions(
                (*f.name, name), (*f.file, ""), (*f.module, ""), frozen(kind, np.uint8)
            ),
            frames=Frames(
                frozen(np.append(frames.function, len(f)), np.int32),
                frozen(np.append(frames.line, 0), np.int32),
            ),
            stacks=Stacks(
                frozen(np.append(stacks.parent, -1), np.int32),
                frozen(np.append(stacks.frame, len(frames)), np.int32),
            ),
        ),
        samples=replace(profile.samples, stack=frozen(stack, np.int32)),
    )
