from collections.abc import Callable
from itertools import islice
from statistics import median

import torch
from torch import Generator, Tensor

from gan_tutorial.chapters.latent import search
from gan_tutorial.classifier import load_classifier
from gan_tutorial.pictures import CLASSES, fashion_mnist, unit
from gan_tutorial.pretrained import load_generator

SEEDS = (1, 2, 3)
SHIRT, COAT = CLASSES.index("Shirt"), CLASSES.index("Coat")


def spread(values: list[float], digits: int = 2) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def auc(a: Tensor, b: Tensor) -> float:
    """The share of pairs in which the larger value is b's, or of those in which it is a's, whichever is larger."""
    share = (b[None] > a[:, None]).double().mean().item()
    return max(share, 1 - share)


def attributes() -> dict[str, Callable[[Tensor], Tensor]]:
    pixels, labels = fashion_mnist()
    coat, shirt = (unit(pixels[labels == k]).mean(0) for k in (COAT, SHIRT))
    return {
        "brightness": lambda x: x.mean((1, 2, 3)),
        "sleeves": lambda x: x[:, 0, 12:, [3, 4, 5, 22, 23, 24]].mean((1, 2)) - x[:, 0, 12:, 10:18].mean((1, 2)),
        "zip": lambda x: (x[:, 0, 6:26, 13:15].mean(2) - x[:, 0, 6:26, [9, 10, 17, 18]].mean(2)).mean(1),
        "template": lambda x: (x[:, 0] * (coat - shirt)).sum((1, 2)),
    }


@torch.no_grad()
def exercise_10_5() -> dict:
    torch.set_num_threads(1)
    G, C, read = load_generator(), load_classifier(), attributes()
    pixels, labels = fashion_mnist("test")
    real = unit(pixels[:, None])
    found: dict = {"seeds": len(SEEDS), "n": 4000}
    rows: dict[str, list[float]] = {}
    for seed in SEEDS:
        z = torch.randn(4000, G.latent_dim, generator=Generator().manual_seed(seed))
        x = torch.cat([G(part) for part in z.split(125)])
        y = torch.cat([C(part).argmax(1) for part in x.split(125)])
        for name, attribute in read.items():
            a = attribute(x)
            slope = (z.T @ ((a - a.mean()) / a.std()) / len(z)).norm().item()
            rows.setdefault(f"{name}_slope", []).append(max(0.0, slope**2 - G.latent_dim / len(z)) ** 0.5)
            rows.setdefault(f"{name}_fake", []).append(100 * auc(a[y == SHIRT], a[y == COAT]))
    for name, attribute in read.items():
        a = attribute(real)
        found[f"{name}_real"] = round(100 * auc(a[labels == SHIRT], a[labels == COAT]))
        found[f"{name}_slope"] = spread(rows[f"{name}_slope"])
        found[f"{name}_fake"] = spread(rows[f"{name}_fake"], 0)
    return found


def exercise_10_6() -> dict:
    torch.set_num_threads(1)
    G = load_generator()
    with torch.no_grad():
        own = G(torch.randn(10_000, G.latent_dim, generator=Generator().manual_seed(0))[:8])
    pixels, labels = fashion_mnist("test")
    shirt = unit(pixels[labels == CLASSES.index("T-shirt/top")][:4, None])
    dark, logo = shirt[shirt[:, 0, 10:17, 11:18].mean((1, 2)).argsort()[:1]], torch.zeros(28, 28, dtype=torch.bool)
    logo[12:15, 12:17] = True
    marked = dark.masked_fill(logo, 1.0)
    found: dict = {"seeds": len(SEEDS)}
    rows: dict[str, list[float]] = {}
    for seed in SEEDS:
        course = search(G, own, Generator().manual_seed(seed), restarts=4)
        for steps, skip in ((300, 300), (900, 599)):
            at = next(islice(course, skip, None))
            arrived = at.mse < 1e-3
            rows.setdefault(f"starts_{steps}", []).append(arrived.sum().item())
            rows.setdefault(f"pictures_{steps}", []).append(arrived.any(1).sum().item())
        answers = next(
            islice(search(G, torch.cat([dark, marked]), Generator().manual_seed(seed), restarts=3), 300, None)
        )
        with torch.no_grad():
            plain, with_logo = G(answers.z[:, 0])[:, 0]
        rows.setdefault("logo_wanted", []).append((marked - dark)[0, 0][logo].mean().item())
        rows.setdefault("logo_made", []).append((with_logo - plain)[logo].mean().item())
        rows.setdefault("error_plain", []).append(answers.mse[0, 0].item())
        rows.setdefault("error_marked", []).append(answers.mse[1, 0].item())
    for name, values in rows.items():
        found[name] = spread(values, 0 if "starts" in name or "pictures" in name else 3 if "error" in name else 2)
    return found
