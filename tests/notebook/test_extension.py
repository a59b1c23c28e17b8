"""Loading, unloading, help and completion."""

from __future__ import annotations

import pytest
from helpers.kernels import kernel

HOOKS = (
    "[len(get_ipython().input_transformers_cleanup),"
    " len(get_ipython().events.callbacks['pre_execute']),"
    " len(get_ipython().events.callbacks['post_execute']),"
    " 'flame' in get_ipython().magics_manager.magics['cell']]"
)
CELL = "%%flame -q -r 200 --as seen\nburn(0.1)"


@pytest.fixture
def bare(tmp_path):
    with kernel(tmp_path, perfnb=False) as running:
        running.run("from helpers.workloads import *")
        yield running


def silent(cell) -> bool:
    return cell.ok and not (cell.stdout or cell.stderr)


def test_load_unload_and_again(bare):
    before = bare.value(HOOKS)
    assert silent(bare.run("%load_ext perfnb"))
    loaded = bare.value(HOOKS)
    assert loaded == [before[0] + 1, before[1] + 1, before[2] + 1, True]
    assert bare.run(CELL).ok
    assert silent(bare.run("%unload_ext perfnb"))
    assert bare.value(HOOKS) == before
    assert not bare.run(CELL).ok
    bare.run("%load_ext perfnb")
    assert bare.value(HOOKS) == loaded
    bare.run("del seen")
    assert bare.run(CELL).ok
    assert bare.run("seen").ok


def test_loading_twice_and_reloading_install_once(bare):
    bare.run("%load_ext perfnb")
    loaded = bare.value(HOOKS)
    assert "already loaded" in bare.run("%load_ext perfnb").stdout
    bare.run("import perfnb\nperfnb.load_ipython_extension(get_ipython())")
    assert bare.value(HOOKS) == loaded
    assert silent(bare.run("%reload_ext perfnb"))
    assert bare.value(HOOKS) == loaded
    cell = bare.run("%%flame -r 200\nburn(0.1)")
    assert cell.ok and len(cell.pictures) == 1


def test_loaded_in_a_cell_that_goes_on(bare):
    cell = bare.run("%load_ext perfnb\n%flame -q -r 200 burn(0.1)\n6 * 7")
    assert cell.ok and cell.result == "42"
    assert bare.last()["shares"]["burn"] > 0.7
    cell = bare.run("%%flame -r 200\nburn(0.1)\n6 * 7")
    assert cell.result == "42" and len(cell.pictures) == 1


def test_unloaded_while_recording(bare):
    bare.run("%load_ext perfnb")
    cell = bare.run("%%flame -r 200\nburn(0.1)\n%unload_ext perfnb\n6 * 7")
    assert cell.ok and cell.result == "42"
    assert not cell.pictures
    assert bare.value("len(__import__('psutil').Process().children())") == 0


def completions(kernel, code: str) -> list[str]:
    reply = kernel.client.complete(code, len(code), reply=True, timeout=60)["content"]
    return [code[: reply["cursor_start"]] + match for match in reply["matches"]]


@pytest.mark.parametrize("typed", ["%%flame --ba", "%flame --ba", "%%flame -r 200 --ba"])
def test_completion_of_an_option(any_kernel, typed):
    assert typed + "ckend" in completions(any_kernel, typed)


def test_completion_of_the_magic(any_kernel):
    assert "%%flame" in completions(any_kernel, "%%fla")


@pytest.mark.parametrize("typed", ["%%flame -h", "%%flame --help\nprint('ran')", "%flame -h"])
def test_help(any_kernel, typed):
    cell = any_kernel.run(typed)
    assert cell.ok
    for option in ("--rate HZ", "--native", "--gil", "--idle", "--output FILE", "--backend"):
        assert option in cell.stdout
    assert "ran" not in cell.stdout
    assert not cell.displays


def test_documentation(any_kernel):
    (page,) = any_kernel.run("%%flame?").reply["payload"]
    assert "flame graph" in page["data"]["text/plain"]
