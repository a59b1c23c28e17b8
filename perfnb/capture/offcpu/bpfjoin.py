"""Puts together what the program of `bpfscript` told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.bpfread import Report
from perfnb.capture.offcpu.bpfscript import SEEDED, STATE_BITS, TID_BITS
from perfnb.capture.offcpu.kernelwaits import RUNNABLE, UNKNOWN, KernelWaits

# By the bit of `prev_state`, as sched_switch has told it since Linux 4.14; no bit of these is
# set for a task that could go on, whether it was preempted (0x100) or gave up its turn (0).
_LETTERS = "SDTtXZPI"

# A stack with one of these is that of a hardware interrupt, whatever it came upon: the entries of
# x86 (since 5.8, and before), arm64 and riscv. Software interrupts are not among them: those
# run at the end of a system call too, and are its doing.
_INTERRUPT = re.compile(
    r"asm_(?:sysvec_\w+|common_interrupt|exc_nmi)|\w*apic_timer_interrupt|common_interrupt"
    r"|ret_from_intr|(?:reschedule|call_function(?:_single)?)_interrupt|irq_work_interrupt"
    r"|el[01]t?h?(?:_64|_32)?_(?:irq|fiq|interrupt)\w*|gic_handle_irq|riscv_intc_irq|do_irq"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a thread that did not run was doing when it was looked at.

    Attributes
    ----------
    time : int
        CLOCK_MONOTONIC ns, of the end of the look.
    state : str
        The letter of its state.
    stack : tuple of str
        Kernel functions, innermost first; empty if it was not permitted to see them.
    pid, comm
        Its process, and its name.
    """

    time: int
    state: str
    stack: tuple[str, ...]
    pid: int = 0
    comm: str = ""


def assemble(
    report: Report,
    *,
    pid: int,
    offset: int,
    window: tuple[int, int],
    seen: Mapping[int, Seen],
    full: bool = False,
    cpu_s: float = 0.0,
) -> KernelWaits:
    """Put the report together.

    Parameters
    ----------
    report : Report
        What was read.
    pid : int
        The process of threads that nothing was told of.
    offset : int
        CLOCK_MONOTONIC minus the report's clock, ns.
    window : (int, int)
        When every probe was in place, and when the end was asked for: CLOCK_MONOTONIC ns.
    seen : mapping of int to Seen
        What threads did just after `window` began, of those that did not run.
    full, cpu_s
        As in `KernelWaits`.
    """
    out, wake, in_, thread, waker = report.events.T
    out, wake, in_ = (np.where(time > 0, time + offset, 0) for time in (out, wake, in_))
    start, end = window
    if full:
        end = min(end, int(in_.max(initial=start)))
    open_ = np.arange(len(out)) >= len(out) - report.open
    tid = (thread & ((1 << TID_BITS) - 1)).astype(np.int32)
    bits = (thread >> TID_BITS) & SEEDED
    seeded = bits == SEEDED
    stack = thread >> (TID_BITS + STATE_BITS)
    by, by_stack = waker & ((1 << TID_BITS) - 1), waker >> TID_BITS

    names = _Stacks(report.stacks)
    stack, by_stack = names.index(stack), names.index(by_stack)
    state = _letters()[bits]
    wake = np.where((wake > 0) & (wake < out), out, wake)

    # A thread that was not seen to come back: if woken it did, so it came back then or later.
    missed = (in_ == 0) & ~open_ & ~seeded
    in_ = np.where(missed, wake, in_)
    in_ = np.where(open_, end, in_)
    kept = in_ > 0
    # A thread that was looked at before its first switch: it may have been running all the time.
    idle = seeded & np.isin(tid, list(seen))
    kept &= ~(seeded & open_ & ~idle)
    for row in np.flatnonzero(kept & idle).tolist():
        look = seen[int(tid[row])]
        if look.time <= in_[row]:
            state[row], stack[row] = ord(look.state[0]), names.add(look.stack)

    # A wait that ended before the probe of wakings was in place has none: it was over then.
    begun, ended = ~seeded & (out >= start), ~open_ & (in_ <= end)
    kept &= (in_ > start) & (out < end)
    out, in_ = np.maximum(out, start), np.minimum(in_, end)
    blocked = state != RUNNABLE
    wake = np.where(blocked & (ended | (wake > 0)), np.clip(wake, out, None), 0)
    wake = np.where(wake <= end, wake, 0)
    known = (wake > 0) & (waker > 0)
    interrupt = known & (names.interrupt[by_stack] | (by == 0))
    by = np.where(known & ~interrupt, by, 0)
    by_stack = np.where(known, by_stack, -1)

    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((out[rows], tid[rows]))]
    same = np.append(tid[rows][1:] == tid[rows][:-1], False)
    over = same & (in_[rows] > np.append(out[rows][1:], 0))
    rows, overlapping = rows[~over], int(np.count_nonzero(over))
    pids = {one: look.pid for one, look in seen.items()} | report.pids
    comms = {one: look.comm for one, look in seen.items()} | report.comms
    return KernelWaits(
        _look_up(pids, tid[rows], pid), tid[rows], out[rows], wake[rows], in_[rows],
        state[rows], stack[rows].astype(np.int32), by[rows].astype(np.int32),
        _look_up(pids, by[rows], 0), by_stack[rows].astype(np.int32), interrupt[rows],
        begun[rows], ended[rows], comms, names.stacks,
        {one: time + offset for one, time in report.begun.items()},
        {one: time + offset for one, time in report.ended.items()},
        (start, end), report.lost + int(np.count_nonzero(missed)) + overlapping, full, cpu_s,
    )  # fmt: skip


def _letters() -> NDArray[np.uint8]:
    """Return the code of the letter for each value of the state's bits."""
    table = np.full(1 << STATE_BITS, RUNNABLE, dtype=np.uint8)
    for bit in reversed(range(len(_LETTERS))):
        table[np.arange(len(table)) >> bit & 1 == 1] = ord(_LETTERS[bit])
    table[SEEDED] = UNKNOWN
    return table


def _look_up(
    table: Mapping[int, int], keys: NDArray[np.integer], default: int
) -> NDArray[np.int32]:
    distinct, which = np.unique(keys, return_inverse=True)
    values = [table.get(key, default) for key in distinct.tolist()]
    return np.array(values, dtype=np.int32)[which] if len(which) else np.zeros(0, np.int32)


class _Stacks:
    """Stacks without their ids, each once."""

    def __init__(self, of: Mapping[int, tuple[str, ...]]) -> None:
        self._known: dict[tuple[str, ...], int] = {}
        self._of = {number: self.add(stack) for number, stack in of.items()}

    def add(self, stack: tuple[str, ...]) -> int:
        return self._known.setdefault(stack, len(self._known)) if stack else -1

    def index(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        distinct, which = np.unique(numbers, return_inverse=True)
        table = np.array([self._of.get(one, -1) for one in distinct.tolist()], dtype=np.int64)
        return table[which] if len(which) else which

    @property
    def stacks(self) -> tuple[tuple[str, ...], ...]:
        return tuple(self._known)

    @property
    def interrupt(self) -> NDArray[np.bool_]:
        """Whether each is that of an interrupt; one more at the end for −1."""
        found = [any(map(_INTERRUPT.fullmatch, stack)) for stack in self._known]
        return np.array([*found, False], dtype=bool)
