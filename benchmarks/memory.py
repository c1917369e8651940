"""Does memory grow while panels play, also when nobody looks? python benchmarks/memory.py [MINUTES]

A Trainer with tiny pictures and a Playground play side by side in JupyterLab, for twenty minutes unless told
otherwise: half of the time the page is open, then it is closed. Measured is the memory (resident set) of the kernel and
of Jupyter's server, which keeps for a page that may come back what the kernel sends meanwhile. A quarter of the time is
to warm up; a growth of less than 1 MB in the rest is none. (To save a notebook and close its page costs the server some
2 MB once, also where nothing plays.)
"""

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from gan_tutorial.experiments.records import FOLDER, machine

sys.path.append(str(Path(__file__).parents[1] / "tests/browser"))
from lab import CHROMIUM, Notebook, chromium, lab
from latency import write

PANELS = """\
import os, torch
from IPython.display import display
from gan_tutorial.networks import ConvDiscriminator, ConvGenerator
from gan_tutorial.pictures import images
from gan_tutorial.training import Players
from gan_tutorial.widgets import Playground, Trainer
players = Players.create(ConvGenerator(8, widths=(8, 4)), ConvDiscriminator(8, widths=(4, 8)))
trainer = Trainer(players, images(torch.randint(256, (500, 8, 8), dtype=torch.uint8)), batch_size=8, steps=10**9)
playground = Playground(width_D=8, width_G=8)
display(trainer, playground)
print("pids", os.getpid(), os.getppid())
"""


def memory(pids: dict[str, str]) -> dict[str, float]:
    """MB of each process, on Linux."""
    status = {name: Path(f"/proc/{pid}/status").read_text() for name, pid in pids.items()}
    return {name: int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024 / 1e6 for name, text in status.items()}


def main(minutes: float) -> str:
    folder = Path(tempfile.mkdtemp())
    (folder / "notebooks").mkdir()
    write(folder, "00_start_here", PANELS)
    marks = {}
    with lab(folder) as address, chromium(folder / "chromium") as context:
        notebook = Notebook(context, address)
        notebook.run_all()
        output = notebook.output(0)
        kernel, server = re.search(r"pids (\d+) (\d+)", output.inner_text()).groups()
        pids = {"kernel": kernel, "server": server}
        for button in output.query_selector_all("button:has-text('Play')"):
            button.click()
        for quarter in range(1, 5):
            time.sleep(15 * minutes)
            marks[quarter] = memory(pids)
            print(f"after {quarter * minutes / 4:g} minutes", marks[quarter], flush=True)
            if quarter == 2:
                notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
                notebook.page.close()
        notebook = Notebook(context, address)  # a reader who comes back
        output = notebook.output(0)
        output.wait_for_selector("button:has-text('Pause')")
        for button in output.query_selector_all("button:has-text('Pause')"):
            button.click()
        notebook.page.wait_for_timeout(3000)
        text = output.inner_text()
        steps, rounds = (re.search(pattern, text)[1] for pattern in (r"step (\d+) of", r"steps=(\d+)"))
        notebook.close()
    shutil.rmtree(folder)
    played = f"{steps} steps of the Trainer and {rounds} rounds of the Playground in {minutes:g} minutes"
    lines = [f"{machine().split(',')[0]}; {played}, the page closed after {minutes / 2:g}", ""]
    times = f"{minutes / 4:g} | {minutes / 2:g} | {minutes:g}"
    lines += [f"| MB after minutes | {times} | growth |", "|---|---|---|---|---|"]
    for name in pids:
        first, half, end = (marks[quarter][name] for quarter in (1, 2, 4))
        lines.append(f"| {name} | {first:.1f} | {half:.1f} | {end:.1f} | {end - first:+.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit("memory.py needs Chromium; on Debian or Ubuntu: sudo apt install chromium")
    text = main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
    (FOLDER / "memory.md").write_text(text, "utf-8")
    print(text)
