"""A cell under ``%%flame`` does what it does without."""

from __future__ import annotations

import re

import pytest
from helpers.kernels import PYTHONS, Cell, Kernel, kernel, python_for, without_colours

CELLS = {
    "expression": "6 * 7",
    "nothing shown": "6 * 7;",
    "assignment": "x = 5",
    "comment": "# nothing else",
    "blank lines": "\n\n6 * 7\n",
    "previous results": "_, __, ___",
    "print": "import sys\nprint('out', end='')\nprint('err', file=sys.stderr)",
    "display": "display({'a': 1}, 'b')\nfrom IPython.display import HTML\nHTML('<b>c</b>')",
    "display updated": "h = display(1, display_id='h')\nh.update(2)",
    "await": "import asyncio\nawait asyncio.sleep(0, 'slept')",
    "await raises": "import asyncio\nawait asyncio.wait_for(asyncio.sleep(9), 0.01)",
    "async comprehension": "async def ns():\n    yield 1\n\n[n async for n in ns()]",
    "async for": "async def ns():\n    yield 1\n\nasync for n in ns():\n    print(n)",
    "async generator expression": "g = (n async for n in ns())\nawait g.__anext__()",
    "generator expression": "k = 3\nlist(n * k for n in range(3))",
    "shell": "!echo hello; exit 3\n_exit_code",
    "shell to variable": "words = !echo a b\nwords",
    "line magic": "%alias_magic -l again time\n%precision 3\n3.14159",
    "line magic to variable": "got = %sx echo a\ngot",
    "time line": "%time sum(range(9))",
    "time cell": "%%time\nprint(1)\n2 + 2",
    "capture": "%%capture caught\nprint('caught')\n5",
    "captured": "print(caught.stdout, caught.outputs)",
    "time capture": "%%time\n%%capture caught\nprint('inner')",
    "capture time": "%%capture caught\n%%time\nprint('inner')",
    "capture raises": "%%capture caught\n1 / 0",
    "bash": "%%bash\necho from bash; exit 0",
    "html": "\n%%html\n<b>x</b>",
    "unknown magic": "%%no_such_magic\n5",
    "unknown line magic": "%no_such_magic",
    "string with magics": 'text = """\n%%time\n%flame\n!echo\n"""\ntext',
    "string first": '"""\n%%flame\n"""',
    "future": "from __future__ import annotations\ndef f(x: nowhere): ...\nf.__annotations__",
    "future in brackets": "from __future__ import (\n    annotations,\n)\n6 * 7",
    "future continued": "from __future__ import \\\n    annotations\n6 * 7",
    "future with comment": "from __future__ import annotations  # for f\n6 * 7",
    "future with semicolon": "from __future__ import annotations; y = 3;\ny",
    "future after a docstring": '"""Words.\n"""\nfrom __future__ import division\n6 * 7',
    "two futures": "from __future__ import division; from __future__ import annotations\n"
    "def f(x: nowhere): ...\nf.__annotations__",
    "future last": "# words\nfrom __future__ import division",
    "future in a string": 't = """\nfrom __future__ import division\n"""\nt',
    "future too late": "x = 1\nfrom __future__ import division",
    "docstring": "'''Words.'''\n__doc__",
    "indented": "    a = 1\n    if a:\n        a += 1\n    a",
    "indented by tab": "\ta = 1\n\ta",
    "indented after a comment": "    # words\n    a = 1\n    a",
    "indented raises": "    # words\n    1 / 0",
    "syntax error": "x = 1\ny = = 2",
    "syntax error in the first line": "y = = 2",
    "unclosed": "print((1, 2)",
    "bad indentation": "if x:\nx = 1",
    "return outside": "return 5",
    "raises": "def f(n):\n    return 1 / n\n\n\nprint('before')\nf(0)",
    "raises at once": "1 / 0",
    "raises with cause": "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError(1) from e",
    "raises a group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "system exit": "print(1)\nraise SystemExit(3)",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "stop": "raise StopIteration(3)",
    "shown by itself": "class E(Exception):\n    def _render_traceback_(self):\n"
    "        return ['mine']\n\nraise E",
    "warning": "import warnings\nwarnings.warn('careful')",
    "source": "import inspect\ndef g():\n    return 1\nprint(inspect.getsource(g))",
    "line number": "import sys\nsys._getframe().f_lineno, sys._getframe().f_code.co_name",
    "traceback text": "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
    "    traceback.print_exc()",
    "help": "len?",
    "help first": "?len",
    "source help": "inspect??",
    "autocall": "/len [1, 2]",
    "quoted call": ",print a b",
    "nested run": "r = get_ipython().run_cell('print(1)\\n2')\nr.result",
    "nested run fails": "r = get_ipython().run_cell('1/0')\nr.success",
    "silent run": "get_ipython().run_cell('3', silent=True).result",
    "globals": "sorted(n for n in globals() if not n.startswith('_'))",
    "set next input": "get_ipython().set_next_input('more')",
    "history": "%history -l 3",
    "names": "get_ipython = get_ipython\nprint = print\nexec = exec\nget_ipython().execution_count",
    "unicode": "größe = 'ß\U0001d54f'\ngröße",
    "carriage returns": "a = 1\r\na + 1\r\n",
    "form feed": "a = 1\n\x0ca + 2",
}

