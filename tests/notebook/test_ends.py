"""Cells that raise or are interrupted: their own traceback, and the profile so far."""

from __future__ import annotations

import pytest
from helpers.kernels import kernel


@pytest.fixture
def fresh(tmp_path):
    with kernel(tmp_path) as running:
        running.run("from helpers.workloads import *")
        yield running


def usable(kernel) -> bool:
    cell = kernel.run("%%flame -r 200\nburn(0.1)\n6 * 7")
    return cell.ok and cell.result == "42" and len(cell.pictures) == 1


@pytest.mark.parametrize("backend", ["pyspy", "inprocess"])
def test_a_cell_that_raises(any_kernel, backend):
    cell = any_kernel.run(f"%%flame -r 200 --backend {backend}\nburn(0.2)\n1 / 0\nprint('never')")
    assert cell.error == ("ZeroDivisionError", "division by zero")
    assert "----> 3 1 / 0" in cell.traceback
    assert "perfnb" not in cell.traceback
    assert len(cell.pictures) == 1
    assert not cell.notices
    assert any_kernel.last()["shares"]["burn"] > 0.8
    assert usable(any_kernel)


@pytest.mark.parametrize("backend", ["pyspy", "inprocess"])
def test_a_cell_that_is_interrupted(any_kernel, backend):
    code = f"%%flame -r 200 --backend {backend}\nburn(0.2)\nprint('spinning')\nwhile True: burn(1)"
    sent = any_kernel.start(code)
    any_kernel.wait(sent, until="spinning")
    any_kernel.interrupt()
    cell = any_kernel.wait(sent)
    assert cell.error[0] == "KeyboardInterrupt"
    assert len(cell.pictures) == 1
    assert any_kernel.last()["shares"]["burn"] > 0.8
    assert usable(any_kernel)


def test_an_await_that_is_interrupted(any_kernel):
    code = "%%flame -i -r 200\nprint('waiting')\nburn(0.2)\nawait asyncio.sleep(100)"
    sent = any_kernel.start(code)
    any_kernel.wait(sent, until="waiting")
    any_kernel.interrupt()
    cell = any_kernel.wait(sent)
    assert cell.error[0] in ("KeyboardInterrupt", "CancelledError")
    assert len(cell.pictures) == 1
    assert usable(any_kernel)


def test_statement_that_raises(fresh):
    cell = fresh.run("%flame -r 200 burn(0.1); 1 / 0")
    assert cell.error == ("ZeroDivisionError", "division by zero")
    assert len(cell.pictures) == 1
    assert usable(fresh)


def test_statement_has_a_value(fresh):
    cell = fresh.run("%flame -r 200 burn(0.1) or 6 * 7")
    assert cell.result == "42"
    assert len(cell.pictures) == 1
    assert fresh.run("x = 3\n%flame -q -r 1000 x = 6\nx").result == "6"


def test_cells_that_tasks_outlive(fresh):
    cell = fresh.run(
        "%%flame -r 200\nasync def later():\n    burn(0.1)\n\n\n"
        "task = asyncio.create_task(later())\nburn(0.1)\nawait asyncio.sleep(0)"
    )
    assert cell.ok and len(cell.pictures) == 1
    assert fresh.run("await task\nprint('ended')").stdout == "ended\n"
    assert usable(fresh)


def test_two_threads_of_execution_of_one_shell(fresh):
    cell = fresh.run(
        "%%flame -r 200\nimport threading\n"
        "thread = threading.Thread(target=get_ipython().run_cell, args=('burn(0.05)',))\n"
        "thread.start()\nburn(0.2)\nthread.join()"
    )
    assert cell.ok and len(cell.pictures) == 1


def test_kernels_hold_nothing_afterwards(any_kernel):
    count = (
        "[len(__import__('os').listdir('/proc/self/' + kind)) for kind in ('fd', 'task')]"
        " + [len(__import__('psutil').Process().children())]"
    )
    counts = []
    # What the kernel itself opens at first use and keeps is open after the first round.
    for _ in range(3):
        for backend in ("pyspy", "inprocess"):
            for ending in ("", "1 / 0", "raise SystemExit", "raise KeyboardInterrupt"):
                any_kernel.run(f"%%flame -r 1000 --backend {backend}\nburn(0.02)\n{ending}")
        counts.append(any_kernel.value(count))
    assert counts[2] == counts[1]
