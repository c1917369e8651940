"""Few labels, many pictures: does a game teach a classifier? The D of notebook 07 with K + 1 outputs (notebook 13).

    python -m gan_tutorial.experiments.n13_labels                      what is still missing, then the table
    python -m gan_tutorial.experiments.n13_labels METHOD LABELS SEED   one run

"labels alone" is the same network without G, fakes and unlabelled pictures; "tuned" has Dropout and a smaller
learning rate, which were better on the test pictures at 100 labels: a choice in favour of this baseline. All take 1000
steps with 32 pictures each of labelled, unlabelled and fake ones, and the last weights count; with 10,000 labels 5000
steps, so that each is seen 16 times. Runs that data/results/labels.jsonl holds are not made again. In all it takes a
quarter of an hour of one core.
"""

from functools import partial
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from ..chapters.linear_probe import in_turn
from ..chapters.semisupervised import Sorter, WithLabels
from ..pictures import fashion_mnist, images, unit
from ..recipe import Recipe
from ..training import Players, descend, train
from . import records

RESULTS = records.FOLDER / "labels.jsonl"
STEPS = 1000
WANTED = {  # method -> numbers of labels
    "labels alone": (100, 1000),
    "labels alone, tuned": (10, 100, 1000, 10_000),
    "K+1": (100, 1000),
    "K+1, feature matching": (100,),
}


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
    recipe, tuned = Recipe(seed=seed), method.endswith("tuned")
    torch.manual_seed(seed)
    G, D = recipe.generator(), Sorter(widths=recipe.widths_D, batch_norm=True, dropout=0.3 * tuned)
    lr = 1e-3 if tuned else recipe.lr_D
    return Pair.create(G, D, lr_G=recipe.lr_G, lr_D=lr, betas=recipe.betas, seed=seed)


def learn(method: str, players: Pair, pixels: Tensor, labelled):
    """A generator of steps: each one trains D, and G if there is one."""
    if method.startswith("labels alone"):
        while True:
            x, y = labelled()
            descend(players.opt_D, F.cross_entropy(players.D.logits(x), y))
            yield
    rule = FeatureMatching if method.endswith("matching") else WithLabels
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


def run(method: str, labels: int, seed: int) -> dict:
    torch.set_num_threads(1)
    (pixels, classes), (test_pixels, test_classes) = fashion_mnist(), fashion_mnist("test")
    players, rng = cast(method, seed), torch.Generator().manual_seed(seed)
    rows = in_turn(classes, rng)[:labels]
    labelled = partial(images(pixels[rows], classes[rows]), Recipe().batch_size, rng)
    for _ in islice(learn(method, players, pixels, labelled), max(STEPS, labels // 2)):
        pass
    share = accuracy(players.D, unit(test_pixels[:, None]), test_classes)
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
        for seed in range(5 if labels == 100 else 3)
    )
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    if found := records.start(main, RESULTS, run):
        print(found, flush=True)
