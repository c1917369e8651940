"""The notebooks of a class are checked in one go, whatever is in them."""

import ast
from pathlib import Path

import nbformat

from gan_tutorial.exercises import collect

IMPORT = "from gan_tutorial.exercises import n01_min_max_game as exercise\n\nexercise.recall.ask()"
ANSWER = """def my_best_discriminator(p, q, share):
    return {}


exercise.best_discriminator.check(my_best_discriminator)"""


def notebook(path: Path, *cells: str) -> None:
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)


def test_each_learner_gets_the_verdicts(tmp_path, capsys):
    helper = "%time\ntime.sleep(1000)\ndef odds(p, q, share):\n    return share * p / ((1 - share) * q)"
    notebook(tmp_path / "anna/01.ipynb", helper, IMPORT, ANSWER.format("odds(p, q, share) / (1 + odds(p, q, share))"))
    notebook(tmp_path / "ben/01.ipynb", IMPORT, ANSWER.format("p / (p + q)"), "import nothing\n" + ANSWER.format("p"))
    notebook(tmp_path / "cleo/empty.ipynb", "print(1)")
    (tmp_path / "anna/.ipynb_checkpoints").mkdir()
    assert collect.main(str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert said.startswith("Running the code of 3 notebooks on this machine")
    assert "anna/01.ipynb: 1 of 1 right\n  01.3  Right." in said.replace("\\", "/")
    assert "  01.3  The cell stops with ModuleNotFoundError: No module named 'nothing'" in said
    assert "cleo" not in said
    assert not list(tmp_path.rglob(".exercises.json"))


def test_a_notebook_that_does_not_end_is_stopped(tmp_path, capsys):
    notebook(tmp_path / "01.ipynb", IMPORT, ANSWER.format("p"), "while True: pass\n" + ANSWER.format("p"))
    assert collect.main(str(tmp_path), seconds=15) == 0
    said = capsys.readouterr().out
    assert "stopped after 15 s" in said and "01.3  Not yet" in said


def test_a_notebook_that_is_none_is_said_to_be_so(tmp_path, capsys):
    (tmp_path / "broken.ipynb").write_text("{")
    assert collect.main(str(tmp_path)) == 0
    assert "broken.ipynb: 0 of 0 right; it ended with" in capsys.readouterr().out


def test_a_folder_without_notebooks_is_said_to_be_so(tmp_path, capsys):
    assert collect.main(str(tmp_path)) == 1
    assert "There is no notebook" in capsys.readouterr().out


def test_what_an_answer_may_build_on_is_run():
    assert ast.unparse(collect.needed("x = 1\n!ls\ndef f(): ...\nimport os")) == "def f():\n    ...\nimport os"
    assert ast.unparse(collect.needed("x = 1\nexercise.value.check(x)")) == "x = 1\nexercise.value.check(x)"
