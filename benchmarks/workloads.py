"""Work whose amount is fixed: each function does `size` equal portions of it."""

from __future__ import annotations

from collections.abc import Callable


class Point:
    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def moved(self, dx: float, dy: float) -> Point:
        return Point(self.x + dx, self.y + dy)

    @property
    def norm(self) -> float:
        return self.x * self.x + self.y * self.y


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def calls(size: int) -> float:
    """Small functions, methods and attributes."""
    total = 0.0
    for _ in range(size):
        total += fib(10)
        point = Point(0.0, 1.0)
        for step in range(20):
            point = point.moved(step, 0.5)
            total += point.norm
    return total


def loops(size: int) -> int:
    """One function that loops over integers and a list."""
    table = list(range(64))
    total = 0
    for i in range(size):
        for j in range(64):
            value = (i * 31 + j) & 63
            table[value] = (table[value] + j) & 0xFFFF
            total += table[j]
    return total


def native(size: int) -> float:
    """NumPy's matrix product and sorting: long calls of compiled code."""
    import numpy as np

    values = np.random.default_rng(1).random((160, 160))
    total = 0.0
    for _ in range(size):
        product = values @ values
        total += float(np.sort(product, axis=None)[-1])
    return total


WORK: dict[str, Callable[[int], float]] = {"calls": calls, "loops": loops, "native": native}
