"""Three parts of CPU time in `heavy`, one in `light`; a thread that only waits."""

import sys
import threading
import time


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(500))


def heavy(seconds):
    burn(3 * seconds)


def light(seconds):
    burn(seconds)


def wait(event):
    event.wait()


def main(seconds=0.2):
    event = threading.Event()
    thread = threading.Thread(target=wait, args=(event,))
    thread.start()
    kept = []
    for _ in range(4):
        heavy(seconds / 4)
        light(seconds / 4)
        kept.append(bytearray(1 << 22))
    event.set()
    thread.join()


if __name__ == "__main__":
    if "children" in sys.argv:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        child = context.Process(target=main, args=(0.08,))
        child.start()
        main(0.08)
        child.join()
    else:
        main(*map(float, sys.argv[1:]))
