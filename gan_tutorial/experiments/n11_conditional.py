"""How is D told the label, and what becomes of a planted share? (notebook 11)

    python -m gan_tutorial.experiments.n11_conditional                         what is still missing, then the table
    python -m gan_tutorial.experiments.n11_conditional KIND SHARE STEPS SEED   one run

The recipe of notebook 07 with labels, on Fashion-MNIST where a share of the ankle boots is mirrored. Measured on the
averaged G: the share of pictures in which the shipped classifier sees the class that was ordered, over the run; at its
end the share of mirrored boots among 2,000. Runs that data/results/conditional.jsonl holds are not made again. In all
it takes a quarter of an hour of one core.
"""

from dataclasses import replace
from itertools import islice
from statistics import mean

import torch
from torch import Tensor, nn

from ..chapters.conditional import Concatenated
from ..classifier import Evaluator
from ..networks import ConvDiscriminator
from ..pictures import fashion_mnist, images, unit
from ..recipe import Recipe
from ..sampling import FromLatents, sample
from ..training import Players
from . import records

RESULTS = records.FOLDER / "conditional.jsonl"
RECIPE = Recipe(classes=10, steps=1500)
MARKS = (125, 250, 500, 1000, 1500, 3000, 6000)  # steps
BOOT, SHARE = 9, 0.1
ROWS = {  # how D is told, planted share, steps -> seeds
    ("projection", SHARE, 1500): 6,
    ("concatenation", SHARE, 1500): 2,
    ("ignored", SHARE, 1500): 2,
    ("projection", SHARE, 6000): 1,
    ("projection", 0.25, 1500): 2,
    ("projection", 0.5, 1500): 2,
}


class Deaf(nn.Module):
    """A D that accepts the label and does not use it."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.network(x)


def discriminator(kind: str, recipe: Recipe) -> nn.Module:
    """The D of the recipe, told the label in that way."""
    plain = replace(recipe, classes=0)
    if kind == "projection":
        return recipe.discriminator()
    if kind == "ignored":
        return Deaf(plain.discriminator())
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


def run(kind: str, share: float, steps: int, seed: int) -> dict:
    torch.set_num_threads(1)
    evaluator, compass, recipe = Evaluator(), Compass(), replace(RECIPE, seed=seed)
    pair, marks = players(kind, recipe), {}
    for step in islice(recipe.train(pair, images(*planted(seed, share))), steps):
        if step.number in MARKS:
            marks[step.number] = round(conditional_accuracy(evaluator, pair.G_ema), 4)
    s = compass(boots(pair.G_ema))
    mirrored, unclear = (s < 0).double().mean().item(), (s.abs() < compass.unclear).double().mean().item()
    found = {"conditional_accuracy": marks, "mirrored": round(mirrored, 4), "unclear": round(unclear, 4)}
    return {"kind": kind, "share": share, "steps": steps, "seed": seed} | found


def table(runs: list[dict]) -> str:
    """Means over the runs, as Markdown."""
    lines = ["| D is told by | planted | runs | " + " | ".join(f"step {m}" for m in MARKS) + " | mirrored at the end |"]
    lines += ["|---" * (len(MARKS) + 4) + "|"]
    for kind, share, steps in ROWS:
        found = [run for run in runs if (run["kind"], run["share"], run["steps"]) == (kind, share, steps)]
        cells = [
            f"{mean(run['conditional_accuracy'][str(m)] for run in found):.1%}" if m <= steps else "" for m in MARKS
        ]
        cells += ["(no boots)" if kind == "ignored" else ", ".join(f"{run['mirrored']:.2%}" for run in found)]
        lines.append(f"| {kind} | {share:.0%} | {len(found)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    names = ("kind", "share", "steps", "seed")
    rows = (dict(zip(names, (*row, seed), strict=True)) for row, seeds in ROWS.items() for seed in range(seeds))
    runs = records.complete(["-m", __spec__.name], RESULTS, rows)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
