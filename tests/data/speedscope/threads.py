"""Two threads that compute in turn in two functions, and one that waits."""

import threading
import time


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(50))


def left():
    spin(0.4)


def right():
    spin(0.2)


def work():
    left()
    right()


def wait(stop):
    stop.wait()


if __name__ == "__main__":
    stop = threading.Event()
    waiter = threading.Thread(target=wait, args=(stop,), name='waits; for "it" <b>')
    waiter.start()
    other = threading.Thread(target=work, name="other")
    other.start()
    work()
    other.join()
    stop.set()
    waiter.join()
