"""Thirty sleeps of 5 ms beside a thread that runs: recorded by perf as in provenance.json."""

import sys
import threading
import time

over = threading.Event()


def spin():
    while not over.is_set():
        pass


def naps():
    sys.stdin.readline()
    for _ in range(30):
        time.sleep(0.005)
    over.set()


print("ready", flush=True)
threads = [threading.Thread(target=one) for one in (spin, naps)]
for thread in threads:
    thread.start()
