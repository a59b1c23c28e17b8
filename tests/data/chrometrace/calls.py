"""A known number of calls: eight of `leaf`, six of them through `middle`, one `recursive`."""


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


def middle(n):
    return leaf(n) + leaf(n)


def recursive(n):
    return leaf(20) if n == 0 else recursive(n - 1)


def main():
    for n in (100, 200, 300):
        middle(n)
    leaf(50)
    recursive(4)
    sorted([3, 1, 2], key=lambda x: -x)
    len("abc")


main()
