"""Why a thread waited: from the kernel function it slept in, or from its kernel stack."""

import platform

import pytest

from perfnb.capture.offcpu.reasons import (
    CHILD,
    DISK,
    FAULT,
    GIL,
    LOCK,
    LOCK_OR_GIL,
    POLL,
    READ,
    SLEEP,
    TRACED,
    UNKNOWN,
    WRITE,
    interpreter_ranges,
    of_channel,
    of_stack,
)
from perfnb.model import STATES

GIL_AT = [(0x1000, 0x2000)]
X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of calls are x86's")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hrtimer_nanosleep 230", SLEEP),
        ("futex_do_wait 202 0x1500", GIL),
        ("futex_wait_queue 202 0x2000", LOCK),
        ("futex_wait_queue_me", LOCK_OR_GIL),
        ("poll_schedule_timeout.constprop.0 7", POLL),
        # How Python slept before 3.11: select() of nothing.
        ("poll_schedule_timeout.constprop.0 23 0x0", SLEEP),
        ("ep_poll 232", POLL),
        ("do_wait 61", CHILD),
        ("kernel_clone 58", CHILD),
        ("anon_pipe_read 0", "[pipe read]"),
        ("pipe_write 1", "[pipe write]"),
        ("unix_stream_read_generic 45", "[socket receive]"),
        ("wait_woken 45 socket", "[socket receive]"),
        ("wait_woken 0 /dev/pts/0", "[terminal]"),
        ("wait_woken", UNKNOWN),
        ("inet_csk_accept 288", "[socket accept]"),
        ("jbd2_log_wait_commit 74", WRITE),
        ("folio_wait_bit_common -1", FAULT),
        ("folio_wait_bit_common", DISK),
        ("ptrace_stop", TRACED),
        ("rpc_wait_bit_killable 0", "[network file]"),
        ("some_new_function 4711", "[some_new_function]"),
        ("<script> 4711", UNKNOWN),
    ],
)
def test_functions(text, reason):
    found = of_channel(text, GIL_AT)
    assert (found.name if isinstance(reason, str) else found) == reason


@X86
@pytest.mark.parametrize(
    ("number", "reason"), [(0, READ), (17, READ), (1, WRITE), (74, WRITE), (257, DISK)]
)
def test_a_disk_is_read_or_written_by_the_number_of_the_call(number, reason):
    assert of_channel(f"folio_wait_bit_common {number}", ()) == reason
    assert of_channel(f"io_schedule {number}", ()) == reason


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ("__schedule schedule do_nanosleep hrtimer_nanosleep do_syscall_64", SLEEP),
        ("__schedule schedule futex_do_wait __futex_wait do_futex", LOCK_OR_GIL),
        ("__schedule schedule schedule_hrtimeout_range ep_poll do_epoll_wait", POLL),
        ("__schedule io_schedule folio_wait_bit_common filemap_read vfs_read ksys_read", READ),
        ("__schedule io_schedule folio_wait_bit_common ext4_sync_file do_fsync", WRITE),
        ("__schedule io_schedule folio_wait_bit_common filemap_fault handle_mm_fault "
         "exc_page_fault", FAULT),
        ("__schedule schedule wait_woken sk_wait_data tcp_recvmsg sock_recvmsg",
         "[socket receive]"),
        ("__schedule schedule do_wait kernel_wait4", CHILD),
        ("__schedule schedule ptrace_stop get_signal", TRACED),
        ("__schedule schedule do_exit", UNKNOWN),
        ("", UNKNOWN),
    ],
)  # fmt: skip
def test_stacks(stack, reason):
    found = of_stack(stack.split())
    assert (found.name if isinstance(reason, str) else found) == reason


def test_every_reason_has_a_state_of_the_model():
    for reason in (SLEEP, LOCK, GIL, FAULT, UNKNOWN):
        assert reason.state in STATES
    assert GIL.state == "gil"


MAPS = """\
55d0c0a00000-55d0c0a01000 r--p 00000000 fe:00 1 /usr/bin/python3.11
55d0c0e00000-55d0c0e10000 rw-p 00400000 fe:00 1 /usr/bin/python3.11
55d0c0e10000-55d0c0e50000 rw-p 00000000 00:00 0
55d0c2000000-55d0c2100000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f1000000000-7f1000001000 rw-p 00000000 fe:00 2 /opt/lib/libpython3.12.so.1.0
7f1000001000-7f1000002000 rw-p 00000000 00:00 0
7f1000003000-7f1000004000 rw-p 00000000 fe:00 3 /opt/lib/libpython_helper.so
"""


def test_the_interpreters_own_variables_are_its_files_and_what_follows_them():
    ranges = interpreter_ranges(MAPS)

    def inside(at):
        return any(low <= at < high for low, high in ranges)

    assert inside(0x55D0C0E00010)
    assert inside(0x55D0C0E4FFFF)
    assert inside(0x7F1000001FFF)
    assert not inside(0x55D0C2000010)
    assert not inside(0x7F0000000010)
    assert not inside(0x7F1000003010)
    assert interpreter_ranges("") == []
    assert interpreter_ranges("nonsense\n") == []
