"""Recursion of both kinds, and a helper that one caller uses three times as long as the other."""


def spin(n):
    total = 0
    for i in range(n):
        total += i * i
    return total


def helper(n):
    return spin(n)


def often():
    for _ in range(3):
        helper(20000)


def once():
    helper(20000)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def even(n):
    spin(500)
    return n == 0 or odd(n - 1)


def odd(n):
    spin(100)
    return n != 0 and even(n - 1)


class Point:
    def __init__(self, x):
        self.x = x


class Line:
    def __init__(self, n):
        self.points = [Point(i) for i in range(n)]


def main():
    often()
    once()
    fib(12)
    even(20)
    odd(7)
    Line(50)
    sorted([3, 1, 2], key=lambda x: -x)
    max(len("abc"), 2)


main()
