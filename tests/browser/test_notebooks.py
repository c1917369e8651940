"""Every notebook, played as a reader does: run all cells, then move, choose and click, and see it change.

What the cells said is compared with what was saved, by nbval. Screenshots of what came out lie in tests/browser/shots.
"""

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from lab import ROOT, Notebook, chromium, lab
from nbval.plugin import IPyNbFile, NbCellError

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"), reverse=True)  # the later ones take longer: they begin
SHOTS = Path(__file__).with_name("shots")
WIDGET = re.compile(r"application/vnd\.jupyter\.widget-view\+json|gan-scrubber")

# Kinds of controls -> what a reader does to one. Sliders first, so that a button that puts them back has work to do.
CONTROLS = {
    ".noUi-handle": lambda page, slider: slider.press("ArrowLeft" if at_end(slider) else "ArrowRight"),
    "input[type=range]": lambda page, slider: slider.press("ArrowLeft" if slider.input_value() != "0" else "End"),
    "select": lambda page, select: select.select_option(index=select.evaluate("(s) => s.selectedIndex ? 0 : 1")),
    "img[alt^=click]": lambda page, picture: click_beside_the_middle(page, picture),
    "button:text-matches('.'):not(:disabled):not(.mod-active)": lambda page, button: button.click(),
    "canvas[role=img]": lambda page, canvas: draw(page, canvas),
}
NAME = """(control) => (control.tagName === "BUTTON" ? control :
  control.closest(".jupyter-widgets")?.querySelector(".widget-label") ?? control).innerText.trim()"""
# Names of controls that need not change a picture: they change what training will do, or what there is not yet
SILENT = {"Previous", "look back", "path", "lerp", "slerp", "both", "only D", "only G", "D only", "G only"}
SILENT |= {"experiment", "speed", "batch", "optimiser", "penalty", "its weight", "weight", "Adam's β₁, β₂"}
SILENT |= {"Copy the code of this picture", "D: steps", "G: steps", "D: rate", "G: rate", "lr of D", "lr of G", "brush"}


def at_end(slider) -> bool:
    return slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")


def click_beside_the_middle(page, picture) -> None:
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.3 * box["height"])


def draw(page, canvas) -> None:
    for button in page.get_by_role("button", name="Draw a distribution").all():  # the playground's asks first
        button.click()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"], steps=8)
    page.mouse.up()


def with_widgets(cells: list[dict]) -> list[int]:
    return [k for k, cell in enumerate(cells) if WIDGET.search(json.dumps(cell.get("outputs", [])))]


class Said:
    """What nbval takes for a kernel: it is asked to run cells that have been run, and answers with their outputs."""

    def __init__(self, cells: list[dict]):
        self.outputs = iter(cell["outputs"] for cell in cells if cell["cell_type"] == "code")

    def is_alive(self):
        return True

    def execute_cell_input(self, source, allow_stdin):
        said = [(output["output_type"], output) for output in next(self.outputs)]
        said.append(("status", {"execution_state": "idle"}))
        self.messages = ({"msg_type": kind, "content": it, "parent_header": {"msg_id": 0}} for kind, it in said)
        return 0

    def get_message(self, stream, timeout):
        return next(self.messages)

    def await_reply(self, msg_id, timeout):
        pass

    await_idle = await_reply


def differences(session: pytest.Session, path: Path, after: list[dict]) -> list[str]:
    """Where nbval finds that the cells of a notebook did something else than is saved in the file."""
    notebook = IPyNbFile.from_parent(session, path=path)
    notebook.kernel = Said(after)
    found = []
    for cell in notebook.collect():
        try:
            cell.runtest()
        except NbCellError as error:
            found.append(f"Cell {error.cell_num}: {error}\n{error.source}\n{error.inner_traceback}")
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A browser, and the address of a JupyterLab on a copy of the notebooks, for it saves what it runs."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in ("benchmarks", "data", "docs"):
        os.symlink(ROOT / name, folder / name)
    SHOTS.mkdir(exist_ok=True)
    with lab(folder) as address, chromium(folder / "chromium") as context:
        yield context, address


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_is_saved_and_its_widgets_work(request, desk, path):
    context, address = desk
    notebook = Notebook(context, address.replace("00_start_here", path.stem))
    try:
        after = notebook.run_all()
        assert not (found := differences(request.session, path, after)), "\n".join(found)
        for k in with_widgets(after):
            play(notebook, k, SHOTS / f"{path.stem}-{k}.png")
        assert notebook.faults == []
    finally:
        notebook.close()


def play(notebook, cell, shot) -> None:
    output = notebook.output(cell)
    for kind, act in CONTROLS.items():
        for control in filter(lambda c: c.is_visible(), output.query_selector_all(kind)):
            name = control.evaluate(NAME)
            pixels = notebook.at_rest(output)
            act(notebook.page, control)
            assert name in SILENT or notebook.changes(output, pixels), f"{kind} '{name}' changes no picture"
            for pause in output.query_selector_all("button:text-is('Pause')"):  # what plays never comes to rest
                pause.click()
    notebook.at_rest(output)
    output.screenshot(path=shot, timeout=5000)
    assert not re.search(r"\w+Error: ", output.inner_text()), output.inner_text()


def test_what_differs_from_the_saved_outputs_is_found(request, tmp_path):
    said = lambda text: nbformat.v4.new_output("stream", text=text)  # noqa: E731
    wrong = nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=["ValueError: no"])
    cells = [
        nbformat.v4.new_code_cell(f"print({k})", outputs=[said(f"{k}\n")], execution_count=k) for k in (1, 2, 3, 4)
    ]
    cells[3].metadata.tags = ["nbval-ignore-output"]
    path = tmp_path / "saved.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    after = [dict(cell, outputs=outputs) for cell, outputs in zip(cells, [[said("1\n")], [], [wrong], []], strict=True)]
    lost, failed = differences(request.session, path, after)
    assert lost.startswith("Cell 1: ") and "Missing output fields" in lost
    assert failed.startswith("Cell 2: ") and "ValueError: no" in failed
