"""A parent that waits in `main` while two child processes spin in `child`."""

import subprocess
import sys

WORK = """
import time
def child():
    end = time.perf_counter() + 0.8
    while time.perf_counter() < end:
        pass
child()
"""


def main():
    children = [subprocess.Popen([sys.executable, "-c", WORK]) for _ in range(2)]
    for one in children:
        one.wait()


main()
