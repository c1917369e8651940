"""`import gan_tutorial as gt`: what it offers is there, and nothing is loaded before it is used."""

import subprocess
import sys
from pathlib import Path

import gan_tutorial as gt

CORE = ("objectives", "penalties", "networks", "training", "observers", "checkpoints", "metrics", "plots", "recipe")


def test_every_name_that_is_offered_is_there():
    assert all(getattr(gt, name) is not None for name in gt.__all__)
    assert set(gt.__all__) == set(dir(gt))
    assert {"Recipe", "train", "load_generator", "show_images", "Playground", "chapters"} <= set(gt.__all__)
    assert gt.chapters.theory.jsd is not None


def test_nothing_is_loaded_before_it_is_used():
    code = "import sys, gan_tutorial as gt; print({'torch', 'matplotlib', 'ipywidgets', 'numpy'} & set(sys.modules));"
    code += "gt.Recipe; gt.train; print({'matplotlib', 'ipywidgets'} & set(sys.modules))"
    root = Path(gt.__file__).parents[1]
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=root).split() == ["set()", "set()"]


def test_the_core_is_read_in_one_sitting():
    root = Path(gt.__file__).parent
    assert sum(len((root / f"{name}.py").read_text("utf-8").splitlines()) for name in CORE) <= 1400
