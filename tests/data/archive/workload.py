"""Two threads: one works three parts in `heavy` and one in `light`, the other waits."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import perfnb


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def heavy():
    spin(0.3)


def light():
    spin(0.1)


def work():
    for _ in range(2):
        heavy()
        light()


def wait():
    done.wait()


if __name__ == "__main__":
    done = threading.Event()
    idle = threading.Thread(target=wait, name="waiter", daemon=True)
    idle.start()
    with perfnb.record(rate=200, idle=True) as rec:
        work()
    done.set()
    # The folders of the machine that made it are nobody's business.
    tables = rec.profile.tables
    functions = tables.functions
    files = tuple(Path(file).name for file in functions.file)
    tables = replace(tables, functions=replace(functions, file=files))
    replace(rec.profile, tables=tables).write("recorded.perfnb")
