"""How is D told the label, and what becomes of a planted share? (notebook 11)

    python -m gan_tutorial.experiments.n11_conditional                         what is still missing, then the table
    python -m gan_tutorial.experiments.n11_conditional KIND SHARE STEPS SEED   one run

The recipe of notebook 07 with labels, on Fashion-MNIST where a share of the ankle boots is mirrored. Measured on the
averaged G, over the run: the share of pictures in which the shipped classifier sees the class that was ordered; the
share of mirrored boots; the Fréchet distance of 1,000 fake boots from the test boots, as many of them mirrored, and
what it is if as many of the fakes are mirrored by hand. At the end, what D says of boots that point either way. (The
runs of a first version have the end of the share alone.) Runs that
data/results/conditional.jsonl holds are not made again. In all it takes half an hour of one core.
"""

import copy
from dataclasses import replace
from itertools import islice
from statistics import mean

import torch
from torch import Tensor, nn

from ..chapters.conditional import Concatenated, Late, Unconditional
from ..classifier import Evaluator
from ..metrics import frechet_distance
from ..networks import ConvDiscriminator
from ..pictures import fashion_mnist, images, unit
from ..recipe import Recipe
from ..sampling import FromLatents, sample
from ..training import Players
from . import records

RESULTS = records.FOLDER / "conditional.jsonl"
RECIPE = Recipe(classes=10, steps=1500)
MARKS = (125, 250, 375, 500, 750, 1000, 1500, 3000, 6000)  # steps
BOOT, SNEAKER, SHARE = 9, 7, 0.1
DEAF = ("late", "ignored")  # told so, G does not obey, and few boots come when they are ordered
ROWS = {  # how D is told, planted share, steps -> seeds
    ("projection", SHARE, 1500): 6,
    ("projection", SHARE, 750): 5,
    ("late", SHARE, 500): 5,
    ("concatenation", SHARE, 1500): 5,
    ("ignored", SHARE, 1500): 2,
    ("projection", SHARE, 6000): 1,
    ("projection", 0.25, 1500): 2,
    ("projection", 0.5, 1500): 2,
}


def discriminator(kind: str, recipe: Recipe) -> nn.Module:
    """The D of the recipe, told the label in that way."""
    plain = replace(recipe, classes=0)
    if kind == "projection":
        return recipe.discriminator()
    if kind == "ignored":
        return Unconditional(plain.discriminator())
    if kind == "late":
        return Late(plain.discriminator(), recipe.classes)
    network = ConvDiscriminator(28, 1 + recipe.classes, recipe.widths_D, batch_norm=True)
    return Concatenated(network, recipe.classes)


def players(kind: str, recipe: Recipe) -> Players:
    """As `recipe.players()`, with that kind of D."""
    torch.manual_seed(recipe.seed)
    G, D = recipe.generator(), discriminator(kind, recipe)
    return recipe.optimised(G, D)


def planted(seed: int, share: float = SHARE) -> tuple[Tensor, Tensor]:
    """The training pictures and their labels; a share of the ankle boots, drawn with the seed, is mirrored."""
    pixels, labels = fashion_mnist()
    boots = (labels == BOOT).nonzero().squeeze(1)
    mixed = boots[torch.randperm(len(boots), generator=torch.Generator().manual_seed(seed))]
    chosen = mixed[: round(share * len(boots))]
    pixels[chosen] = pixels[chosen].flip(2)
    return pixels, labels


class Compass:
    """Which way a boot points: s(x) = <w, x - mirrored x> / 2 with w the mean training boot; s > 0 as in the data.

    A mirrored picture has the opposite s. `errs` is the share of the 1,000 test boots with s < 0, and `unclear`
    the size of s that one test boot in a hundred does not reach.
    """

    def __init__(self) -> None:
        (pixels, labels), (test, test_labels) = fashion_mnist(), fashion_mnist("test")
        self.w = unit(pixels[labels == BOOT]).mean(0)
        s = self(unit(test[test_labels == BOOT])[:, None])
        self.errs, self.unclear = (s < 0).double().mean().item(), s.quantile(0.01).item()

    def __call__(self, x: Tensor) -> Tensor:
        """Pictures (N, 1, 28, 28) -> s (N,)."""
        return ((x - x.flip(3)) * self.w).sum((1, 2, 3)) / 2


@torch.no_grad()
def boots(G: FromLatents, n: int = 2000, *, seed: int = 0) -> Tensor:
    """n ankle boots by G."""
    z = torch.randn(n, G.latent_dim, generator=torch.Generator().manual_seed(seed))
    return torch.cat([G(part, torch.full((len(part),), BOOT)) for part in z.split(125)])


def conditional_accuracy(evaluator: Evaluator, G: FromLatents, n: int = 1000) -> float:
    """The share of n pictures in which the classifier sees the class that G was given."""
    x, labels = sample(G, n)
    assert labels is not None, "G is not told labels"
    return (evaluator(x)[1].argmax(1) == labels).double().mean().item()


