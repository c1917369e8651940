from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_tutorial.chapters.restoration import Mask, repair
from gan_tutorial.classifier import load_classifier
from gan_tutorial.experiments import n12_restoration as bench
from gan_tutorial.pretrained import load_generator

SEEDS, PICTURES = range(5), 12


def two_greys(x: Tensor) -> Tensor:
    """Each pixel becomes black or white: its slope is 0 wherever it has one."""
    return x.sign()


def soft_greys(x: Tensor) -> Tensor:
    return (4 * x).tanh()


def straight_through(x: Tensor) -> Tensor:
    """The values of `two_greys`, the slope of `soft_greys`."""
    soft = soft_greys(x)
    return soft + (x.sign() - soft).detach()


def blur(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 5, stride=1, padding=2, count_include_pad=False)


def scratch() -> Mask:
    """A line of three pixels across the picture is not seen."""
    rows, columns = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    return Mask((rows - columns).abs() > 1)


def spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def exercise_12_5() -> dict:
    torch.set_num_threads(1)
    G, classifier, test = load_generator(), load_classifier(), bench.test_pictures()
    line = scratch()
    searches = {  # what was done to the picture, and with what in its place we search
        "blur": (blur, blur),
        "scratch": (line, line),
        "greys": (two_greys, two_greys),
        "soft": (two_greys, soft_greys),
        "through": (two_greys, straight_through),
    }
    off: dict[str, list[float]] = {name: [] for name in (*searches, "blur_seen", "scratch_mean", "greys_seen")}
    same: dict[str, list[float]] = {name: [] for name in searches}
    for seed in SEEDS:
        rng = torch.Generator().manual_seed(seed)
        x = test[torch.randperm(len(test), generator=rng)[:PICTURES]]

        def rmse(made: Tensor, x: Tensor = x) -> float:
            return (made - x).square().mean().sqrt().item()

        for name, (A, stand_in) in searches.items():
            made = repair(G, stand_in, A(x), rng, restarts=4, steps=150).x[:, 0]
            off[name].append(rmse(made))
            with torch.no_grad():
                same[name].append((classifier(made).argmax(1) == classifier(x).argmax(1)).double().mean().item())
        off["blur_seen"].append(rmse(blur(x)))
        off["scratch_mean"].append(rmse(bench.mean_fill(line, line(x))))
        off["greys_seen"].append(rmse(two_greys(x)))
    return {name: spread(values) for name, values in off.items()} | {
        f"{name}_class": f"{median(values):.0%}" for name, values in same.items()
    }
