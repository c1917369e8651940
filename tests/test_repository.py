"""What holds for the repository as a whole: its files, its notebooks, its layers, its two lists of requirements."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PACKAGE = ROOT / "gan_tutorial"
MODULES = {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in PACKAGE.rglob("*.py")}
del MODULES["__init__"]
LAYERS = [
    {"checks", "_process", "checksums", "old_names"},
    {"sampling", "distributions"},
    {"objectives", "penalties", "networks", "pictures", "metrics"},
    {"training", "files"},
    {"distributed"},
    {"observers", "checkpoints", "plots"},
    {"recipe", "chapters", "classifier"},
    {"pretrained", "options", "runs", "break_it_lab"},
    {"widgets", "experiments", "__main__"},
    {"exercises"},
]
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}


def test_the_top_level_holds_what_it_should():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this copy is not a git checkout")
    known = {
        *(".ci", ".github", "benchmarks", "data", "docs", "gan_tutorial", "notebooks", "tests"),
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "Makefile", "tutorial.py"),
        *("pyproject.toml", "constraints.txt", "environment.yml"),
        *(".gitattributes", ".gitignore", ".pre-commit-config.yaml"),
    }
    assert {line.split("/")[0] for line in listed.stdout.splitlines()} <= known


# Notebooks


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_small(self, path):
        assert path.stat().st_size <= 700_000

    def test_was_run_from_top_to_bottom(self, path):
        code = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
        assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
        assert any(cell["outputs"] for cell in code)

    def test_shows_no_error_that_it_does_not_announce(self, path):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if "raises-exception" not in cell["metadata"].get("tags", []):
                assert "error" not in [output["output_type"] for output in cell.get("outputs", [])], cell["id"]

    def test_names_its_kernel_and_no_machine(self, path):
        metadata = json.loads(path.read_text("utf-8"))["metadata"]
        assert metadata["kernelspec"]["name"] == "python3"
        assert set(metadata) == {"kernelspec", "language_info"}
        assert metadata["language_info"] == {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}


def test_links_within_the_repository_lead_somewhere():
    texts = {path: path.read_text("utf-8") for path in ROOT.glob("*.md")}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts[path] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    for path, text in texts.items():
        for target in re.findall(r"\]\(([^)#:]+)\)", text):  # with a colon it is an address on the web
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


# The package


def layer(name):
    """The height of a module; a folder's modules stand where the folder does."""
    return LAYER[name.partition("/")[0]]


@cache
def imports(path):
    """Full names of what a module imports, anywhere in it; relative names are resolved."""
    package, names = ".".join(path.relative_to(ROOT).parent.parts), []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            names += [f"{source}.{alias.name}" for alias in node.names]
    return names


def test_every_module_has_a_layer():
    assert {name.partition("/")[0] for name in MODULES} <= set(LAYER)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_strictly_downwards(name):
    inner = {parts[1] for parts in (full.split(".") for full in imports(MODULES[name])) if parts[0] == "gan_tutorial"}
    own = name.partition("/")[0]
    assert all(LAYER[other] < layer(name) for other in inner & set(LAYER) - {own}), inner


@pytest.mark.parametrize("name", MODULES)
def test_drawing_widgets_and_processes_stay_in_their_place(name):
    outer = {full.split(".")[0] for full in imports(MODULES[name])}
    assert name == "distributed" or not any(full.startswith("torch.distributed") for full in imports(MODULES[name]))
    assert "matplotlib" not in outer or name == "plots" or layer(name) > LAYER["plots"]
    assert not outer & {"ipywidgets", "anywidget"} or layer(name) == LAYER["widgets"]


# What is installed


def requirement(line):
    """'torch>=2.6,<2.14' or 'torch >=2.6,<2.14' -> ('torch', {'>=2.6', '<2.14'})"""
    name, bounds = re.fullmatch(r"([\w-]+) ?(.*)", line).groups()
    return name.lower(), set(filter(None, bounds.split(",")))


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def required(project):
    extras = project["optional-dependencies"]
    return dict(map(requirement, project["dependencies"] + extras["notebooks"] + extras["dev"]))


@pytest.mark.parametrize("folder", ["gan_tutorial", "tests", "benchmarks"])
def test_what_is_imported_is_required(folder, project, required):
    if folder == "gan_tutorial":
        lines = project["dependencies"] + project["optional-dependencies"]["notebooks"]
        required = dict(map(requirement, lines))
    other_names = {
        "PIL": "pillow",
        "lazy_loader": "lazy-loader",
        "skimage": "scikit-image",
        "yaml": "pyyaml",
        "sklearn": "scikit-learn",
    }
    used = {full.split(".")[0] for path in (ROOT / folder).rglob("*.py") for full in imports(path)}
    ours = {path.stem for name in ("benchmarks", "docs", "tests") for path in (ROOT / name).rglob("*.py")}
    used -= {"gan_tutorial", "tests", *sys.stdlib_module_names, *ours}
    assert {other_names.get(name, name.lower()) for name in used} <= set(required)


def test_conda_installs_what_pip_installs(project, required):
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = dict(requirement(line) for line in listed if isinstance(line, str))
    *through_pip, this = next(line["pip"] for line in listed if isinstance(line, dict))
    assert this == "--editable ."
    conda |= dict(requirement(line) for line in through_pip)
    assert "pip" in conda
    assert project["requires-python"] in conda.pop("python")
    conda["torch"] = conda.pop("pytorch")  # conda-forge's name for it
    assert {name: bounds for name, bounds in conda.items() if name != "pip"} == required


def test_the_pins_lie_within_the_bounds(required):
    from packaging.specifiers import SpecifierSet

    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.lower().split("==") for line in lines if not line.startswith("#"))
    assert pins["torch"] == "2.13.0"
    for name, bounds in required.items():
        assert pins[name] in SpecifierSet(",".join(bounds)), name


def test_the_version_stands_in_one_place(project):
    version = re.search(r'__version__ = "(.+)"', (PACKAGE / "__init__.py").read_text("utf-8"))[1]
    assert project["dynamic"] == ["version"] and "version" not in project
    assert version not in (ROOT / "pyproject.toml").read_text("utf-8")


# Continuous integration


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_both_continuous_integrations_lint_first_and_then_test(jobs):
    assert commands(jobs["lint"]) == ["python tutorial.py lint"]
    assert commands(jobs["test"]) == ["python tutorial.py test"] and jobs["test"]["needs"] == "lint"
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    ours = [line.replace("make", "python tutorial.py") for line in lines if line.startswith("make ")]
    assert ours == commands(jobs["lint"]) + commands(jobs["test"])


def test_the_pythons_that_are_named_are_tested_and_no_later_one_is_excluded(jobs, project):
    matrix = jobs["test"]["strategy"]["matrix"]
    named = re.search(r"tested with ([\d., and]+)\)", (ROOT / "README.md").read_text("utf-8"))[1]
    assert matrix["python"] == re.findall(r"3\.\d+", named)
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert {"system": "ubuntu-latest", "python": matrix["python"][0], "oldest": "1"} in matrix["include"]


# The data


@pytest.mark.parametrize("sums", sorted((ROOT / "data").rglob("SHA256SUMS")), ids=lambda path: path.parent.name)
def test_the_data_are_the_published_ones(sums):
    listed = dict(reversed(line.split()) for line in sums.read_text("utf-8").splitlines())
    assert {name.lstrip("*"): digest for name, digest in listed.items()} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sums.parent.glob("*.gz")
    }
