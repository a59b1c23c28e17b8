"""Two processes, each with a main thread that computes; the child also waits for a while."""

import subprocess
import sys
import time


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def parent():
    spin(0.3)


def child():
    spin(0.2)
    rest()


def rest():
    time.sleep(0.2)


if __name__ == "__main__":
    if "child" in sys.argv:
        child()
    else:
        other = subprocess.Popen([sys.executable, sys.argv[0], "child"])
        parent()
        other.wait()
