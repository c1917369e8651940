"""How fast a widget answers in JupyterLab, in headless Chromium: python benchmarks/latency.py

From a key press on a slider to the first frame that shows another picture, sampling included: an 8 x 8 grid of
28 x 28 from the shipped generator. Then pictures a second while the slider is dragged. Medians of three runs.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import nbformat
from quality import machine

sys.path.append(str(Path(__file__).parents[1] / "tests/browser"))
from lab import CHROMIUM, Notebook, chromium, lab

RUNS, PRESSES, SECONDS = 3, 60, 4.0
CELL = """\
from gan_tutorial.config import load_generator
from gan_tutorial.widgets import LatentExplorer
LatentExplorer(load_generator(), rows=8, columns=8)
"""
WATCH = """(output) => {
  window.keys = []; window.pictures = [];
  document.addEventListener("keydown", (event) => keys.push(event.timeStamp), true);
  const shown = () => requestAnimationFrame(() => pictures.push(performance.now()));
  output.querySelector("img").addEventListener("load", shown);
}"""


def press(notebook: Notebook, slider) -> float:
    """Milliseconds from a key press to the frame with the new picture."""
    slider.focus()
    notebook.page.evaluate("() => { keys.length = pictures.length = 0 }")
    slider.press("ArrowRight" if slider.get_attribute("aria-valuenow") < "0" else "ArrowLeft")
    notebook.page.wait_for_function("() => pictures.length", polling=5)
    return notebook.page.evaluate("() => pictures[0] - keys[0]")


def drag(notebook: Notebook, slider) -> float:
    """Pictures a second while the mouse moves the slider back and forth."""
    mouse, handle = notebook.page.mouse, slider.bounding_box()
    track = slider.evaluate_handle("(handle) => handle.closest('.noUi-base')").as_element().bounding_box()
    height = handle["y"] + handle["height"] / 2
    mouse.move(handle["x"] + handle["width"] / 2, height)
    mouse.down()
    notebook.page.evaluate("() => { pictures.length = 0 }")
    began = time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        mouse.move(track["x"] + track["width"] * (0.1 + 0.8 * abs(passed % 2 - 1)), height)
    pictures = notebook.page.evaluate("() => pictures.length")
    mouse.up()
    return pictures / passed


def measure(notebook: Notebook) -> tuple[float, float, float]:
    """Median and 95th percentile of the answers to a key (ms), and pictures a second."""
    notebook.run_all()
    output = notebook.output(0)
    notebook.page.wait_for_timeout(2000)
    output.evaluate(WATCH)
    slider = output.query_selector_all(".noUi-handle")[1]  # the first push
    answers = [press(notebook, slider) for _ in range(PRESSES)][10:]  # ten to warm up
    return median(answers), quantiles(answers, n=20)[-1], drag(notebook, slider)


def main() -> None:
    if not CHROMIUM:
        sys.exit("latency.py needs Chromium; on Debian or Ubuntu: sudo apt install chromium")
    folder = Path(tempfile.mkdtemp())
    (folder / "notebooks").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata=kernel)
    nbformat.write(cells, folder / "notebooks/00_start_here.ipynb")
    runs = []
    with lab(folder) as address, chromium(folder / "chromium") as context:
        for _ in range(RUNS):
            notebook = Notebook(context, address)
            runs.append(measure(notebook))
            notebook.close()
        version = context.browser.version
    shutil.rmtree(folder)
    middle, late, rate = map(median, zip(*runs, strict=True))
    text = (
        f"{machine().split(',')[0]}, {os.cpu_count()} cores, headless Chromium {version}\n\n"
        "| what | measured |\n|---|---|\n"
        f"| key press to changed picture, median | {middle:.0f} ms |\n"
        f"| key press to changed picture, 95th percentile | {late:.0f} ms |\n"
        f"| while dragging | {rate:.0f} pictures a second |\n"
    )
    Path(__file__).with_name("results").joinpath("latency.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
