"""A process that starts another of two threads; both work."""

import subprocess
import sys
import threading


def squares(count):
    return sum(number * number for number in range(count))


def child():
    threads = [threading.Thread(target=squares, args=(4_000_000,), name=f"twin {n}") for n in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def parent():
    other = subprocess.Popen([sys.executable, sys.argv[0], "child; of one"])
    squares(4_000_000)
    other.wait()


if __name__ == "__main__":
    child() if sys.argv[1:] else parent()
