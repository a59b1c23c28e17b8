"""What is the user's own, and putting away what is not."""

import sysconfig
from pathlib import Path

import numpy as np
import pytest
from helpers.ascii import draw, rows, show
from helpers.strategies import profiles
from hypothesis import given

from perfnb.model import ProfileBuilder
from perfnb.transform.mine import mine
from perfnb.transform.paths import shorten_paths
from perfnb.units import ValueType

LIBRARY = sysconfig.get_paths()["stdlib"]


def of_file(file, kind="python"):
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.function("f", file, "", kind)
    return builder.build()


@pytest.mark.parametrize(
    ("file", "kind", "own"),
    [
        ("In [5]", "python", True),
        ("/home/me/app.py", "python", True),
        ("~/app.py", "python", True),
        ("app_of_mine.py", "python", True),
        ("app_of_mine/load.py", "python", True),
        ("/home/me/app.py", "native", False),
        ("/home/me/app.cpp", "python", False),
        ("/home/me/app.py", "wait", False),
        ("", "python", False),
        ("<string>", "python", False),
        ("<frozen importlib._bootstrap>", "python", False),
        (np.__file__, "python", False),
        (f"{LIBRARY}/json/decoder.py", "python", False),
        ("~/.venv/lib/python3.12/site-packages/pandas/core/frame.py", "python", False),
        # As pictures show them.
        ("json/decoder.py", "python", False),
        ("textwrap.py", "python", False),
        ("numpy/linalg/_linalg.py", "python", False),
        ("a\x00b.py", "python", True),
    ],
)
def test_what_is_mine(file, kind, own):
    assert mine(of_file(file, kind)).tolist() == [own]


def test_a_file_of_mine_may_be_named_as_a_library(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not mine(of_file("textwrap.py")).any()
    # Another folder: what was found of the first does not count here.
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("textwrap.py").touch()
    assert mine(of_file("textwrap.py")).all()


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("In [5]", True),
        ("/srv/app/load.py", True),
        ("/srv/application/load.py", False),
        ("/work/app/.venv/lib/python3.11/site-packages/numpy/core.py", False),
        ("/usr/lib/python3.11/site-packages/lib/fast.py", True),
        ("/usr/lib/python3.11/site-packages/other/fast.py", False),
    ],
)
def test_folders_of_mine(file, own):
    roots = "/srv/app", "/usr/lib/python3.11/site-packages/lib/"
    assert mine(of_file(file), *roots).tolist() == [own]


def test_folders_are_relative_to_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mine(of_file(f"{tmp_path}/app.py"), ".").all()
    assert mine(of_file("app_of_mine.py"), ".").all()
    assert not mine(of_file("numpy/core.py"), ".").any()
    assert not mine(of_file(f"{tmp_path.parent}/app.py"), ".").any()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mine(of_file("~/app.py"), "~").all()
    assert mine(of_file(f"{tmp_path}/app.py"), "~").all()


@given(profiles())
def test_pictures_shorten_files_and_they_stay_mine(profile):
    short = shorten_paths(profile)
    if len(short.tables.functions) == len(profile.tables.functions):
        np.testing.assert_array_equal(mine(short), mine(profile))


def test_runs_of_library_code_become_a_box():
    profile = draw("""
                <module> <In [5]:1>    <module> <In [5]:1>    run </x/site-packages/ipykernel/a.py>
                read <pandas/io.py>    read <pandas/io.py>    go <asyncio/b.py>
                parse <numpy/a.py>     memcpy (native)        <module> <In [5]:2>
                f <In [5]:7>
                save <pandas/io.py>
        weight: 1                      2                      4
    """)
    assert show(profile.only_my_code().call_tree("line")) == (
        "all 0/7\n"
        "  In [5]:1 0/3\n"
        "    [pandas] 2/3\n"
        "      In [5]:7 f 0/1\n"
        "        [pandas] 1/1\n"
        "  [/x/site-packages/ipykernel/a.py] 0/4\n"
        "    In [5]:2 4/4"
    )


def test_the_name_of_a_box_is_put_in_brackets_once():
    profile = draw("""
        [kernel] (kernel)    f <In [1]:1>          f <In [1]:1>
                             read <numpy/a.py>     memcpy <libc.so> (native)
    """)
    once = profile.only_my_code()
    picture = "all 0/3\n  [kernel] 1/1\n  In [1]:1 f 0/2\n    [libc.so] 1/1\n    [numpy] 1/1"
    assert show(once.call_tree()) == picture
    assert show(once.only_my_code().call_tree()) == picture
    rows = {(f["name"], f["module"], f["kind"]) for f in once.functions().iter_rows(named=True)}
    assert rows == {
        ("[kernel]", "", "kernel"),
        ("f", "", "python"),
        ("[numpy]", "numpy", "python"),
        ("[libc.so]", "", "native"),
    }


def test_what_was_waited_for_stays():
    profile = draw("""
                main <In [5]:1>      main <In [5]:1>     main <In [5]:1>
                sleep <time.py:3>    [lock] (wait)       read <io.py:9>
                [sleep] (wait)       held by x (wait)    [disk read] (wait)
    """).only_my_code()
    assert [[f.name for f in row.functions()] for row in rows(profile)] == [
        ["main", "[time]", "[sleep]"],
        ["main", "[lock]", "held by x"],
        ["main", "[io]", "[disk read]"],
    ]
    assert len(profile.where(reason=["sleep", "lock"])) == 2
