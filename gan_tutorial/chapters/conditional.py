"""Notebook 11: other ways to give D the label than the projection of `networks.ConvDiscriminator`, and two panels."""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from ..checks import shape, whole
from ..networks import Discriminator, Generator, one_hot
from ..pictures import CLASSES
from ..plots import FAKE, fast_png, figure_png, show_images, to_grid
from .latent import directions


class Concatenated(nn.Module):
    """A D with the label as further channels of the sample: x (N, C, ...), y (N,) -> (N, C + classes, ...) -> t (N,).

    Each of the `classes` further channels is constant over a picture: 1 for its class, 0 for the others. `network` is a
    D for C + classes channels, without classes of its own. A label as an input of D: Mirza & Osindero 2014
    """

    def __init__(self, network: nn.Module, classes: int):
        super().__init__()
        whole(1, classes=classes)
        self.network, self.classes = network, classes

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        shape(x, "N", "C", "...", name="the sample x")
        y = one_hot(labels, self.classes, len(x)).view(len(x), self.classes, *(1,) * (x.ndim - 2))
        return self.network(torch.cat([x, y.expand(-1, -1, *x.shape[2:])], dim=1))


class Late(nn.Module):
    """A D with the label beside the features, in front of its last, linear layer: t(x, y) = f(x) + a_y.

    `network` is a D without classes of its own; its last layer is replaced by a wider one.
    """

    def __init__(self, network: Discriminator, classes: int):
        super().__init__()
        whole(1, classes=classes)
        network.score = nn.Linear(network.score.in_features + classes, 1)
        nn.init.normal_(network.score.weight, 0, 0.02)
        self.network, self.classes = network, classes

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        y = one_hot(labels, self.classes, len(x))
        return self.network.score(torch.cat([self.network.features(x), y], dim=1)).squeeze(1)


class Unconditional(nn.Module):
    """A D that accepts the label and does not use it."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.network(x)


# What the panels draw


class Window:
    """Fakes of one z a column and one class a row; one of them large, with the classes that a classifier sees in it.

    `classify` makes logits (N, 10) of pictures. For widgets.Panel: `draw`, and `pick` for a click on the grid.
    """

    LEFT, WIDTH = 0.12, 0.58  # where the grid lies in the figure

    def __init__(self, G: Generator, classify: Callable[[Tensor], Tensor], columns: int = 9):
        self.G, self.classify, self.columns, self.axes_of_z = G, classify, columns, directions(G, 3)
        figure = Figure(figsize=(9.5, 6.1), dpi=80)
        figure.set_layout_engine("none")  # whatever the notebook asks of its own figures
        places = ((self.LEFT, 0, self.WIDTH, 1), (0.76, 0.62, 0.22, 0.3), (0.84, 0.11, 0.14, 0.44))
        grid, big, bars = map(figure.add_axes, places)
        self.grid = grid.imshow(np.zeros((302, 30 * columns + 2)), cmap="gray", vmin=0, vmax=255, aspect="auto")
        self.big = big.imshow(np.zeros((28, 28)), cmap="gray", vmin=-1, vmax=1)
        self.frame = Rectangle((0, 0), 31, 31, fill=False, color=FAKE, lw=3)
        grid.add_patch(self.frame)
        self.title, self.bars = big.set_title("", fontsize=11), bars.barh(range(10), [0] * 10, color="0.3")
        for k, name in enumerate(CLASSES):
            grid.text(-5, 30 * k + 16, name, ha="right", va="center", fontsize=11)
            bars.text(-0.08, k, name, ha="right", va="center", fontsize=9)
        for ax in (grid, big):
            ax.axis("off")
        bars.set(xlim=(0, 1), ylim=(9.6, -0.6), xticks=(0, 0.5, 1), yticks=(), xlabel="the classifier sees")
        self.paint = fast_png(figure, [self.grid, self.big, self.frame, self.title, *self.bars])

    @torch.no_grad()
    def draw(self, column: int, order: int, noise_seed: int, **pushes: float) -> bytes:
        z = torch.randn(self.columns, self.G.latent_dim, generator=torch.Generator().manual_seed(noise_seed))
        z[column] += torch.tensor([*pushes.values()]) @ self.axes_of_z
        x = self.G(z.repeat(10, 1), torch.arange(10).repeat_interleave(self.columns))
        chosen = x[order * self.columns + column]
        self.grid.set_data(to_grid(x, self.columns))
        self.big.set_data(chosen[0].numpy())
        self.frame.set_xy((30 * column, 30 * order))
        self.title.set_text(f"ordered: {CLASSES[order]}")
        for bar, share in zip(self.bars, self.classify(chosen[None]).softmax(1)[0].tolist(), strict=True):
            bar.set_width(share)
        return self.paint()

    def pick(self, right: float, down: float) -> dict[str, int]:
        column, row = int((right - self.LEFT) / self.WIDTH * self.columns), min(int(down * 10), 9)
        return {"column": column, "order": row} if self.LEFT <= right < self.LEFT + self.WIDTH else {}


class Mixtures:
    """Fakes of a code (1 - w) of class a, w of class b, and the shares of the classes that a classifier sees in n."""

    WEIGHTS = torch.linspace(0, 1, 9)

    def __init__(self, G: Generator, classify: Callable[[Tensor], Tensor], n: int = 200, seed: int = 0):
        self.G, self.classify = G, classify
        self.z = torch.randn(n, G.latent_dim, generator=torch.Generator().manual_seed(seed))
        self.shares = cache(self._shares)

    @torch.no_grad()
    def mix(self, z: Tensor, a: int, b: int, w: float) -> Tensor:
        """z (N, Z) -> x (N, 1, 28, 28)"""
        code = (1 - w) * F.one_hot(torch.tensor(a), 10) + w * F.one_hot(torch.tensor(b), 10)
        return self.G.net(torch.cat([z, code.expand(len(z), 10)], 1))

    def _shares(self, a: int, b: int, w: float) -> Tensor:
        return self.classify(self.mix(self.z, a, b, w)).argmax(1).bincount(minlength=10) / len(self.z)

    def draw(self, a: int, b: int, noise_seed: int) -> bytes:
        figure = Figure(figsize=(10, 3.6), dpi=80, layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        some = torch.randn(5, self.G.latent_dim, generator=torch.Generator().manual_seed(noise_seed))
        weights = self.WEIGHTS.tolist()
        show_images(left, torch.stack([self.mix(some, a, b, w) for w in weights], 1).flatten(0, 1), len(weights))
        left.set_title(f"{CLASSES[a]}  →  {CLASSES[b]}")
        shares = torch.stack([self.shares(a, b, w) for w in weights])
        others = [k for k in shares.max(0).values.argsort(descending=True).tolist() if k not in (a, b)]
        looks = ((a, "-", "k"), (b, "--", "k"), (others[0], "o-", "0.45"), (others[1], "s:", "0.45"))
        for k, look, colour in looks:
            right.plot(weights, shares[:, k], look, color=colour, label=CLASSES[k])
        right.set(xlabel="weight w of the second class", ylabel=f"share of {len(self.z)} fakes", ylim=(0, 1))
        right.set_title("what the classifier sees")
        right.legend(fontsize=10)
        return figure_png(figure, 80)
