"""Makes very many context switches, recorded or not; prints how long it took, as JSON.

``offcpu_worker.py VARIANT ROUNDTRIPS``: waits for a line on standard input before it begins.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from typing import Any

ALL = os.sched_getaffinity(0)
CPU = {min(ALL)}


def echo(receive: int, send: int) -> None:
    while data := os.read(receive, 1):
        os.write(send, data)


def ping(send: int, receive: int, roundtrips: int) -> None:
    for _ in range(roundtrips):
        os.write(send, b"x")
        os.read(receive, 1)


def main() -> None:
    variant, roundtrips = sys.argv[1], int(sys.argv[2])
    there, back = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, CPU)
        os.close(there[1])
        echo(there[0], back[1])
        os._exit(0)
    os.close(there[0])
    recording: Any = contextlib.nullcontext()
    if variant in ("perf", "bpftrace", "proc"):
        import perfnb

        recording = perfnb.record(variant, kind="offcpu")
    print("ready", flush=True)
    sys.stdin.readline()
    with recording as rec:
        # Both on one CPU: else it depends on how deeply the other one sleeps, which is
        # less if anything else runs. Only this thread, and not what records it.
        os.sched_setaffinity(0, CPU)
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = time.monotonic()
        ping(there[1], back[0], roundtrips)
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_SELF)
        os.sched_setaffinity(0, ALL)
    os.close(there[1])
    os.waitpid(child, 0)
    switches = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw
    found = {"wall_s": wall, "switches": switches}
    if rec is not None:
        metadata = rec.profile.metadata
        found |= {
            "lost": metadata.extra["offcpu"].get("lost", 0),
            "waits": len(rec.profile),
            "beside_s": metadata.profiler_cpu_s,
        }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
