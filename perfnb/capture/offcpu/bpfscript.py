"""The program for bpftrace that tells every interval in which a thread did not run.

It prints lines, each of one kind:

- five numbers, an interval that ended: when the thread was switched out, woken and switched in
  (0 for what did not happen or was missed), then `thread`, then `waker`;
- ``K id`` and a kernel stack under it, indented; ``C tid pid comm`` for each thread that is
  mentioned; ``N tid time`` and ``X tid time`` where one begins and ends;
- ``B time`` when it starts, and at the end the maps: `o` and `w` with what is still open, `id`
  and `c` with the stacks and threads once more, should the lines about them have been lost, and
  `sent`, how many intervals it told: the kernel tells of lines for which there was no room with
  the next that fits, so not of the last ones.

Stacks are numbered in the kernel, so that each is printed once and lines are short. Printing
is what costs most; the numbers are packed for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

DEPTH = 48
"""Kernel frames of a stack: the outermost of deeper ones, through file systems, are cut."""

TID_BITS, STATE_BITS = 22, 9
"""Of `thread`: stack id, state and tid from high to low; of `waker`: stack id and tid.

Linux has no tid above 2 ** 22, and no state that it tells above 0x100.
"""

SEEDED = (1 << STATE_BITS) - 1
"""The state of a thread that is looked at before the first switch of it was seen."""

MOST_SEEDS = 128
"""What one program can hold; further threads are known from their first switch on."""

MOST_KEYS = 1 << 16
"""Of threads that wait at one time, and of kernel stacks."""

_BUFFERS_BYTES = 128 << 20
_LEAST_BYTES, _MOST_BYTES = 1 << 20, 64 << 20
_PAGE = 4096

# A task that dies is switched out for good: EXIT_DEAD 0x10, EXIT_ZOMBIE 0x20.
_SCRIPT = """\
BEGIN {{ printf("B %llu\\n", nsecs); {seeds} }}
tracepoint:sched:sched_switch {{
  $now = nsecs;
  if ({mine}) {{
    $p = @o[tid];
    if ($p.0) {{
      // We did not see it come back: some threads of some kernels switch without telling.
      $v = @w[tid];
      printf("%llu %llu %llu %llu %llu\\n", $p.0, $v.0, (uint64)0, $p.1, $v.1);
      @sent = count();
      delete(@w[tid]);
    }}
    if (args->prev_state & 0x30) {{
      delete(@o[tid]);
      printf("X %d %llu\\n", tid, $now);
    }} else {{
      {stack}
      {comm}
      $s = (uint64)args->prev_state << {tid_bits};
      @o[tid] = ($now, ((uint64)$i << {high}) | $s | (uint64)tid);
    }}
  }}
  $o = @o[args->next_pid];
  if ($o.0) {{
    $w = @w[args->next_pid];
    printf("%llu %llu %llu %llu %llu\\n", $o.0, $w.0, $now, $o.1, $w.1);
    @sent = count();
    delete(@o[args->next_pid]);
    delete(@w[args->next_pid]);
  }}
}}
tracepoint:sched:sched_waking {{
  if (@o[args->pid].0 && !@w[args->pid].0) {{
    $now = nsecs;
    {stack}
    {comm}
    @w[args->pid] = ($now, ((uint64)$i << {tid_bits}) | (uint64)tid);
  }}
}}
tracepoint:task:task_newtask /({mine}) && (args->clone_flags & 0x10000)/ {{
  printf("N %d %llu\\n", args->pid, nsecs);
}}
tracepoint:sched:sched_process_exec {{ delete(@c[tid]); }}
"""

# Interrupts are off in both places, so nothing comes between on one CPU. Two CPUs may number
# the same stack at the same time: both numbers are printed then, and both are right.
_STACK = f"""$k = kstack({DEPTH});
      $i = @id[$k];
      if ($i == 0) {{
        @n[cpu] = @n[cpu] + 1;
        $i = @n[cpu] * 4096 + cpu;
        @id[$k] = $i;
        printf("K %llu%s\\n", $i, $k);
      }}"""

# As escaped bytes, for a name may have anything in it, line breaks too. The next program that
# a process executes has another.
_COMM = """if (@c[tid] != pid) {
        @c[tid] = pid;
        printf("C %d %d %r\\n", tid, pid, buf(comm, 16));
      }"""


def script(pids: Sequence[int], tids: Iterable[int]) -> str:
    """Return the program.

    Parameters
    ----------
    pids : sequence of int
        The processes.
    tids : iterable of int
        Their threads, as far as they are there already.
    """
    mine = " || ".join(f"pid == {int(pid)}" for pid in pids)
    seeds = " ".join(
        f"@o[{int(tid)}] = (nsecs, (uint64){(SEEDED << TID_BITS) | int(tid)});"
        for tid, _ in zip(tids, range(MOST_SEEDS), strict=False)
    )
    return _SCRIPT.format(
        mine=mine, seeds=seeds, stack=_STACK, comm=_COMM, tid_bits=TID_BITS,
        high=TID_BITS + STATE_BITS,
    )  # fmt: skip


def environment() -> dict[str, str]:
    """Return the variables that bpftrace takes its limits from."""
    share = _BUFFERS_BYTES // (os.cpu_count() or 1)
    share = max(_LEAST_BYTES, min(_MOST_BYTES, share))
    pages = 1 << ((share // _PAGE).bit_length() - 1)
    return {
        "BPFTRACE_PERF_RB_PAGES": str(pages),
        # The same limit, as it was called up to 0.19 and since.
        "BPFTRACE_MAP_KEYS_MAX": str(MOST_KEYS),
        "BPFTRACE_MAX_MAP_KEYS": str(MOST_KEYS),
        "BPFTRACE_NO_USER_SYMBOLS": "1",
        "__BPFTRACE_NOTIFY_PROBES_ATTACHED": "1",
        "LC_ALL": "C",
    }
