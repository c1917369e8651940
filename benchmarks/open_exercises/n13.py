from collections.abc import Iterator
from functools import partial
from itertools import islice
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_tutorial.chapters.linear_probe import fit, in_turn
from gan_tutorial.chapters.semisupervised import Sorter
from gan_tutorial.experiments import n13_labels as experiment, records
from gan_tutorial.pictures import fashion_mnist, images, unit
from gan_tutorial.recipe import Recipe
from gan_tutorial.training import descend

SEEDS, LABELS, COUNT = range(3), 100, 256
MARKS = (0, 100, 500, 1000)


def spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{100 * values[0]:.1f} %"
    return f"{100 * median(values):.1f} % ({100 * min(values):.1f} to {100 * max(values):.1f})"


# 13.4


def pair(seed: int, batch_norm: bool, tuned: bool) -> experiment.Pair:
    """As `experiment.cast`, with or without batch normalisation."""
    recipe = Recipe(seed=seed)
    torch.manual_seed(seed)
    G = recipe.generator()
    D = Sorter(widths=recipe.widths_D, batch_norm=batch_norm, dropout=0.3 * tuned)
    lr = 1e-3 if tuned else recipe.lr_D
    return experiment.Pair.create(G, D, lr_G=recipe.lr_G, lr_D=lr, betas=recipe.betas, seed=seed)


def in_company(players: experiment.Pair, pixels: Tensor, labelled) -> Iterator[None]:
    """Labels alone, but 32 unlabelled pictures lie in the same batch."""
    data = images(pixels)
    while True:
        x, y = labelled()
        (others,) = data(len(x), players.rng)
        descend(players.opt_D, F.cross_entropy(players.D.logits(torch.cat([x, others]))[: len(x)], y))
        yield


def exercise_13_4() -> dict:
    torch.set_num_threads(1)
    (pixels, classes), (test_pixels, test_classes) = fashion_mnist(), fashion_mnist("test")
    on_file = records.load(experiment.RESULTS)
    found = {
        name: [run["accuracy"] for run in on_file if (run["method"], run["labels"]) == (method, LABELS)]
        for name, method in (("alone", "labels alone, tuned"), ("game", "K+1"))
    }
    for seed in range(5):  # as on file
        for name in ("company", "bare_alone", "bare_game"):
            players = pair(seed, batch_norm=name == "company", tuned=name != "bare_game")
            rng = torch.Generator().manual_seed(seed)
            rows = in_turn(classes, rng)[:LABELS]
            labelled = partial(images(pixels[rows], classes[rows]), Recipe().batch_size, rng)
            if name == "company":
                steps = in_company(players, pixels, labelled)
            else:
                method = "K+1" if name == "bare_game" else "labels alone, tuned"
                steps = experiment.learn(method, players, pixels, labelled)
            for _ in islice(steps, experiment.STEPS):
                pass
            shares = found.setdefault(name, [])
            shares.append(experiment.accuracy(players.D, unit(test_pixels[:, None]), test_classes))
            print(seed, name, shares[-1], flush=True)
    return {name: spread(shares) for name, shares in found.items()}


# 13.5


@torch.no_grad()
def seen(D: nn.Module, x: Tensor) -> Tensor:
    """What D sees after each convolution, max-pooled to 4 x 4 places and side by side, as in the notebook."""
    parts = []
    for part in x.split(250):
        layers, h = [], part
        for layer in D.net:
            h = layer(h)
            if isinstance(layer, nn.LeakyReLU):
                layers.append(F.adaptive_max_pool2d(h, min(4, h.shape[-1])).flatten(1))
        parts.append(layers)
    return torch.cat([h / h.var(0).sum().sqrt() for h in map(torch.cat, zip(*parts, strict=True))], 1)


def probe(h: Tensor, y: Tensor, unlabelled: int, labelled: int) -> float:
    """Fit to the pictures after the unlabelled ones, on as many numbers as in the notebook, tested on the rest."""
    some = h[:unlabelled]
    centre, axes = some.mean(0), torch.pca_lowrank(some, COUNT)[2]
    h = (h - centre) @ axes
    h = h / h[:unlabelled].square().sum(1).mean().sqrt()
    taught = slice(unlabelled, unlabelled + labelled)
    rest = slice(unlabelled + labelled, None)
    return (fit(h[taught], y[taught], 1e-4)(h[rest]).argmax(1) == y[rest]).double().mean().item()


def exercise_13_5() -> dict:
    torch.set_num_threads(1)
    (pixels, classes), (test_pixels, test_classes) = fashion_mnist(), fashion_mnist("test")
    found: dict[str, list[float]] = {name: [] for name in ("pixels", *(f"after_{mark}" for mark in MARKS))}
    for seed in SEEDS:
        order = in_turn(classes, torch.Generator().manual_seed(seed))
        x = unit(torch.cat([pixels[order[:2500]], test_pixels[:2000]])[:, None])
        y = torch.cat([classes[order[:2500]], test_classes[:2000]]).long()
        found["pixels"].append(probe(x.flatten(1), y, 1500, 1000))
        recipe = Recipe(seed=seed)
        players = recipe.players()
        steps = recipe.train(players, images(pixels))
        for mark in MARKS:
            for _ in range(mark - players.step):
                next(steps)
            players.D.eval()
            found[f"after_{mark}"].append(probe(seen(players.D, x), y, 1500, 1000))
            players.D.train()
            print(seed, mark, found[f"after_{mark}"][-1], flush=True)
    leads = {
        f"lead_{mark}": [100 * (a - b) for a, b in zip(found[f"after_{mark}"], found["pixels"], strict=True)]
        for mark in MARKS
    }
    return {name: spread(shares) for name, shares in found.items()} | {
        name: f"{median(values):+.1f} ({min(values):+.1f} to {max(values):+.1f})" for name, values in leads.items()
    }