class Boots:
    """The boots of one G beside the test boots, of which a share is mirrored: `real` are their features."""

    def __init__(self, evaluator: Evaluator, compass: Compass, share: float = SHARE):
        pixels, labels = fashion_mnist("test")
        x = unit(pixels[labels == BOOT])[:, None]
        self.evaluator, self.compass, self.mirrored = evaluator, compass, round(share * len(x))
        self.real = evaluator(self.with_mirrored(x))[0]

    def with_mirrored(self, x: Tensor) -> Tensor:
        """As many of the first pictures mirrored as there are among the test boots."""
        return torch.cat([x[: self.mirrored].flip(3), x[self.mirrored :]])

    def measure(self, G: FromLatents) -> dict[str, float]:
        """Of 1,000 fake boots: the share of mirrored ones, and the Fréchet distance, without and with a share that is
        mirrored by hand."""
        x = boots(G, 1000)
        h, mended = (self.evaluator(some)[0] for some in (x, self.with_mirrored(x)))
        found = {"mirrored": (self.compass(x) < 0).double().mean().item()}
        return found | {
            "distance": frechet_distance(self.real, h),
            "mended distance": frechet_distance(self.real, mended),
        }


@torch.no_grad()
def opinions(D: nn.Module, G: FromLatents, *, training: bool) -> dict[str, float]:
    """Mean D(x, y) of 300 boots and sneakers, real and fake, also mirrored, and of fake boots half-way to their mirror
    image; in eval mode, or in training mode, in batches in which nine of ten pictures are of all classes."""
    D = copy.deepcopy(D).train(training)
    (pixels, names), n = fashion_mnist("test"), 300
    test = {k: unit(pixels[names == k][:n])[:, None] for k in (BOOT, SNEAKER)}
    fakes, company = boots(G, n), (unit(pixels)[:, None], names.long())
    x_all, y_all = sample(G, 2700)
    assert y_all is not None, "G is not told labels"
    invented = (x_all, y_all)

    def asked(x: Tensor, k: int, others: tuple[Tensor, Tensor]) -> float:
        total = 0.0
        for i, part in enumerate(x.split(10)):
            with_x, with_y = (other[90 * i : 90 * (i + 1)] for other in others)
            y = torch.cat([torch.full((len(part),), k), with_y])
            total += D(torch.cat([part, with_x]), y)[: len(part)].sigmoid().sum().item()
        return round(total / len(x), 3)

    views: dict[str, float] = {}
    for name, x, k, others in (
        ("test boots", test[BOOT], BOOT, company),
        ("fake boots", fakes, BOOT, invented),
        ("test sneakers", test[SNEAKER], SNEAKER, company),
    ):
        views |= {name: asked(x, k, others), f"{name}, mirrored": asked(x.flip(3), k, others)}
    return views | {"fake boots, half-way": asked((fakes + fakes.flip(3)) / 2, BOOT, invented)}


def run(kind: str, share: float, steps: int, seed: int) -> dict:
    torch.set_num_threads(1)
    evaluator, recipe = Evaluator(), replace(RECIPE, seed=seed)
    measured = None if kind in DEAF else Boots(evaluator, Compass(), share)
    pair, accuracy, rows = players(kind, recipe), {}, {}
    for step in islice(recipe.train(pair, images(*planted(seed, share))), steps):
        if step.number in MARKS:
            accuracy[step.number] = round(conditional_accuracy(evaluator, pair.G_ema), 4)
            if measured:
                rows[step.number] = {name: round(value, 4) for name, value in measured.measure(pair.G_ema).items()}
    found = {"kind": kind, "share": share, "steps": steps, "seed": seed, "conditional_accuracy": accuracy}
    if measured:
        modes = {"eval": False, "training": True}
        asked = {mode: opinions(pair.D, pair.G_ema, training=training) for mode, training in modes.items()}
        s = measured.compass(boots(pair.G_ema))
        mirrored, unclear = (s < 0).double().mean().item(), (s.abs() < measured.compass.unclear).double().mean().item()
        found |= {"boots": rows, "mirrored": round(mirrored, 4), "unclear": round(unclear, 4), "D": asked}
    return found


def table(runs: list[dict]) -> str:
    """Means over the runs, and for the boots the median (range), as Markdown."""
    lines = ["| D is told by | planted | runs | " + " | ".join(f"step {m}" for m in MARKS) + " | mirrored at the end |"]
    lines += ["|---" * (len(MARKS) + 4) + "|"]
    for kind, share, steps in ROWS:
        found = [run for run in runs if (run["kind"], run["share"], run["steps"]) == (kind, share, steps)]
        accuracy = [run["conditional_accuracy"] for run in found]
        cells = [f"{mean(marks[str(m)] for marks in accuracy):.1%}" if str(m) in accuracy[0] else "" for m in MARKS]
        cells += ["(not counted)" if kind in DEAF else ", ".join(f"{run['mirrored']:.2%}" for run in found)]
        lines.append(f"| {kind} | {share:.0%} | {len(found)} | " + " | ".join(cells) + " |")
    looked = [run for run in runs if (run["kind"], run["share"], run["steps"]) == ("projection", SHARE, 750)]
    names = [*looked[0]["boots"]["125"]]
    lines += [f"\nThe boots of {len(looked)} runs, D told by projection, {SHARE:.0%} planted\n"]
    lines += ["| step | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for mark in looked[0]["boots"]:
        cells = [records.spread([run["boots"][mark][name] for run in looked], ".3g") for name in names]
        lines.append(f"| {mark} | " + " | ".join(cells) + " |")
    lines += ["\n| mean D(x, y) at the end | eval mode | training mode |", "|---|---|---|"]
    for name in looked[0]["D"]["eval"]:
        cells = [records.spread([run["D"][mode][name] for run in looked], ".2f") for mode in ("eval", "training")]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    names = ("kind", "share", "steps", "seed")
    rows = (dict(zip(names, (*row, seed), strict=True)) for row, seeds in ROWS.items() for seed in range(seeds))
    runs = records.complete(["-m", __spec__.name], RESULTS, rows)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
