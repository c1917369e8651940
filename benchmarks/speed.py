"""How fast the recipe learns, and in how much memory: python benchmarks/speed.py

The yardstick of a step is one product of two square matrices with as many floating-point operations. Medians
of rounds; one thread on a CPU. A GPU, if there is one, gets the same rows. Memory is what Linux reports. The table goes
to data/results/speed.md.
"""

import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from statistics import median
from unittest.mock import patch

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gan_tutorial.experiments.records import FOLDER, machine
from gan_tutorial.networks import Conv2dToGrey
from gan_tutorial.pictures import fashion_mnist, images
from gan_tutorial.recipe import Recipe

IMPORTS = """
import time, torch
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
began = time.perf_counter()
import gan_tutorial.training, gan_tutorial.networks, gan_tutorial.objectives, gan_tutorial.pictures
print(time.perf_counter() - began)
"""


def seconds(work, device: str, rounds: int = 30) -> float:
    """The median over rounds, after three to warm up."""
    times = []
    for _ in range(rounds + 3):
        began = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return median(times[3:])


def measure(device: str) -> dict[str, str]:
    recipe = Recipe()
    players = recipe.players(device)
    steps = recipe.train(players, images(fashion_mnist()[0].to(device)))
    next(steps)
    plain = patch.object(Conv2dToGrey, "forward", nn.Conv2d.forward)  # torch counts filters of single maps wrongly
    with plain, FlopCounterMode(display=False) as counter:
        next(steps)
    operations = counter.get_total_flops()
    n = round((operations / 2) ** (1 / 3))
    square = torch.randn(n, n, device=device)
    step = seconds(lambda: list(islice(steps, 10)), device) / 10
    product = seconds(lambda: square @ square, device)
    z = torch.randn(64, recipe.latent_dim, device=device)
    with torch.no_grad():
        sampling = seconds(lambda: players.G_ema(z), device)
    return {
        "a step": f"{1e3 * step:.1f} ms, {recipe.batch_size / step:,.0f} images per second",
        "its operations": f"{operations / 1e9:.2f} G, so {operations / step / 1e9:,.0f} G per second",
        f"a product of {n} x {n} matrices": f"{1e3 * product:.1f} ms, {2 * n**3 / product / 1e9:,.0f} G per second",
        "share of that speed": f"{product / step * operations / (2 * n**3):.0%}",
        "64 samples": f"{1e3 * sampling:.1f} ms",
    }


def main() -> None:
    torch.set_num_threads(1)
    rows = measure("cpu")
    alone = [subprocess.check_output([sys.executable, "-c", IMPORTS]).split() for _ in range(5)]
    most = float(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])  # kB, as the kernel counts
    memory = most - median(float(kilobytes) for kilobytes, _ in alone)
    rows["memory beyond torch's"] = f"{memory / 1e3:,.0f} MB at most, with all training images"
    rows["import beyond torch's"] = f"{1e3 * median(float(duration) for _, duration in alone):.0f} ms"
    if torch.cuda.is_available():
        rows |= {f"GPU: {name}": value for name, value in measure("cuda").items()}
    lines = [f"{machine()}, torch {torch.__version__}", "", "| what | measured |", "|---|---|"]
    text = "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows.items())]) + "\n"
    (FOLDER / "speed.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
