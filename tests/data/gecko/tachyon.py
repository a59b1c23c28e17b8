"""Two threads for four seconds: square works three times as long as cube."""

import threading
import time


def spin(rounds):
    total = 0
    for i in range(rounds):
        total += i * i
    return total


def square():
    spin(30_000)


def cube():
    spin(10_000)


def work():
    until = time.monotonic() + 4
    while time.monotonic() < until:
        square()
        cube()


def main():
    worker = threading.Thread(target=time.sleep, args=(4.0,), name="sleeper")
    worker.start()
    work()
    worker.join()


main()
