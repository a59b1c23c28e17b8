"""Watches what the threads of sampled processes do; run as a script of its own.

Reads py-spy's log on standard input. py-spy stops a process, reads its stacks and
lets it go; the log line of the letting go is the signal to read the state and the
CPU time of each of its threads from /proc. So the state belongs to the same instant
as the stack, and needs neither the GIL of the watched interpreter nor a privilege.

At the end of its input it writes to standard output: a line of JSON that names the
columns, then the columns. It imports nothing but the standard library, and not
perfnb: it has to start in milliseconds.
"""

import array
import datetime
import json
import os
import re
import sys
import time

TICK = re.compile(rb"^\[(\S+)Z \S+ +[\w:]+\] (at|de)tached \w+ thread (\d+)", re.M)
MISSED = re.compile(rb"^\[\S+ WARN +py_spy\] Failed to get stack trace from (\d+)")
OBSERVATION = (
    ("time", "q"),
    ("pid", "i"),
    ("tid", "i"),
    ("state", "B"),
    ("run", "q"),
    ("batch", "i"),
)
TICKS = (("pid", "i"), ("stopped", "q"), ("released", "q"), ("batch", "i"), ("missed", "B"))


class Columns:
    """Typed columns that grow together."""

    def __init__(self, layout):
        self.layout = layout
        self.data = [array.array(code) for _, code in layout]

    def add(self, *values):
        for column, value in zip(self.data, values):
            column.append(value)

    def describe(self):
        return [[name, code, len(column)] for (name, code), column in zip(self.layout, self.data)]


class Processes:
    """The open /proc files of every thread that was seen."""

    def __init__(self):
        self.owner = {}
        self.files = {}

    def is_process(self, tid):
        """Whether a thread id is that of a process (its main thread)."""
        known = self.owner.get(tid)
        if known is None:
            # /proc/TID exists for every thread, and tells its process.
            try:
                with open(f"/proc/{tid}/status", "rb") as status:
                    known = b"\nTgid:\t%d\n" % tid in status.read()
            except OSError:
                return False
            self.owner[tid] = known
        return known

    def observe(self, pid, batch, out):
        """Append a row for each thread of `pid`."""
        try:
            tids = os.listdir(f"/proc/{pid}/task")
        except OSError:
            return
        for tid in tids:
            key = (pid, tid)
            files = self.files.get(key)
            try:
                if files is None:
                    folder = f"/proc/{pid}/task/{tid}"
                    files = self.files[key] = (
                        os.open(f"{folder}/stat", os.O_RDONLY | os.O_CLOEXEC),
                        os.open(f"{folder}/schedstat", os.O_RDONLY | os.O_CLOEXEC),
                    )
                stat = os.pread(files[0], 512, 0)
                run = os.pread(files[1], 64, 0)
            except OSError:
                for file in self.files.pop(key, None) or ():
                    os.close(file)
                continue
            # The command may hold spaces and brackets: the state follows the last bracket.
            state = stat[stat.rindex(b")") + 2]
            out.add(time.monotonic_ns(), pid, int(tid), state, int(run.split()[0]), batch)


class Stamps:
    """Log times, ``2026-11-22T13:38:36.500797965``, to nanoseconds since 1970."""

    def __init__(self):
        self.second = b""
        self.base = 0

    def parse(self, stamp):
        second, _, fraction = stamp.partition(b".")
        if second != self.second:
            self.second = second
            when = datetime.datetime.fromisoformat(second.decode() + "+00:00")
            self.base = int(when.timestamp()) * 1_000_000_000
        return self.base + int(fraction.ljust(9, b"0")[:9] or 0)


def main():
    stamps, processes = Stamps(), Processes()
    ticks, seen = Columns(TICKS), Columns(OBSERVATION)
    stopped, last, rest, said, batch = {}, {}, b"", [], 0
    while True:
        chunk = os.read(0, 1 << 16)
        rest += chunk
        text, newline, rest = rest.rpartition(b"\n")
        released = {}
        for line in (text + newline).splitlines():
            match = TICK.match(line)
            if match is None:
                missed = MISSED.match(line)
                if missed and int(missed[1]) in last:
                    ticks.data[4][last[int(missed[1])]] = 1
                said.append(line.decode("utf-8", "replace"))
                continue
            stamp, verb, tid = match.groups()
            tid = int(tid)
            if not processes.is_process(tid):
                continue
            if verb == b"at":
                stopped[tid] = stamps.parse(stamp)
            elif tid in stopped:
                # Only the newest instant of what has piled up is observed now.
                released[tid] = last[tid] = len(ticks.data[0])
                ticks.add(tid, stopped.pop(tid), stamps.parse(stamp), -1, 0)
        for pid, row in released.items():
            processes.observe(pid, batch, seen)
            ticks.data[3][row] = batch
            batch += 1
        if not chunk:
            break
    said.append(rest.decode("utf-8", "replace"))
    head = {
        "ticks": ticks.describe(),
        "threads": seen.describe(),
        "said": said[-400:],
        "cpu_s": time.process_time(),
    }
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for column in ticks.data + seen.data:
        out.write(column.tobytes())
    out.flush()


if __name__ == "__main__":
    main()
