"""What py-spy 0.4.3 really says when it fails, and what perfnb makes of it."""

import pytest

from perfnb.capture.pyspy import explain
from perfnb.errors import BackendUnavailable, PermissionRequired, TargetExited, ToolFailed

ARGV = ("/venv/bin/py-spy", "record", "--pid", "4711")


def explained(said, code=1):
    return explain(ARGV, code, said, "while attaching", 4711)


@pytest.mark.parametrize(
    "said",
    [
        "Permission Denied: Try running again with elevated permissions by going "
        "'sudo env \"PATH=$PATH\" !!'",
        "Error: Failed to suspend process\n\nCaused by:\n    EPERM: Operation not permitted",
    ],
)
def test_a_refused_permission_says_what_would_give_it(said):
    error = explained(said)
    assert isinstance(error, PermissionRequired)
    assert error.target == "process 4711"
    assert "SYS_PTRACE" in error.hint
    assert "ptrace_scope=0" in error.hint
    assert "--backend inprocess" in error.hint


@pytest.mark.parametrize(
    "said",
    [
        "Error: Failed to get process executable name. Check that the process is running.\n\n"
        "Caused by:\n    0: No such file or directory (os error 2)\n"
        "    1: No such file or directory (os error 2)",
        "Error: No such process (os error 3)",
        "Error: ESRCH: No such process",
    ],
)
def test_a_process_that_is_not_there_has_ended(said):
    error = explained(said)
    assert isinstance(error, TargetExited)
    assert error.pid == 4711


@pytest.mark.parametrize(
    "said",
    [
        "Error: Failed to find python version from target process",
        "Error: Unsupported version of Python: 3.99.0",
    ],
)
def test_an_interpreter_it_does_not_know_asks_for_a_newer_pyspy(said):
    error = explained(said)
    assert isinstance(error, BackendUnavailable)
    assert said in error.reason
    assert error.hint.startswith("upgrade py-spy")


def test_anything_else_is_told_as_it_was_said():
    error = explained("noise\nError: something new\nReason: of its own\nmore noise", code=-9)
    assert isinstance(error, ToolFailed)
    assert (error.argv[0], error.exit_code) == ("py-spy", -9)
    assert "killed by signal 9: while attaching: Error: something new; Reason: of its own" in (
        error.message
    )
    assert "noise" not in error.message


def test_silence_is_not_an_explanation():
    assert explained("", code=None).message == "py-spy did not end: while attaching"
