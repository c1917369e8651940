"""Few labels, many pictures: does a game teach a classifier? The D of notebook 07 with K + 1 outputs (notebook 13).

    python -m gan_tutorial.experiments.n13_labels                      what is still missing, then the table
    python -m gan_tutorial.experiments.n13_labels METHOD LABELS SEED   one run

"labels alone" is the same network without G, fakes and unlabelled pictures; "tuned" has Dropout and a smaller
learning rate, which were better on the test pictures at 100 labels: a choice in favour of this baseline. All take 1000
steps with 32 pictures each of what they look at (labelled, unlabelled, fake ones), and the last weights count; with
10,000 labels 5000 steps, so that each is seen 16 times on average.

"kernel on ..." is kernel ridge regression on raw pixels, or on what the shipped D sees. "probe on ..." is the linear
probe of the notebook on a D that learnt nothing, 1000 steps of notebook 07's game, or 1000 steps of telling by how many
quarter turns a picture was turned, with as many pictures a step (Gidaris et al. 2018): the same network, the same
labelled sets. Runs that data/results/labels.jsonl holds are not made again. In all it takes three quarters of an hour
of one core.
"""

from functools import partial
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from ..chapters.linear_probe import choose_ridge, fit, fit_kernel, in_turn, layers, principal, untrained
from ..chapters.semisupervised import Sorter, WithLabels
from ..networks import ConvDiscriminator
from ..pictures import fashion_mnist, images, unit
from ..pretrained import load_discriminator
from ..recipe import Recipe
from ..sampling import at_rest
from ..training import Players, descend, train
from . import records

RESULTS = records.FOLDER / "labels.jsonl"
STEPS, COUNT = 1000, 256
PLAYED = {  # method -> numbers of labels
    "labels alone": (100, 1000),
    "labels alone, tuned": (10, 100, 1000, 10_000),
    "K+1": (100, 1000),
    "K+1, feature matching": (100,),
    "labels alone, tuned, no BatchNorm": (100,),
    "K+1, no BatchNorm": (100,),
    "K+1, feature matching, no BatchNorm": (100,),
}
PROBED = {
    "kernel on pixels": (10, 100, 1000, 3000, 10_000),
    "kernel on D": (10, 100, 1000, 10_000),
    "probe on pixels": (1000,),
    "probe on an untrained D": (1000,),
    "probe on a D of 1,000 steps": (1000,),
    "probe on turned pictures": (1000,),
}
WANTED = PLAYED | PROBED


class FeatureMatching(WithLabels):
    """G's cost is |E h(x) - E h(G(z))|^2, the mean features of a real and a fake batch. Salimans et al. 2016"""

    h: Tensor  # the features of what D saw last

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.D.net.register_forward_hook(lambda net, inputs, h: setattr(self, "h", h))

    def generator_loss(self, d_real, d_fake: Tensor) -> Tensor:
        fake = self.h
        d_real()
        return (self.h.detach().mean(0) - fake.mean(0)).square().sum()


class Pair(Players):
    D: Sorter


def cast(method: str, seed: int) -> Pair:
    """The players of notebook 07, but D has a logit for each class."""
    recipe, tuned, bare = Recipe(seed=seed), "tuned" in method, method.endswith("no BatchNorm")
    torch.manual_seed(seed)
    G, D = recipe.generator(), Sorter(widths=recipe.widths_D, batch_norm=not bare, dropout=0.3 * tuned)
    lr = 1e-3 if tuned else recipe.lr_D
    return Pair.create(G, D, lr_G=recipe.lr_G, lr_D=lr, betas=recipe.betas, seed=seed)


def learn(method: str, players: Pair, pixels: Tensor, labelled):
    """A generator of steps: each one trains D, and G if there is one."""
    if method.startswith("labels alone"):
        while True:
            x, y = labelled()
            descend(players.opt_D, F.cross_entropy(players.D.logits(x), y))
            yield
    rule = FeatureMatching if "matching" in method else WithLabels
    recipe = Recipe()
    game, batch_size = rule(players.D, labelled), recipe.batch_size
    yield from train(players, images(pixels), game, batch_size=batch_size, decay=recipe.decay)


@torch.no_grad()
def accuracy(D: Sorter, x: Tensor, y: Tensor) -> float:
    """The share of the pictures x (N, 1, 28, 28) that D, in eval mode, puts into their class y (N,).

    Afterwards D is in training mode.
    """
    D.eval()
    right = torch.cat([D.logits(part).argmax(1) for part in x.split(125)]) == y
    D.train()
    return right.double().mean().item()


