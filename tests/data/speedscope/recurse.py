"""Calls that return, recurse and wait, for known times."""

import time


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def down(depth):
    if depth:
        down(depth - 1)
    else:
        spin(0.1)


def rest():
    time.sleep(0.1)


for _ in range(2):
    down(5)
    rest()
