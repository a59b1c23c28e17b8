"""The shape of the house: layers, public names, what an import costs, one version."""

import importlib.metadata
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from bokeh.core.property.descriptors import PropertyDescriptor

import perfnb

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "perfnb" / "views" / "browser"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def run(*argv):
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tracked():
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("this is not a git checkout: there is no list of the project's own files")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_layers_import_to_the_right_only():
    checked = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 broken" in checked.stdout


def imports(path):
    pattern = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.M)
    return {name.partition(".")[0] for name in pattern.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("module", "folders"),
    [
        ("bokeh", {"views", "report"}),
        ("ipywidgets", {"views", "report"}),
        ("IPython", {"notebook", "__init__.py"}),
        ("subprocess", {"capture"}),
        ("tornado", {"server"}),
        ("jupyter_server", {"server"}),
    ],
)
def test_foreign_packages_stay_where_they_belong(module, folders):
    package = ROOT / "perfnb"
    found = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if "node_modules" not in path.parts and module in imports(path)
    }
    assert found <= folders


def test_public_names_are_all_there_and_no_others():
    script = (
        "import json, perfnb\n"
        "found = {name: getattr(perfnb, name).__module__ for name in perfnb.__all__}\n"
        "print(json.dumps([found, dir(perfnb)]))"
    )
    homes, names = json.loads(run(sys.executable, "-c", script).stdout)
    assert list(homes) == sorted(perfnb.__all__)
    assert {*names} == {*perfnb.__all__, "__version__"}
    assert all(home.startswith("perfnb") for home in homes.values())
    assert homes.keys() - {"last"} == perfnb._HOME.keys()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        perfnb.nothing  # noqa: B018


def test_public_names_have_documentation():
    for name in perfnb.__all__:
        assert inspect.getdoc(getattr(perfnb, name)), name


def test_importing_perfnb_imports_nothing_heavy():
    heavy = (
        "{'numpy', 'IPython', 'bokeh', 'polars', 'tornado', 'traitlets', 'asyncio', 'subprocess'}"
    )
    loaded = run(
        sys.executable, "-S", "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import perfnb\n"
        f"print(sorted({heavy} & {{*sys.modules}}), sum('perfnb' in m for m in sys.modules))",
    )  # fmt: skip
    assert (loaded.stdout, loaded.stderr) == ("[] 1\n", "")


def properties_in_typescript(name):
    """Return (kind, default) of each property as the model's TypeScript defines it."""
    text = (BROWSER / "src" / "models" / f"{name}.ts").read_text(encoding="utf-8")
    body = text[text.index("this.define<") :]
    body = body[: body.index("}))")]
    found = re.findall(r"^\s+(\w+): \[(\w+)(?:\((.*)\))?(?:, (.*))?\],$", body, re.M)
    assert found
    return {name: (kind, inside, default) for name, kind, inside, default in found}


def properties_in_python(model):
    own = {n for n in vars(model) if isinstance(vars(model)[n], PropertyDescriptor)}
    return {name: getattr(model, name).property for name in own - {"sizing_mode"}}


def test_the_models_have_the_same_properties_on_both_sides():
    from perfnb.views.models import FlameGraph, ProfileSource

    flame = properties_in_typescript("flame_graph")
    python, model = properties_in_python(FlameGraph), FlameGraph(source=ProfileSource(tables=b""))
    assert flame.keys() == python.keys()
    assert properties_in_typescript("profile_source").keys() == (
        properties_in_python(ProfileSource).keys()
    )
    for name, (kind, inside, default) in flame.items():
        if name == "source":
            continue
        assert type(python[name]).__name__ == {"Str": "String"}.get(kind, kind), name
        assert json.loads(default) == getattr(model, name), name
        if kind == "Enum":
            assert json.loads(f"[{inside}]") == list(python[name].allowed_values), name


def test_the_version_stands_in_one_place(tracked):
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:[a-z]+\d+)?", perfnb.__version__)
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "perfnb/__init__.py"
    assert json.loads((BROWSER / "package.json").read_text())["version"] == "0.0.0"
    stated = re.compile(rf"__version__ = |version\W{{1,5}}{re.escape(perfnb.__version__)}\b")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked
        if path.suffix in (".py", ".toml", ".ts", ".mjs", ".cfg")
        and stated.search(path.read_text(encoding="utf-8"))
    ]
    assert found == [
        "perfnb/__init__.py",
        *(["tests/architecture/test_package.py"] * (Path(__file__) in tracked)),
    ]


def test_the_installed_version_is_this_one():
    assert importlib.metadata.version("perfnb") == perfnb.__version__


def test_no_tracked_file_names_a_registry(tracked):
    # Written in parts: this file is tracked too.
    addresses = re.compile('registry[.]npmjs|pypi[.]org|files[.]pythonhosted|"resolved": ?"http')
    found = []
    for path in tracked:
        data = path.read_bytes()
        if b"\0" not in data and addresses.search(data.decode("utf-8", "replace")):
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []


def test_the_watcher_needs_the_standard_library_only():
    watcher = ROOT / "perfnb" / "capture" / "threadwatch.py"
    assert imports(watcher) <= sys.stdlib_module_names
    ended = subprocess.run(
        [sys.executable, "-I", "-S", watcher], input=b"", capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": "/nowhere"},
    )  # fmt: skip
    assert json.loads(ended.stdout.partition(b"\n")[0])["said"] == [""]
