import pytest

from perfnb.capture.names import module_of
from perfnb.model.files import is_native
from perfnb.transform.paths import short_path


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("/usr/lib/python3.11/json/decoder.py", "json.decoder"),
        ("/usr/lib/python3.13t/json/__init__.py", "json"),
        ("/venv/lib/python3.12/site-packages/numpy/linalg/_linalg.py", "numpy.linalg._linalg"),
        ("/usr/lib/python3/dist-packages/yaml/__init__.py", "yaml"),
        ("/usr/lib/python3.11/lib-dynload/_json.so", "_json"),
        ("<frozen importlib._bootstrap>", "importlib._bootstrap"),
        ("<string>", ""),
        ("<stdin>", ""),
        ("", ""),
        ("/home/me/project/app/core.py", "app.core"),
        ("/somewhere/else/script.py", "script"),
        ("/usr/lib/x86_64-linux-gnu/libm.so.6", "libm"),
        ("/venv/lib/python3.11/site-packages/numpy/core/_mul.cpython-311-x86_64-linux-gnu.so",
         "_mul.cpython-311-x86_64-linux-gnu"),
        ("/usr/bin/python3.11", "python3.11"),
    ],
)  # fmt: skip
def test_modules_are_what_one_would_import(file, module):
    assert module_of(file, ("/home/me/project", "/home", "")) == module


@pytest.mark.parametrize(
    ("file", "native"),
    [
        *((name, True) for name in ("libm.so", "libm.so.6", "a.cpp", "a.c", "a.pyx", "/usr/bin/x")),
        *((name, False) for name in ("a.py", "<string>", "", "In [5]", "/home/so/a.py", "a.html")),
    ],
)  # fmt: skip
def test_compiled_code_is_told_by_its_file(file, native):
    assert is_native(file) is native


@pytest.mark.parametrize(
    ("file", "short"),
    [
        ("/venv/lib/python3.12/site-packages/numpy/core.py", "numpy/core.py"),
        ("/usr/lib/python3.11/json/decoder.py", "json/decoder.py"),
        ("/home/me/project/a.py", "a.py"),
        ("/home/me/projects/a.py", "~/projects/a.py"),
        ("/home/me/notes/a.py", "~/notes/a.py"),
        ("/home/meg/a.py", "/home/meg/a.py"),
        ("/opt/a.py", "/opt/a.py"),
        ("In [5]", "In [5]"),
        ("", ""),
    ],
)
def test_pictures_name_no_folder_of_their_authors(file, short):
    assert short_path(file, "/home/me/project", "/home/me") == short
