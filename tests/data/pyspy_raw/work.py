"""Two threads and a native extension call, for recording with py-spy and perf."""

import threading
import zlib


def squares(count):
    return sum(number * number for number in range(count))


def pack(data):
    return zlib.compress(data, 9)


def work(times):
    for _ in range(times):
        squares(20_000)


def main():
    other = threading.Thread(target=work, args=(150,), name="helper; one")
    other.start()
    data = bytes(range(256)) * 2_000
    for _ in range(30):
        pack(data)
        squares(20_000)
    other.join()


if __name__ == "__main__":
    main()
