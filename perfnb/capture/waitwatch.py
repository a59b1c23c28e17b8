"""Watches what the threads of a process wait in; run as a script of its own.

``waitwatch PID MICROSECONDS`` looks at /proc again and again: a thread whose count of
time slices has not changed since the last look has been in one wait all the time, and only
when it has is it asked in what. It stops nothing, and needs neither the GIL of the watched
interpreter nor, for a process of one's own, a privilege.

At the end of its input it writes to standard output: a line of JSON that names the
columns, then the columns. It imports nothing but the standard library, and not perfnb: it
has to start in milliseconds.
"""

import array
import json
import os
import select
import sys
import time

# A thread was in one state from `first` to `last`: CPU time, time in a run queue and slices so
# far; `wait` is a position in `waits`, -1 where it was running.
QUIET = (
    ("tid", "i"),
    ("first", "q"),
    ("last", "q"),
    ("run", "q"),
    ("delay", "q"),
    ("slices", "q"),
    ("wait", "i"),
)
# At the beginning and the end of what was seen of a thread.
THREAD = (
    ("tid", "i"),
    ("time", "q"),
    ("run", "q"),
    ("delay", "q"),
    ("voluntary", "q"),
    ("involuntary", "q"),
)
LIST_NS = 5_000_000
# Threads that do nothing are looked at less often.
QUIET_LOOKS, RARELY = 64, 8
MOST_ROWS = 20_000_000


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


class Thread:
    """The open files of one thread, and what was seen of it last."""

    def __init__(self, pid, tid):
        self.pid, self.tid = pid, int(tid)
        self.files = []
        self.row = -1
        self.counts = None
        self.quiet = 0
        try:
            for name in ("schedstat", "wchan", "syscall", "status"):
                path = f"/proc/{pid}/task/{tid}/{name}"
                try:
                    self.files.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                except PermissionError:
                    self.files.append(-1)
        except OSError:
            self.close()
            raise

    def close(self):
        for file in self.files:
            if file >= 0:
                os.close(file)
        self.files = []

    def sched(self):
        return os.pread(self.files[0], 96, 0)

    def waits_in(self):
        """Return the kernel function it waits in and what else tells the reason.

        That is the number of the system call (-1 for a page fault) and, for a futex, its
        address; for `wait_woken`, which says nothing, what kind of file is waited for.
        """
        where = os.pread(self.files[1], 128, 0) if self.files[1] >= 0 else b"0"
        if self.files[2] < 0 or where in (b"", b"0"):
            return where
        try:
            call = os.pread(self.files[2], 256, 0).split(None, 2)
        except OSError:  # permitted to look, not to trace
            os.close(self.files[2])
            self.files[2] = -1
            return where
        if not call or call[0] == b"running":
            return where
        where += b" " + call[0]
        if len(call) > 1 and (b"futex" in where or (call[1] == b"0x0" and b"poll" in where)):
            where += b" " + call[1]
        elif where.startswith(b"wait_woken") and len(call) > 1:
            try:
                file = os.readlink(f"/proc/{self.pid}/fd/{int(call[1], 16)}")
            except (OSError, ValueError):
                return where
            where += b" " + file.partition(":")[0].encode("ascii", "replace")
        return where

    def counters(self):
        """Return its voluntary and involuntary switches, -1 where they are not told."""
        found = [-1, -1]
        for line in os.pread(self.files[3], 8192, 0).splitlines():
            if line.startswith(b"voluntary_ctxt_switches:"):
                found[0] = int(line.split()[1])
            elif line.startswith(b"nonvoluntary_ctxt_switches:"):
                found[1] = int(line.split()[1])
        return found


class Watch:
    """What is seen of one process."""

    def __init__(self, pid):
        self.pid = pid
        self.threads = {}
        self.quiet, self.ends = Columns(QUIET), Columns(THREAD)
        self.waits = {}
        self.listed = 0

    def list_threads(self):
        self.listed = time.monotonic_ns()
        try:
            tids = os.listdir(f"/proc/{self.pid}/task")
        except OSError:
            return
        for tid in tids:
            if tid not in self.threads:
                try:
                    thread = self.threads[tid] = Thread(self.pid, tid)
                    self.note(thread)
                except OSError:
                    self.drop(tid)

    def drop(self, tid):
        thread = self.threads.pop(tid, None)
        if thread is not None:
            thread.close()

    def note(self, thread):
        run, delay, _ = thread.sched().split()
        self.ends.add(thread.tid, time.monotonic_ns(), int(run), int(delay), *thread.counters())

    def look(self, number):
        if time.monotonic_ns() - self.listed > LIST_NS:
            self.list_threads()
        last = self.quiet.data[2]
        gone = []
        for tid, thread in self.threads.items():
            if thread.quiet > QUIET_LOOKS and number % RARELY:
                continue
            try:
                counts = thread.sched()
                now = time.monotonic_ns()
                if counts == thread.counts and thread.row >= 0:
                    last[thread.row] = now
                    thread.quiet += 1
                    continue
                where = thread.waits_in()
                again = thread.sched()
            except OSError:
                gone.append(tid)
                continue
            thread.quiet = 0
            thread.counts = again
            run, delay, slices = again.split()
            # Only what did not change meanwhile is known to be one wait.
            waiting = again == counts and where not in (b"", b"0")
            code = self.waits.setdefault(where, len(self.waits)) if waiting else -1
            thread.row = len(last) if waiting else -1
            if len(last) < MOST_ROWS:
                self.quiet.add(thread.tid, now, now, int(run), int(delay), int(slices), code)
            else:
                thread.row = -1
        for tid in gone:
            self.drop(tid)

    def finish(self):
        for thread in self.threads.values():
            try:
                self.note(thread)
            except OSError:
                continue


def main():
    pid, step = int(sys.argv[1]), int(sys.argv[2]) / 1e6
    watch = Watch(pid)
    watch.list_threads()
    sys.stdout.buffer.write(b"watching\n")
    sys.stdout.buffer.flush()
    number = 0
    due = time.monotonic()
    while True:
        due = max(due + step, time.monotonic())
        if select.select([0], [], [], max(0.0, due - time.monotonic()))[0]:
            break
        watch.look(number)
        number += 1
    watch.finish()
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            found = maps.read()
    except OSError:
        found = ""
    head = {
        "quiet": watch.quiet.describe(),
        "threads": watch.ends.describe(),
        "waits": [where.decode("ascii", "replace") for where in watch.waits],
        "maps": found,
        "looks": number,
        "full": len(watch.quiet.data[0]) >= MOST_ROWS,
        "cpu_s": time.process_time(),
    }
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    for column in watch.quiet.data + watch.ends.data:
        out.write(column.tobytes())
    out.flush()


if __name__ == "__main__":
    main()
