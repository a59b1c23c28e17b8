"""Why a thread waited, from the kernel function that it slept in or the whole kernel stack."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a thread did not run: the name of the leaf frame, and its state in `STATES`."""

    name: str
    state: str = "off-CPU"


SLEEP, POLL, CHILD = Reason("[sleep]"), Reason("[poll]"), Reason("[child process]")
LOCK, GIL, LOCK_OR_GIL = Reason("[lock]"), Reason("[GIL]", "gil"), Reason("[lock or GIL]")
FAULT, RUN_QUEUE = Reason("[page fault]"), Reason("[run queue]", "runnable")
DISK, READ, WRITE = Reason("[disk]"), Reason("[disk read]"), Reason("[disk write]")
UNKNOWN = Reason("[unknown wait]")
TRACED = Reason("[stopped by a debugger]")

# The innermost kernel functions, as Linux 4.4 to 6.18 calls them; the first that fits is taken.
_FUNCTIONS: Final = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"nanosleep|common_nsleep|timerfd_read|alarm_timer_nsleep|do_sys_pause|sys_pause", SLEEP),
        (r"futex", LOCK),
        (r"pipe_read|pipe_wait_readable|wait_for_partner", Reason("[pipe read]")),
        (r"pipe_write|pipe_wait_writable", Reason("[pipe write]")),
        (r"csk_accept|unix_accept|vsock_accept", Reason("[socket accept]")),
        (r"(inet|unix)_stream_connect|wait_for_connect", Reason("[socket connect]")),
        (r"recvmsg|skb_wait_for_more_packets|skb_recv|sk_wait_data|tcp_data_wait|stream_read_generic"
         r"|stream_data_wait|tcp_splice_read", Reason("[socket receive]")),
        (r"sendmsg|stream_wait_memory|alloc_send_pskb|sock_wait_for_wmem|unix_wait_for_peer",
         Reason("[socket send]")),
        (r"ep_poll|epoll_wait|do_select|do_sys_poll|do_poll|poll_schedule", POLL),
        (r"do_wait|kernel_wait|wait4|waitid|kernel_clone|vfork", CHILD),
        (r"flock|locks_lock|fcntl_setlk|posix_lock", Reason("[file lock]")),
        (r"sigtimedwait|sigsuspend|signalfd", Reason("[signal]")),
        (r"eventfd_read|inotify_read|fanotify_read", POLL),
        (r"tty_read|tty_write|hvc_", Reason("[terminal]")),
        (r"rpc_|nfs_|nfs4_|cifs_|smb2_|ceph_|request_wait_answer|fuse_", Reason("[network file]")),
        (r"wait_writeback|wait_on_page_writeback|log_wait_commit|balance_dirty|issue_flush|fsync"
         r"|writepages|sync_file|sync_dirty_buffer|sync_inode|generic_perform_write", WRITE),
        (r"userfault|swap_page|lock_page_or_retry|folio_lock_or_retry", FAULT),
        (r"wait_bit|folio_wait|wait_on_page|wait_on_buffer|bit_wait|io_schedule|dio_|direct_IO|submit_bio"
         r"|blk_|bio_|read_events|io_getevents|io_cqring_wait|filemap|squashfs|xfs_buf|ext4_|btrfs_",
         DISK),
        (r"ptrace_stop|ptrace_do_notify", TRACED),
        (r"do_signal_stop", Reason("[stopped by a signal]")),
        (r"rwsem|mutex_lock|down_read|down_write|percpu_", Reason("[kernel lock]")),
    )
)  # fmt: skip

_FAULT_ENTRY = re.compile(r"page_fault|handle_mm_fault|do_translation_fault|do_mem_abort")
_READING = re.compile(r"vfs_read|ksys_read|filemap_read|preadv|pread64|read_iter|readahead")
_WRITING = re.compile(r"vfs_write|ksys_write|vfs_fsync|do_fsync|pwritev|pwrite64|write_iter|msync")

# Which call waits for a disk, where only its number is known (asm/unistd.h).
_READS = {"x86_64": {0, 17, 19, 295, 327}, "aarch64": {63, 65, 67, 69, 286}}
_WRITES = {
    "x86_64": {1, 18, 20, 26, 74, 75, 162, 277, 296, 306, 328},
    "aarch64": {64, 66, 68, 70, 81, 82, 83, 84, 227, 267, 287},
}
_MACHINE = platform.machine()


def of_channel(text: str, gil: Sequence[tuple[int, int]]) -> Reason:
    """Return why a thread waits, from what `waitwatch` wrote down.

    Parameters
    ----------
    text : str
        The kernel function, and where they could be read the number of the system call (−1
        outside of any) and the futex's address, or what kind of file is waited for.
    gil : sequence of (int, int)
        Where in memory a futex is the interpreter's own; see `interpreter_ranges`.
    """
    function, *more = text.split()
    number = int(more[0]) if more and more[0].lstrip("-").isdecimal() else None
    detail = more[1] if len(more) > 1 else ""
    if function == "wait_woken":
        kinds = {"socket": "[socket receive]", "pipe": "[pipe read]"}
        tty = Reason("[terminal]") if detail.startswith("/dev/") else UNKNOWN
        return Reason(kinds[detail]) if detail in kinds else tty
    reason = _of_function(function)
    if reason == LOCK:
        if not detail:
            return LOCK_OR_GIL
        at = int(detail, 16)
        return GIL if any(low <= at < high for low, high in gil) else LOCK
    if reason == POLL and detail == "0x0":
        # No file is waited for: how `time.sleep` was done before Python 3.11.
        return SLEEP
    if number == -1 and reason in (None, DISK, FAULT):
        return FAULT
    if reason == DISK and number is not None:
        if number in _READS.get(_MACHINE, ()):
            return READ
        return WRITE if number in _WRITES.get(_MACHINE, ()) else DISK
    if reason is None:
        return Reason(f"[{function}]") if re.fullmatch(r"[\w.]+", function) else UNKNOWN
    return reason


def of_stack(functions: Sequence[str]) -> Reason:
    """Return why a thread waits, from its kernel stack, innermost function first."""
    whole = " ".join(functions)
    reason = next((found for name in functions if (found := _of_function(name))), None)
    if reason is None:
        return UNKNOWN
    if reason == LOCK:
        return LOCK_OR_GIL
    if reason in (DISK, FAULT):
        if _FAULT_ENTRY.search(whole):
            return FAULT
        return READ if _READING.search(whole) else WRITE if _WRITING.search(whole) else DISK
    return reason


def _of_function(name: str) -> Reason | None:
    return next((reason for pattern, reason in _FUNCTIONS if pattern.search(name)), None)


_INTERPRETER = re.compile(r"/(?:lib)?python\d[\w.]*$")


def interpreter_ranges(maps: str) -> list[tuple[int, int]]:
    """Return where the interpreter's own variables are, from the text of ``/proc/PID/maps``.

    Up to Python 3.13 the GIL is among them (``_PyRuntime``), while the locks that programs
    make are on the heap: so the address of a futex tells which of them is waited for.
    """
    found: list[tuple[int, int]] = []
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) < 5:
            continue
        low, _, high = fields[0].partition("-")
        start, end = int(low, 16), int(high, 16)
        path = fields[5].strip() if len(fields) > 5 else ""
        # Variables without a first value follow the file's own pages.
        if _INTERPRETER.search(path) or (not path and found and found[-1][1] == start):
            found.append((start, end))
    return found