def turned(x: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each picture x (N, C, S, S) turned by k quarters, k (N,) drawn from 0..3."""
    k = torch.randint(4, (len(x),), generator=rng)
    return torch.stack([x[i].rot90(turns, (1, 2)) for i, turns in enumerate(k.tolist())]), k


def teacher(method: str, pixels: Tensor, unlabelled: Tensor, seed: int) -> ConvDiscriminator:
    """The D of a method that is probed, after it was taught without labels."""
    recipe = Recipe(seed=seed)
    torch.manual_seed(seed)
    if method.endswith("untrained D"):
        return untrained(recipe.discriminator(), unlabelled, seed)
    data = images(pixels)
    if method.endswith("steps"):
        players = recipe.optimised(recipe.generator(), D := recipe.discriminator())
        for _ in islice(recipe.train(players, data), STEPS):
            pass
        return D
    sorter, rng = Sorter(kinds=4, widths=recipe.widths_D, batch_norm=True), torch.Generator().manual_seed(seed)
    search = torch.optim.Adam(sorter.parameters(), recipe.lr_D, recipe.betas)
    for _ in range(STEPS):
        (x,) = data(2 * recipe.batch_size, rng)  # the D of a game meets as many, half of them fake
        x, k = turned(x, rng)
        descend(search, F.cross_entropy(sorter.logits(x), k))
    return sorter


def seen(D: ConvDiscriminator, x: Tensor, unlabelled: Tensor) -> Tensor:
    """What D sees in x, all layers side by side, so scaled that those of the unlabelled pictures vary alike."""
    with at_rest(D):
        spread = [h.var(0).sum().sqrt() for h in layers(D, unlabelled)]
        return torch.cat(
            [torch.cat([h / s for h, s in zip(layers(D, part), spread, strict=True)], 1) for part in x.split(125)]
        )


def probe(method: str, pixels: Tensor, y: Tensor, x: Tensor, test: Tensor, seed: int) -> Tensor:
    """The classes of test pictures, found by a classifier of labelled pictures x, y on features without labels."""
    order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(seed))
    unlabelled = unit(pixels[order[:2500], None])
    parts = [x, test, unlabelled]
    if method.endswith("pixels"):
        h = [part.flatten(1) for part in parts]
    else:
        D = load_discriminator() if method == "kernel on D" else teacher(method, pixels, unlabelled, seed)
        h = [seen(D, part, unlabelled) for part in parts]
    if method.startswith("kernel"):
        return fit_kernel(h[0], y)(h[1]).argmax(1)
    axes = principal(h[2], COUNT)
    return fit(axes(h[0]), y, choose_ridge(axes(h[0]), y))(axes(h[1])).argmax(1)


def run(method: str, labels: int, seed: int) -> dict:
    torch.set_num_threads(1)
    (pixels, classes), (test_pixels, test_classes) = fashion_mnist(), fashion_mnist("test")
    test, rng = unit(test_pixels[:, None]), torch.Generator().manual_seed(seed)
    rows = in_turn(classes, rng)[:labels]
    if method in PROBED:
        found = probe(method, pixels, classes[rows].long(), unit(pixels[rows, None]), test, seed)
        share = (found == test_classes).double().mean().item()
    else:
        players = cast(method, seed)
        labelled = partial(images(pixels[rows], classes[rows]), Recipe().batch_size, rng)
        for _ in islice(learn(method, players, pixels, labelled), max(STEPS, labels // 2)):
            pass
        share = accuracy(players.D, test, test_classes)
    return {"method": method, "labels": labels, "seed": seed, "accuracy": share}


def table(runs: list[dict]) -> str:
    """Medians over the seeds, with the range, as Markdown."""
    lines = ["| method | labels | runs | right on the test pictures, median (range) |", "|---|---|---|---|"]
    for method, numbers in WANTED.items():
        for labels in numbers:
            found = [run["accuracy"] for run in runs if (run["method"], run["labels"]) == (method, labels)]
            middle = records.spread(found, ".1%")
            lines.append(f"| {method} | {labels:,} | {len(found)} | {middle} |")
    return "\n".join(lines)


def main() -> None:
    wanted = (
        {"method": method, "labels": labels, "seed": seed}
        for method, numbers in WANTED.items()
        for labels in numbers
        for seed in range(3 if labels == 10_000 else 5)
    )
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    if found := records.start(main, RESULTS, run):
        print(found, flush=True)
