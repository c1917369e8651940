"""A notebook that was run and saved, opened again without its kernel: its widgets are still seen."""

import json

import nbformat
import pytest
from lab import CHROMIUM, Notebook, chromium, lab

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium; on Debian or Ubuntu: sudo apt install chromium")

CELLS = {
    "panel": """\
import torch
from ipywidgets import FloatSlider
from gan_tutorial.plots import png, to_grid
from gan_tutorial.widgets import Eraser, Panel, Playground, Question, Sampler, Score, Trainer
Panel(lambda grey: png(to_grid(torch.full((4, 1, 28, 28), grey))), grey=FloatSlider(0.5))""",
    "sampler": """\
from gan_tutorial.pretrained import load_generator
G = load_generator()
Sampler(G, rows=2, columns=2)""",
    "eraser": "Eraser(G, torch.zeros(2, 1, 28, 28))",
    "playground": "Playground(width_D=8, width_G=8).advance(30)",
    "trainer": """\
from gan_tutorial.distributions import ring
from gan_tutorial.networks import MLPDiscriminator, MLPGenerator
from gan_tutorial.training import Players
Trainer(Players.create(MLPGenerator(), MLPDiscriminator()), ring())""",
    "question": """Question("Who moves first?", [("D", "yes"), ("G", "no")], 0, "D", Score())""",
}


def test_a_notebook_that_is_opened_again_shows_its_widgets(tmp_path):
    (tmp_path / "notebooks").mkdir()
    file = tmp_path / "notebooks/00_start_here.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(code) for code in CELLS.values()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), file)
    save = "() => jupyterapp.commands.execute('docmanager:save')"
    with lab(tmp_path) as address, chromium(tmp_path / "chromium") as context:
        notebook = Notebook(context, address)
        notebook.run_all()
        notebook.page.evaluate(save)
        size = len(json.dumps(nbformat.read(file, 4).metadata))
        notebook.run_all()  # once more: what is no longer shown is not kept
        seen = [notebook.at_rest(notebook.output(k)) for k in range(len(cells))]
        notebook.page.evaluate(save)
        assert 0.8 * size < len(json.dumps(nbformat.read(file, 4).metadata)) < 1.2 * size
        notebook.close()

        notebook = Notebook(context, address)
        for k, name in enumerate(CELLS):
            output = notebook.output(k)
            output.wait_for_selector("button, .noUi-handle")
            assert "Error displaying widget" not in output.inner_text()
            if name != "question":
                assert output.query_selector_all("img, canvas")
                assert notebook.at_rest(output) == seen[k], name
        assert notebook.faults == []
        notebook.page.evaluate(save)  # and once more, still without the kernel
        assert nbformat.read(file, 4).metadata["widgets"]
        notebook.close()
