"""Waits of known kinds: twenty sleeps, lock hand-overs and answers through a pipe each.

``python waits.py OUTPUT`` records itself, and keeps what bpftrace printed.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from perfnb.capture.offcpu import bpftrace

ROUNDS = 20
ANSWERS = (
    "while (sysread(STDIN, $_, 1)) { select(undef, undef, undef, 0.001); syswrite(STDOUT, $_) }"
)


def waits() -> None:
    lock = threading.Semaphore(0)
    other = subprocess.Popen(["perl", "-e", ANSWERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def release() -> None:
        for _ in range(ROUNDS):
            time.sleep(0.002)
            lock.release()

    releasing = threading.Thread(target=release, name="releasing")
    releasing.start()
    for _ in range(ROUNDS):
        lock.acquire()
    releasing.join()
    for _ in range(ROUNDS):
        os.write(other.stdin.fileno(), b"x")
        os.read(other.stdout.fileno(), 1)
    other.stdin.close()
    other.wait()
    other.stdout.close()


recording = bpftrace.BpfWaits()
recording.start(os.getpid())
waits()
read = bpftrace.read
bpftrace.read = lambda output, said: (Path(sys.argv[1]).write_bytes(output), read(output, said))[1]
found = recording.stop()
print(len(found), found.lost, found.window, os.getpid())
