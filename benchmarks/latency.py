"""How fast the widgets answer in JupyterLab, in headless Chromium: python benchmarks/latency.py

The Sampler: from a key press on a slider to the first frame that shows another picture, 8 x 8 images of the shipped
generator sampled in between; then pictures per second while the slider is dragged, for all images and for one that
was picked. A script in the page plays keys and mouse: to drive the browser from outside takes 25 ms of processor
time per press, on the same cores. The Playground and the Trainer: frames drawn and rounds played per second, and the
answer to Pause; for comparison, the Playground's game in a script, without anything to draw. Medians of three runs,
on an otherwise idle machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

import nbformat

from gan_tutorial.experiments.records import FOLDER, machine

sys.path.append(str(Path(__file__).parents[1] / "tests/browser"))
from lab import CHROMIUM, Notebook, chromium, lab

RUNS, PRESSES, SECONDS = 3, 60, 4.0
SAMPLER = """\
from gan_tutorial.pretrained import load_generator
from gan_tutorial.widgets import Sampler
Sampler(load_generator())
"""
PLAYGROUND = """\
from gan_tutorial.widgets import Playground
Playground().advance(10)
"""
GAME = """\
import time, torch
from gan_tutorial.widgets.playground.game import Game, Settings
torch.set_num_threads(1)
game = Game(Settings())
for rounds in (300, 2000):
    began = time.perf_counter()
    for _ in range(rounds):
        game.step()
