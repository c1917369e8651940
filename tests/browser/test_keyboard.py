"""Widgets without a mouse, in JupyterLab: from control to control with the tab key, then arrows, space and enter."""

import nbformat
import pytest
from lab import Notebook, chromium, lab

SAMPLER = """\
from gan_tutorial.pretrained import load_generator
from gan_tutorial.widgets import Sampler
Sampler(load_generator(), rows=2, columns=2)
"""
PLAYGROUND = """\
from gan_tutorial.widgets import Playground
Playground(width_D=8, width_G=8)
"""
ERASER = """\
import torch
from gan_tutorial.pretrained import load_generator
from gan_tutorial.widgets import Eraser
panel = Eraser(load_generator(), torch.zeros(2, 1, 28, 28))
panel
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A browser, and the address of a JupyterLab with a notebook for each panel."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "notebooks").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    panels = {"00_start_here": "", "sampler": SAMPLER, "playground": PLAYGROUND, "eraser": ERASER}
    for name, code in panels.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel)
        nbformat.write(notebook, folder / f"notebooks/{name}.ipynb")
    with lab(folder) as address, chromium(folder / "chromium") as context:
        yield context, address


@pytest.fixture
def opened(desk):
    """A function: the name of a notebook -> it, run to its end, its output, and `tab`, which goes to a control."""
    context, address = desk
    notebooks = []

    def run(name):
        notebook = Notebook(context, address.replace("00_start_here", name))
        notebooks.append(notebook)
        notebook.run_all()
        output = notebook.output(0)
        output.wait_for_selector("button")
        notebook.page.wait_for_timeout(1000)  # JupyterLab takes the focus once more

        def tab(selector, key="Tab"):
            """Press the tab key until the focus is on the first such element."""
            wanted = output.wait_for_selector(selector)
            for _ in range(60):
                if wanted.evaluate("(element) => document.activeElement === element"):
                    return
                notebook.page.keyboard.press(key)
            raise AssertionError(f"no tab leads to {selector}")

        output.query_selector("button, input").focus()
        return notebook, output, tab

    yield run
    for notebook in notebooks:
        assert notebook.faults == []
        notebook.close()


def test_the_code_of_the_picture_is_copied_as_it_is_now(opened):
    notebook, output, tab = opened("sampler")
    keyboard = notebook.page.keyboard
    text = lambda: output.query_selector("textarea").input_value()  # noqa: E731
    copied = lambda: output.wait_for_selector("text=/^copied|^selected/").inner_text()  # noqa: E731
    tab("button:has-text('Copy')")
    keyboard.press("Enter")
    copied()
    assert "manual_seed(0)" in text() and "directions(network" not in text()
    assert notebook.page.evaluate("() => getSelection().toString()") == text()
    tab(".noUi-handle >> nth=1", "Shift+Tab")
    pixels = notebook.at_rest(output)
    keyboard.press("ArrowRight")
    assert notebook.changes(output, pixels) and not output.query_selector("textarea").is_visible()
    tab("button:has-text('Copy')")
    keyboard.press("Space")
    copied()
    assert "directions(network" in text()


def test_a_slider_changes_neither_the_icon_of_the_page_nor_the_status_bar_and_comes_back_as_no_echo(opened):
    notebook, output, tab = opened("sampler")
    notebook.page.evaluate("""() => new Promise((quiet) => {  // what JupyterLab still loads comes first
      let timer = setTimeout(quiet, 2000);
      new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(quiet, 2000); })
        .observe(document.documentElement, { subtree: true, childList: true });
    })""")
    notebook.page.evaluate("""() => {
      window.disturbed = [];
      const watch = new MutationObserver((changes) => disturbed.push(...changes.map((c) => c.target.className)));
      const all = { subtree: true, childList: true, attributes: true, characterData: true };
      for (const place of ["head", "#jp-main-statusbar"]) watch.observe(document.querySelector(place), all);
      window.said = [];
      const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
      kernel.iopubMessage.connect((_, message) => said.push(message.content.data?.method));
    }""")
    tab(".noUi-handle >> nth=1")
    pixels = notebook.at_rest(output)
    notebook.page.keyboard.press("ArrowRight")
    assert notebook.changes(output, pixels)
    assert notebook.page.evaluate("disturbed") == []
    said = notebook.page.evaluate("said")
    assert "update" in said and "echo_update" not in said


def test_a_distribution_is_drawn_with_keys(opened):
    notebook, output, tab = opened("playground")
    keyboard = notebook.page.keyboard
    line = lambda: output.query_selector("code").inner_text()  # noqa: E731
    tab("button:has-text('Draw a distribution')")
    keyboard.press("Enter")
    tab("canvas")
    pixels = notebook.at_rest(output)
    for key, times in (("ArrowLeft", 5), ("ArrowUp", 3)):
        for _ in range(times):
            keyboard.press(key)
    assert notebook.changes(output, pixels)  # the cross has moved
    keyboard.press("Space")
    output.wait_for_selector("code:has-text('((-0.5, 0.3),)')")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    output.wait_for_selector("code:has-text('((-0.5, 0.3), (-0.4, 0.2))')")
    assert "Playground(distribution=((-0.5, 0.3), (-0.4, 0.2))" in line()


def test_play_and_pause_with_keys(opened):
    notebook, output, tab = opened("playground")
    tab("button:has-text('Play')")
    pixels = notebook.at_rest(output)
    notebook.page.keyboard.press("Space")
    assert notebook.changes(output, pixels)
    notebook.page.keyboard.press("Space")
    output.wait_for_selector("button:has-text('Play')")
    assert int(output.query_selector("code").inner_text().split("steps=")[1].rstrip(")")) > 0


def test_a_picture_is_rubbed_out_with_keys(opened):
    notebook, output, tab = opened("eraser")
    keyboard = notebook.page.keyboard
    tab("canvas")
    label = lambda: output.query_selector("canvas").get_attribute("aria-label")  # noqa: E731
    for key, times in (("ArrowLeft", 10), ("ArrowUp", 11)):
        for _ in range(times):
            keyboard.press(key)
    output.wait_for_selector("canvas[aria-label^='at column 4, row 3']")
    assert "space rubs out" in label()
    pixels = notebook.at_rest(output)
    keyboard.press("Space")
    output.wait_for_selector("option:checked:has-text('drawn by hand')", state="attached")
    assert notebook.changes(output, pixels)
    tab("button:has-text('Clear')", "Shift+Tab")
    pixels = notebook.at_rest(output)
    keyboard.press("Enter")
    assert notebook.changes(output, pixels)
