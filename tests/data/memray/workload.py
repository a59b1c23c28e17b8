"""Memory with known answers: 8 MiB kept, 4 MiB leaked by a thread, 16 MiB at the peak."""

import mmap
import threading

KIB = 1024
kept = []


def keep(size):
    kept.append(mmap.mmap(-1, size))


def peak(size):
    with mmap.mmap(-1, size):
        pass


def worker():
    keep(4096 * KIB)


def main():
    keep(8192 * KIB)
    peak(16384 * KIB)
    thread = threading.Thread(target=worker, name="worker")
    thread.start()
    thread.join()
    for _ in range(100):
        bytearray(3000)


main()