print(rounds / (time.perf_counter() - began))
"""
TRAINER = """\
from gan_tutorial.recipe import Recipe
from gan_tutorial.pictures import fashion_mnist, images
from gan_tutorial.widgets import Trainer
recipe = Recipe()
trainer = Trainer(recipe.players(), images(fashion_mnist()[0]), batch_size=recipe.batch_size, decay=recipe.decay)
trainer.step(10)
trainer
"""
# Steps a slider by keys, one after the other; milliseconds from each to the frame with the new picture
PRESS = """async (handle, presses) => {
  const picture = handle.closest(".jp-OutputArea").querySelector("img"), answers = [];
  for (let k = 0; k < presses; k++) {
    const began = performance.now();
    const shown = new Promise((done, fail) => {
      const frame = () => requestAnimationFrame(() => done(performance.now()));
      picture.addEventListener("load", frame, { once: true });
      setTimeout(() => fail(new Error(`no picture within 10 s of press ${k}, at ${handle.ariaValueNow}`)), 10000);
    });
    const key = handle.getAttribute("aria-valuenow") < 0 ? "ArrowRight" : "ArrowLeft";
    handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    answers.push((await shown) - began);
    await new Promise((rested) => setTimeout(rested, 100 + ((7 * k) % 17))); // at any time between two frames
  }
  return answers;
}"""
# Moves a slider back and forth with the mouse, one move per frame; pictures per second
DRAG = """async (handle, seconds) => {
  const picture = handle.closest(".jp-OutputArea").querySelector("img");
  const track = handle.closest(".noUi-base").getBoundingClientRect(), place = handle.getBoundingClientRect();
  const mouse = (target, type, x, buttons) =>
    target.dispatchEvent(new MouseEvent(type, { clientX: x, clientY: place.y + 5, buttons, bubbles: true }));
  let pictures = 0;
  const count = () => pictures++;
  mouse(handle, "mousedown", place.x + place.width / 2, 1);
  picture.addEventListener("load", count);
  const began = performance.now();
  let passed = 0;
  while (passed < seconds) {
    passed = (await new Promise(requestAnimationFrame) - began) / 1000;
    mouse(document.documentElement, "mousemove", track.x + track.width * (0.1 + 0.8 * Math.abs((passed % 2) - 1)), 1);
  }
  picture.removeEventListener("load", count);
  mouse(document.documentElement, "mouseup", track.x, 0);
  return pictures / passed;
}"""
COUNT_FRAMES = """() => {
  window.frames = 0;
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (picture, ...box) {
    frames += picture.width > 900;  // the ground with words and charts, once per frame
    return draw.call(this, picture, ...box);
  };
}"""
# Plays for a while, then pauses: milliseconds of playing until the answer, which is the button's other name;
# milliseconds from the click to it; frames per second until then
PLAY = """async (button, seconds) => {
  const began = performance.now(), before = frames;
  button.click();
  await new Promise((played) => setTimeout(played, 1000 * seconds));
  const pressed = performance.now(), drawn = frames - before;
  const answered = await new Promise((answer) => {
    const watch = new MutationObserver(() => {
      if (button.innerText.includes("Play")) { watch.disconnect(); answer(performance.now()); }
    });
    watch.observe(button, { childList: true, subtree: true, characterData: true });
    button.click();
  });
  return [answered - began, answered - pressed, (1000 * drawn) / (pressed - began)];
}"""


def sampler(notebook: Notebook, output) -> dict[str, float]:
    slider = output.query_selector_all(".noUi-handle")[1]  # the first direction
    measured = {}
    for what in ("all images", "one picked"):
        answers = slider.evaluate(PRESS, PRESSES)[10:]  # ten to warm up
        measured[f"Sampler, {what}: key press to picture, median (ms)"] = median(answers)
        measured[f"Sampler, {what}: 95th percentile (ms)"] = quantiles(answers, n=20)[-1]
        measured[f"Sampler, {what}: pictures per second while dragging"] = slider.evaluate(DRAG, SECONDS)
        box = output.query_selector("img").bounding_box()
        notebook.page.mouse.click(box["x"] + 30, box["y"] + 30)
        notebook.page.wait_for_timeout(500)
    return measured


def play(name: str, rounds: str):
    """Play for a while, then pause, several times; `rounds` finds their number in what a resting panel says."""

    def measure(notebook: Notebook, output) -> dict[str, float]:
        notebook.page.evaluate(COUNT_FRAMES)
        button = output.query_selector("button:has-text('Play')")
        count = lambda: int(re.findall(rounds, output.inner_text())[-1].replace(",", ""))  # noqa: E731
        speeds, frames, pauses = [], [], []
        for _ in range(4):
            before = count()
            played, answer, drawn = button.evaluate(PLAY, SECONDS)
            notebook.page.wait_for_timeout(1000)
            speeds.append(1000 * (count() - before) / played)
            frames.append(drawn)
            pauses.append(answer)
        measured = {f"{name}: rounds per second": median(speeds[1:])}  # the first is to warm up
        if any(frames):
            measured[f"{name}: frames drawn per second meanwhile"] = median(frames[1:])
        return measured | {f"{name}: click on Pause to answer (ms)": median(pauses)}

    return measure


MEASURED = (
    (SAMPLER, sampler),
    (PLAYGROUND, play("Playground", r"steps=(\d+)")),
    (TRAINER, play("Trainer, recipe of notebook 07", r"step (\d+) of")),
)


def run(number: int, folder: Path, address: str, context) -> dict[str, float]:
    speed = subprocess.check_output([sys.executable, "-c", GAME])
    measured = {"The Playground's game in a script: rounds per second": float(speed)}
    for k, (code, measure) in enumerate(MEASURED):
        name = write(folder, f"{number}{k}", code)  # a new file: JupyterLab saves what it runs
        notebook = Notebook(context, address.replace("00_start_here", name))
        notebook.run_all()
        output = notebook.output(0)
        output.wait_for_selector("img, canvas")
        notebook.page.wait_for_timeout(2000)
        measured |= measure(notebook, output)
        notebook.close()
    return measured


def write(folder: Path, name: str, code: str) -> str:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel)
    nbformat.write(cells, folder / f"notebooks/{name}.ipynb")
    return name


def main() -> None:
    if not CHROMIUM:
        sys.exit("latency.py needs Chromium; on Debian or Ubuntu: sudo apt install chromium")
    folder = Path(tempfile.mkdtemp())
    (folder / "notebooks").mkdir()
    write(folder, "00_start_here", "")
    with lab(folder) as address, chromium(folder / "chromium") as context:
        runs = [run(number, folder, address, context) for number in range(RUNS)]
        version = context.browser.version
    shutil.rmtree(folder)
    lines = [f"{machine().split(',')[0]}, {os.cpu_count()} cores, headless Chromium {version}; medians of {RUNS} runs"]
    lines += ["", "| what | measured |", "|---|---|"]
    for what in runs[0]:
        values = sorted(run[what] for run in runs)
        lines.append(f"| {what} | {median(values):.0f} ({values[0]:.0f} to {values[-1]:.0f}) |")
    text = "\n".join(lines) + "\n"
    (FOLDER / "latency.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
