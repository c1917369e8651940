"""An exercise, solved in JupyterLab: the verdict, the learner's function at work, and the record."""

import json
import re

import nbformat
from lab import ROOT, Notebook, chromium, lab

PROGRESS = "from gan_tutorial.exercises import Progress\nProgress()"


def test_a_solved_exercise_is_rewarded_and_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_TUTORIAL_EXERCISES", ".exercises.json")  # in tests there is none, unless it is named
    saved = nbformat.read(ROOT / "notebooks/01_the_min_max_game.ipynb", as_version=4)
    start = next(k for k, cell in enumerate(saved.cells) if "## Exercises" in cell.source)
    saved.cells = [*saved.cells[start:], nbformat.v4.new_code_cell(PROGRESS)]
    [exercise] = [k for k, cell in enumerate(saved.cells) if "best_discriminator.check" in cell.source]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(saved, tmp_path / "notebooks/00_start_here.ipynb")
    with lab(tmp_path) as address, chromium(tmp_path / "chromium") as context:
        notebook = Notebook(context, address)
        assert "Nothing here yet" in json.dumps(notebook.run_all()[exercise])
        solved = saved.cells[exercise].source.replace("= ...", "= 0.5")
        solved = solved.replace("return ...", "return share * p / (share * p + (1 - share) * q)")
        set_source = (
            "([k, source]) => jupyterapp.shell.currentWidget.content.widgets[k].model.sharedModel.setSource(source)"
        )
        notebook.page.evaluate(set_source, [exercise, solved])
        cells = notebook.run_all()
        output = notebook.output(exercise)
        assert re.match(r"Right\.\s.*you predicted 0\.5, it is 0\.9", output.inner_text())
        assert output.query_selector("img")
        assert json.loads((tmp_path / "notebooks/.exercises.json").read_text("utf-8")) == ["01.3"]
        assert "1 of " in json.dumps(cells[-1]) and "next: 01.4" in json.dumps(cells[-1])
        assert notebook.faults == []
        notebook.close()