# The line of the recording goes to the mark.
INSIDE_OTHERS = {
    "time": "%%time\n{}print(1)\n2 + 2",
    "time raises": "%%time\n{}print(1)\n1 / 0",
    "time with blank lines": "%%time\n\n{}\n2 + 2",
    "capture": "%%capture caught\n{}print(1)\n2 + 2",
    "captured": "{}print(caught.stdout, caught.outputs[:1])",
    "capture raises": "%%capture caught\n{}1 / 0",
    "time capture": "%%time\n{}%%capture caught\nprint(1)\n2 + 2",
    "capture time": "%%capture caught\n{}%%time\nprint(1)\n2 + 2",
    "time over capture": "%%time\n%%capture caught\n{}print(1)\n2 + 2",
}

BUSY = "__import__('helpers.workloads').workloads.burn(0.1)"
BEGINNINGS = {
    "nothing": "",
    "future with comment": "from __future__ import annotations  # for f\n",
    "future with semicolon": "from __future__ import annotations;\n",
    "future in brackets": "from __future__ import (  # several\n    annotations,\n)  # of them\n",
    "future after a docstring": '"""from __future__ import x"""\nfrom __future__ import division\n',
    "await": "import asyncio\nawait asyncio.sleep(0.01)\n",
    "shell": "!true\n",
    "magic": "%pwd\n",
    "time": "%%time\n",
    "capture": "%%capture\n",
    "blank lines": "\n   \n\n",
}

REMEMBERED = "[repr(Out), get_ipython().history_manager.input_hist_raw[-1]]"


@pytest.fixture(scope="module", params=PYTHONS)
def pair(request, tmp_path_factory):
    """Two kernels that are given the same cells, one of them under ``%%flame``."""
    home, python = tmp_path_factory.mktemp, python_for(request.param)
    with kernel(home("plain"), python) as plain, kernel(home("flame"), python) as flame:
        yield plain, flame


def observed(cell: Cell) -> dict:
    """Return what a front end saw, less what differs from run to run."""
    outputs, streams = [], {"stdout": "", "stderr": ""}
    for output in cell.outputs:
        if output["type"] == "stream":
            streams[output["name"]] += settled(output["text"])
        elif not is_notice(output):
            seen = {key: value for key, value in output.items() if key != "transient"}
            if seen["type"] == "error":
                seen["evalue"] = settled(seen["evalue"])
                seen["traceback"] = [settled(line) for line in seen["traceback"]]
            outputs.append(seen)
    reply = {k: v for k, v in cell.reply.items() if k not in ("traceback", "engine_info")}
    reply["evalue"] = settled(reply.get("evalue", ""))
    for payload in reply.get("payload", ()):
        for mime, text in payload.get("data", {}).items():
            payload["data"][mime] = settled(text)
    return {"outputs": outputs, **streams, "reply": reply}


def is_notice(output: dict) -> bool:
    return output.get("data", {}).get("text/plain", "").startswith("perfnb: ")


def settled(text: str) -> str:
    """Take out times, addresses, process numbers, and the line that starts the recording."""
    text = without_colours(text)
    text = re.sub(r"^.*(run_line_magic\('flame'|%%flame|# plain).*$", "", text, flags=re.M)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"ipykernel_\d+/\d+\.py", "cell.py", text)
    text = re.sub(r"\(\d+\.py, line", "(cell.py, line", text)
    return re.sub(r"\d+(\.\d+)?(e\+\d+)? [µμnm]?s\b", "time", text)


def ran_alike(pair: tuple[Kernel, Kernel], plain: str, flame: str) -> None:
    cells = [kernel.run(code) for kernel, code in zip(pair, (plain, flame), strict=True)]
    assert observed(cells[1]) == observed(cells[0])
    results, typed = zip(*(kernel.value(REMEMBERED) for kernel in pair), strict=True)
    assert settled(results[1]) == settled(results[0])
    assert typed == (plain.rstrip("\n"), flame.rstrip("\n"))


@pytest.mark.parametrize("name", CELLS)
def test_below_flame(pair, name):
    body = CELLS[name]
    # A comment instead of the magic keeps the numbers of lines, but would hide a magic below it.
    indent = re.match(r"[ \t]*", body)[0]
    alone = body if body.lstrip("\n").startswith("%%") else f"{indent}# plain\n{body}"
    ran_alike(pair, alone, f"%%flame -q -r 1000\n{body}")


@pytest.mark.parametrize("name", INSIDE_OTHERS)
def test_inside_other_magics(pair, name):
    cell = INSIDE_OTHERS[name]
    plain = "" if "{}%%" in cell else "# plain\n"
    ran_alike(pair, cell.format(plain), cell.format("%%flame -q -r 1000\n"))


@pytest.mark.parametrize("name", BEGINNINGS)
def test_recorded_from_beginning_to_end(pair, name):
    _, flame = pair
    cell = flame.run(f"%%flame -r 200 --as seen\n{BEGINNINGS[name]}{BUSY}")
    assert cell.ok, cell.traceback
    assert [picture["text/plain"] for picture in cell.pictures]
    assert flame.last()["shares"]["burn"] > 0.5
    assert flame.value("seen is __import__('perfnb').last()")


def test_recording_below_other_magics_ends_with_them(pair):
    _, flame = pair
    for outer in ("%%time", "%%capture"):
        flame.run(f"{outer}\n%%flame -q -r 200 --as seen\n{BUSY}")
        assert flame.last()["shares"]["burn"] > 0.5
        assert flame.value("seen is __import__('perfnb').last()")
