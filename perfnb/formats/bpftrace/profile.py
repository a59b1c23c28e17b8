"""The profile of one of bpftrace's maps.

The output does not name the keys. A word among them is taken for the ``comm``, and numbers
that follow it for the ``pid`` and ``tid``, as in ``@[kstack, ustack, comm, pid]``, which is
how most scripts have it; other keys are labels. A stack is the kernel's where its addresses
or its outermost functions are; the kernel's stands on top of the user's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfnb.formats.bpftrace.rows import Key, Row
from perfnb.formats.source import Source
from perfnb.model import Label, Metadata, Profile, ProfileBuilder, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

_ADDRESS = re.compile(r"[0-9a-f]{6,16}")
_OFFSET = re.compile(r"(.+)\+\d+", re.DOTALL)
_MOST_KEYS = 64
_NUMBER = re.compile(r"-?\d{1,18}")
_IN_KERNEL = re.compile(
    r"(?:0x)?ffff[0-9a-f]{12}\b.*|entry_SYSCALL_\w+|entry_SYSENTER_\w+|entry_INT80_\w+"
    r"|asm_(?:exc|sysvec|common|load)_\w+|do_syscall_64|x64_sys_call|__(?:x64|arm64|se)_sys_\w+"
    r"|el[01]t?_?(?:64|32)?_?(?:sync|irq|svc)\w*|ret_from_(?:fork|exception)\w*|kthread"
    r"|secondary_startup_64\w*|__secondary_switched|start_secondary|cpu_startup_entry|do_idle"
)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which keys are what."""

    user: list[int]
    kernel: list[int]
    comm: int
    ids: list[int]
    labels: list[int]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Columns:
        columns = [[row.keys[at] for row in rows] for at in range(len(rows[0].keys))]
        # Stacks that were nowhere found leave nothing behind.
        stacks = [at for at, keys in enumerate(columns) if any(map(_lines, keys)) or not any(keys)]
        kernel = [at for at in stacks if any(map(_in_kernel, columns[at]))]
        words = [
            at
            for at, keys in enumerate(columns)
            if at not in stacks and not all(_NUMBER.fullmatch(str(key)) for key in keys)
        ]
        comm = words[0] if words else len(columns)
        ids = []
        for at in range(comm + 1, min(comm + 3, len(columns))):
            if at in stacks or at in words:
                break
            ids.append(at)
        return cls(
            [at for at in stacks if at not in kernel],
            kernel,
            comm,
            ids,
            [at for at in range(len(columns)) if at not in stacks and at not in ids],
        )

    def thread(self, row: Row) -> tuple[int, int]:
        """Return pid and tid, 0 where there is none."""
        pid, tid, *_ = [*(int(str(row.keys[at])) for at in self.ids), 0, 0]
        return pid, tid


def make_profile(source: Source, name: str, rows: Sequence[Row]) -> Profile:
    """Return the profile of the map `name`.

    Raises
    ------
    MalformedProfile
        If its entries are not alike, or their values too large.
    """
    if len({len(row.keys) for row in rows}) > 1:
        raise source.malformed(f"map {name}", "its entries do not have equally many keys")
    if len(rows[0].keys) > _MOST_KEYS:
        raise source.malformed(f"map {name}", f"an entry of {len(rows[0].keys):,} keys")
    if sum(abs(row.weight or 0) + abs(row.count or 0) for row in rows) >= 2**63:
        raise source.malformed(f"map {name}", "values too large to be added up")
    columns = _Columns.of(rows)
    builder = ProfileBuilder(ValueType(name.removeprefix("@") or "count", "count"))
    comms: dict[tuple[int, int], dict[str, None]] = {}
    for row in rows if columns.ids else ():
        comms.setdefault(columns.thread(row), {})[str(row.keys[columns.comm])] = None
    # Threads of one process may have names of their own.
    several = any(len(found) > 1 for found in comms.values())
    labels = [at for at in columns.labels if several or not comms or at != columns.comm]
    frames: dict[tuple[str, bool], int] = {}
    for row in rows:
        stack = -1
        for at in (*columns.user, *columns.kernel):
            in_kernel = at in columns.kernel
            for line in reversed(_lines(row.keys[at])):
                key = line, in_kernel
                if key not in frames:
                    frames[key] = _frame(builder, line, in_kernel)
                stack = builder.push(stack, frames[key])
        thread = None
        if comms:
            pid, tid = columns.thread(row)
            thread = builder.thread(Thread(pid, tid, ", ".join(comms[pid, tid])))
        told = builder.labels(
            _label("comm" if at == columns.comm else f"key {at + 1}", str(row.keys[at]))
            for at in labels
        )
        builder.sample(stack, thread, row.weight or 0, label=told)
    profile = builder.build(Metadata(backend="bpftrace"))
    counts = [row.count for row in rows if row.count is not None]
    if len(counts) < len(rows):
        return profile
    return profile.with_samples(replace(profile.samples, count=frozen(counts, np.int64)))


def _lines(key: Key) -> list[str]:
    return key if isinstance(key, list) else []


def _name(line: str) -> str:
    return found[1] if (found := _OFFSET.fullmatch(line)) else line


def _in_kernel(key: Key) -> bool:
    return any(_IN_KERNEL.fullmatch(_name(line.strip())) for line in _lines(key))


def _frame(builder: ProfileBuilder, line: str, in_kernel: bool) -> int:
    name, module = line.strip(), ""
    address, _, rest = name.partition(" ")
    # perf's way: address, name, and the library but for the kernel's own.
    if rest and _ADDRESS.fullmatch(address):
        name = rest
        if rest.endswith(")"):
            name, _, module = rest[:-1].rpartition(" (")
    kind = "kernel" if in_kernel else "native"
    return builder.frame(
        _name(name or rest), module="" if module == "[unknown]" else module, kind=kind
    )


def _label(key: str, value: str) -> Label:
    return Label(key, int(value) if _NUMBER.fullmatch(value) else value)
