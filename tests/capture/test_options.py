"""What the options of a recording change, in real kernels."""

from __future__ import annotations

from helpers.kernels import Cell


def flame(kernel, body, options) -> tuple[Cell, dict]:
    cell = kernel.run(f"%%flame {options}\n{body}")
    assert cell.ok, cell.traceback
    assert not cell.notices
    return cell, kernel.last()


def test_native_frames_name_their_library(any_kernel):
    _, seen = flame(any_kernel, "compressing(0.5)", "-q -n -r 100")
    native = {(module, kind) for _, _, module, kind in seen["rows"] if kind == "native"}
    assert any("libz" in module or "zlib" in module for module, _ in native)
    assert seen["shares"]["compressing"] > 0.9


def test_gil_counts_only_who_holds_it(any_kernel):
    _, seen = flame(any_kernel, "hash_beside_burn(0.5)", "-q -g -r 150")
    assert seen["kind"] == "GIL"
    assert seen["shares"]["burn"] > 0.75
    assert seen["shares"].get("hashing", 0) < 0.25


def test_gil_has_no_times_and_says_so(any_kernel):
    cell, seen = flame(any_kernel, "burn(0.3)", "-g -r 150")
    assert seen["times"] is None
    assert seen["metadata"]["clock_error_ns"] is None
    assert "times: none" in cell.pictures[0]["text/plain"]


def test_subprocesses_show_with_their_pid(any_kernel):
    cell, seen = flame(any_kernel, "child_process(0.8)", "-q -s -r 100")
    by_pid = {}
    for thread in seen["threads"]:
        by_pid[thread["pid"]] = by_pid.get(thread["pid"], 0) + thread["share"]
    assert by_pid[int(cell.result)] > 0.5
    assert seen["shares"]["sixty"] > seen["shares"]["thirty"] > 0


def test_without_subprocesses_there_are_none(any_kernel):
    _, seen = flame(any_kernel, "child_process(0.1)\nburn(0.2)", "-q -r 100")
    assert {thread["pid"] for thread in seen["threads"]} == {any_kernel.pid}


def test_threads_get_towers(any_kernel):
    cell, _ = flame(any_kernel, "two_threads(0.5)", "-t -r 100")
    assert '"split_threads":true' in cell.pictures[0]["text/html"]
    tree = any_kernel.value("[t.label(i) for t in [perfnb.last().call_tree(split_threads=True)]"
                            " for i in range(len(t)) if t.thread[i] >= 0]")  # fmt: skip
    # py-spy keeps a thread nameless that it saw before Python had registered it.
    named = [label for label in tree if "one" in label]
    assert len(tree) >= 2 and len(named) >= 1


def test_functions_merge_lines_of_cells(any_kernel):
    body = "def here():\n    burn(0.1)\n    burn(0.1)\n\n\nhere()"
    merged, _ = flame(any_kernel, body, "-F -r 100")
    apart, _ = flame(any_kernel, body, "-r 100")
    assert '"merge":"function"' in merged.pictures[0]["text/html"]
    assert '"merge":"function"' not in apart.pictures[0]["text/html"]
    labels = "[t.label(i) for t in [perfnb.last().call_tree({!r})] for i in range(len(t))]"
    for merge, boxes in (("cell", 2), ("function", 1)):
        found = any_kernel.value(labels.format(merge))
        assert sum(label.endswith(" here") for label in found) == boxes
