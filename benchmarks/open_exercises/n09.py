from statistics import median

import torch

from gan_tutorial.break_it_lab import healthy
from gan_tutorial.break_it_lab.bugs import break_line
from gan_tutorial.break_it_lab.symptoms import late, latents
from gan_tutorial.metrics import mode_coverage

SEEDS = (0, 1, 2, 3, 4)
LINES = {
    "uniform": ("plane", "lambda n: torch.randn(n, 2", "lambda n: torch.rand(n, 2"),
    "repeated": (
        "plane",
        "torch.randn(n, 2, generator=rng)",
        "torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))",
    ),
    "stale": ("learn", "        opt_G.zero_grad()\n", ""),
    "momentum": (
        "learn",
        "opt_D = Adam(D.parameters(), rate, betas=(0.0",
        "opt_D = Adam(D.parameters(), rate, betas=(0.9",
    ),
    "saturating": ("learn", "L = bce(D(fake, *y), ones)", "L = -bce(D(fake, *y), zeros)"),
}


def exercise_09_5() -> dict:
    torch.set_num_threads(1)
    modules = {"twin": healthy} | {name: break_line(*line) for name, line in LINES.items()}
    found: dict = {"seeds": len(SEEDS)}
    for name, module in modules.items():
        rows = []
        for seed in SEEDS:
            run = module.plane(seed)
            x = healthy.sample(run.G, latents(seed, 2000, 2))
            modes = mode_coverage(healthy.DISTRIBUTION.modes, healthy.DISTRIBUTION.std, x)
            rows.append((late(run.V), late(run.L), 100 * modes.high_quality, modes.covered))
        for what, values in zip(("V", "L", "good", "modes"), zip(*rows, strict=True), strict=True):
            digits = 2 if what in "VL" else 0
            found[f"{name}_{what}"] = (
                f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
            )
    return found
