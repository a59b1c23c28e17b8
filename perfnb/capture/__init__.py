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
"""In order of preference."""
