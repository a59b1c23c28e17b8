"""Recording running programs. A backend is one module and one row here."""

from perfnb.registry import Entry, Registry

BACKENDS = Registry(
    "capture backend",
    (
        Entry("pyspy", "perfnb.capture.pyspy:PySpyBackend", "py-spy, from outside the interpreter"),
        Entry(
            "inprocess",
            "perfnb.capture.inprocess:InProcessBackend",
            "a thread of the interpreter; needs no permission, is biased by the GIL",
        ),
    ),
)
"""Of what runs, in order of preference."""

WAITS = Registry(
    "capture backend",
    (
        Entry(
            "bpftrace",
            "perfnb.capture.offcpu.backends:BpftraceBackend",
            "every wait, its kernel stack and who ended it; needs privileges",
        ),
        Entry(
            "perf",
            "perfnb.capture.offcpu.backends:PerfBackend",
            "every wait exactly, from perf's context switches",
        ),
        Entry(
            "proc",
            "perfnb.capture.offcpu.backends:ProcBackend",
            "waits as they are seen in /proc, a thousand times a second",
        ),
        Entry(
            "inprocess",
            "perfnb.capture.inprocess:InProcessBackend",
            "a thread of the interpreter; tells no reasons",
        ),
    ),
)
"""Of what waits, in order of preference."""


def backends(kind: str) -> Registry:
    """Return who can record a kind of `perfnb.capture.base.KINDS`."""
    return BACKENDS if kind == "cpu" else WAITS


def backend_names() -> tuple[str, ...]:
    """Return the names of all of them."""
    return tuple(dict.fromkeys((*BACKENDS.names(), *WAITS.names())))
