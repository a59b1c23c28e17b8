"""Two threads: main spends two thirds in `heavy`, a third in `light`; worker all in `side`."""

import threading
import time


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def heavy():
    spin(0.6)


def light():
    spin(0.3)


def side():
    spin(0.9)


def main():
    worker = threading.Thread(target=side, name="worker")
    worker.start()
    heavy()
    light()
    worker.join()


main()
