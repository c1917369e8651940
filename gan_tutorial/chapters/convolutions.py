"""How a layer grows a map (notebook 06). With kernel k, stride s, padding p, output padding r and dilation d, i inputs
along a side give

    convolution   floor((i + 2p - d(k - 1) - 1) / s) + 1
    transposed    (i - 1)s + d(k - 1) + 1 - 2p + r

outputs. `Layer` says so, `generator_for` builds a generator of such layers for a wanted size, `overlap` predicts its
checkerboard, and `lattice` measures one. The last two functions make the pictures of the notebook's panels.
"""

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from torch import Tensor, nn

from ..plots import fast_png


class Layer(NamedTuple):
    """One transposed convolution, in PyTorch's order; the defaults are those of its DCGAN example."""

    kernel: int = 4
    stride: int = 2
    padding: int = 1
    output_padding: int = 0
    dilation: int = 1

    def up(self, side: int) -> int:
        """How many outputs the transposed convolution has."""
        return (side - 1) * self.stride + self.dilation * (self.kernel - 1) + 1 - 2 * self.padding + self.output_padding

    def down(self, side: int) -> int:
        """How many outputs the convolution has."""
        return (side + 2 * self.padding - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def touches(self, inputs: int) -> list[tuple[int, int]]:
        """Which output each input paints on, counted from the first one kept: all pairs (i, o)."""
        k, s, p, _, d = self
        return [(i, i * s + j * d - p) for i in range(inputs) for j in range(k)]


DCGAN = Layer()


def multiplies(kernel: int, stride: int) -> Layer:
    """A layer without dilation that multiplies the side by its stride."""
    padding = max(0, (kernel - stride + 1) // 2)
    return Layer(kernel, stride, padding, stride + 2 * padding - kernel)


def possible_sizes(layers: int, layer: Layer) -> dict[int, list[int]]:
    """{size of the picture: all sides on the way there} for so many equal layers and every first side up to 64."""
    sizes: dict[int, list[int]] = {}
    for first in range(1, 65):
        sides = [first]
        for _ in range(layers):
            sides.append(layer.up(sides[-1]))
        if min(sides) > 0:
            sizes.setdefault(sides[-1], sides)
    return sizes


def generator_for(
    size: int, widths: tuple[int, ...] = (64, 32), layer: Layer = DCGAN, latent_dim: int = 64
) -> nn.Sequential:
    """A generator of grey pictures, z (N, Z) -> x (N, 1, size, size), as DCGAN's but for the layer.

    ValueError, with the next such sizes below and above, if no first side up to 64 leads to this one.
    """
    sizes = possible_sizes(len(widths), layer)
    if size not in sizes:
        near = [*sorted(s for s in sizes if s < size)[-1:], *sorted(s for s in sizes if s > size)[:1]]
        nearby = ", ".join(map(str, near)) or "none"
        raise ValueError(f"no first side up to 64 leads to {size}; possible nearby: {nearby}")
    side, (k, s, p, r, d) = sizes[size][0], layer
    net: list[nn.Module] = [
        nn.Linear(latent_dim, widths[0] * side**2, bias=False),
        nn.Unflatten(1, (widths[0], side, side)),
    ]
    for a, b in pairwise((*widths, 1)):
        net += [nn.BatchNorm2d(a), nn.ReLU(), nn.ConvTranspose2d(a, b, k, s, p, r, bias=b == 1, dilation=d)]
    for m in net:
        if isinstance(m, nn.Linear | nn.ConvTranspose2d):
            nn.init.normal_(m.weight, 0, 0.02)
    return nn.Sequential(*net, nn.Tanh())


def overlap(layer: Layer, layers: int, first: int) -> Tensor:
    """Through how many paths does each output pixel hear the first map? (first, first) -> (S, S)"""
    k, s, p, r, d = layer
    paths = torch.ones(1, 1, first, first)
    for _ in range(layers):
        paths = F.conv_transpose2d(paths, torch.ones(1, 1, k, k), None, s, p, r, 1, d)
    return paths[0, 0]


@torch.no_grad()
def mean_pictures(layer: Layer, number: int, widths: tuple[int, ...] = (32, 16), size: int = 28) -> Tensor:
    """The mean picture over 32 latents of each of so many untrained generators: (number, size, size)."""
    found = []
    for _ in range(number):
        net = generator_for(size, widths, layer, latent_dim=16)
        for name, weight in net.named_parameters():
            if name.endswith("bias"):  # BatchNorm's is 0, and the last one is one number for all pixels: no pattern
                nn.init.zeros_(weight)
        found.append(net(torch.randn(32, 16)).mean(0)[0])
    return torch.stack(found)


def lattice(x: Tensor) -> float:
    """How strong a lattice of every second pixel is, in pictures or maps (N, C, S, S), S even: about 1 is none.

    The power of waves two pixels long (across, down or both, the largest of the three) over that of waves a little
    longer.
    """
    power, h = torch.fft.fft2(x.double()).abs().square().mean((0, 1)), x.shape[-1] // 2
    near = {(h, 0): [(h - 1, 0)], (0, h): [(0, h - 1)], (h, h): [(h - 1, h - 1), (h - 1, h + 1)]}
    return max((power[f] / torch.stack([power[n] for n in longer]).mean()).item() for f, longer in near.items())


def windows(x: Tensor, where: Tensor) -> Tensor:
    """The windows of 8 × 8 of maps (N, C, 28, 28), nine side by side in each, in which all of `where` (N, 1, 28, 28)
    is true: (M, C, 8, 8).
    """

    def nine(x: Tensor) -> Tensor:
        return x[..., 2:26, 2:26].unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 1, 4, 5)

    return nine(x)[nine(where).flatten(3).all(3)]


def shuffled(layer: nn.Conv2d | nn.ConvTranspose2d) -> nn.Conv2d | nn.ConvTranspose2d:
    """A layer with the same weights in another order."""
    other = copy.deepcopy(layer)
    order = torch.randperm(layer.weight.numel())
    other.weight.data = layer.weight.detach().flatten()[order].view_as(layer.weight)
    return other


# What the panels draw


def calculator() -> Callable[..., bytes]:
    """A function that draws one layer along a side of four, and a generator of such layers for a wanted size."""
    figure = Figure(figsize=(9.6, 3.9), dpi=80)
    figure.set_layout_engine("none")  # whatever the notebook asks of its own figures
    left, right = figure.add_axes((0.02, 0.13, 0.53, 0.72)), figure.add_axes((0.6, 0.13, 0.38, 0.72))
    left.set(xlim=(-0.05, 1.05), ylim=(-0.25, 1.25))
    right.set(xlim=(-0.02, 3.65), ylim=(-0.02, 2.8))
    for ax in (left, right):
        ax.axis("off")
    left.text(-0.04, -0.2, "black: inputs, grey: outputs, hollow: cut off by the padding", fontsize=12)
    lines = left.add_collection(LineCollection([], linewidths=1.5))
    dots = left.scatter([], [], s=90, zorder=3, linewidths=1.5)
    squares = PolyCollection([], facecolors="0.9", edgecolors="black")
    right.add_collection(squares)
    places = ((0.03, 0.93), (0.03, 0.03), (0.6, 0.93), (0.6, 0.03))
    title, counts, path, verdict = texts = [figure.text(x, y, "", fontsize=12) for x, y in places]
    verdict.set_verticalalignment("bottom")  # it may have two lines
    repaint = fast_png(figure, [lines, dots, squares, *texts])

    def draw(size: int, layers: int, **settings: int) -> bytes:
        layer, widths = Layer(**settings), tuple(32 * 2**n for n in reversed(range(layers)))
        _draw_touches(layer, lines, dots, title, counts)
        try:
            with torch.device("meta"):  # shapes without numbers: building costs nothing
                net = generator_for(size, widths, layer)
                net(torch.empty(2, 64))
            sides = possible_sizes(layers, layer)[size]
            verdict.set_text(f"built, with {sum(w.numel() for w in net.parameters()):,} parameters")
        except ValueError as error:
            sides = []
            verdict.set_text(str(error).replace("; ", ";\n"))
        path.set_text(f"wanted: {size}.  " + " → ".join(map(str, sides)))
        inch = min(2.6 / max(sides, default=1), 3.3 / (sum(sides) or 1))
        start = [inch * sum(sides[:n]) + 0.08 * n for n in range(len(sides))]
        boxes = [(a, a + inch * n, inch * n) for a, n in zip(start, sides, strict=True)]
        squares.set_verts([[(a, 0), (a, top), (b, top), (b, 0)] for a, b, top in boxes])
        return repaint()

    return draw


def _draw_touches(layer: Layer, lines, dots, title, counts, inputs: int = 4) -> None:
    """The left half: which input paints on which output, the second input in black."""
    k, s, p, r, d = layer
    size, pairs = layer.up(inputs), layer.touches(inputs)
    if r >= max(s, d) or size < 1:
        raise ValueError(f"{inputs} inputs would give {size} outputs; PyTorch also wants output padding < {max(s, d)}")
    low, high = -p, max(size, pairs[-1][1] + 1)  # outputs from low to high - 1, cut-off ones included

    def across(o: float) -> float:
        return (o - low) / max(high - 1 - low, 1)

    bottom = [(across(i * s + d * (k - 1) / 2 - p), 0) for i in range(inputs)]  # an input stands below its patch
    lines.set_segments([[bottom[i], (across(o), 1)] for i, o in pairs])
    lines.set_color(["black" if i == 1 else "0.72" for i, _ in pairs])
    dots.set_offsets(bottom + [(across(o), 1) for o in range(low, high)])
    dots.set_facecolor(["black"] * inputs + ["0.5" if 0 <= o < size else "white" for o in range(low, high)])
    dots.set_edgecolor(["black"] * inputs + ["0.5"] * (high - low))
    cut = high - low - size
    title.set_text(f"{inputs} inputs → {size} outputs" + f", and {cut} cut off" * (cut > 0))
    counts.set_text("inputs per output:  " + " ".join(str(sum(o == n for _, o in pairs)) for n in range(size)))


def checkerboards() -> Callable[[int, int, int, int], bytes]:
    """A function that draws the predicted strength of a checkerboard, and the mean picture of one untrained G."""
    figure = Figure(figsize=(8, 3.9), dpi=80)
    figure.set_layout_engine("none")  # whatever the notebook asks of its own figures
    images = []
    for x, low, high, name in ((0.02, 0, 2, "predicted strength"), (0.52, -0.3, 0.3, "mean picture, one untrained G")):
        ax = figure.add_axes((x, 0.02, 0.46, 0.86))
        ax.set_title(name, fontsize=12)
        ax.axis("off")
        nothing = torch.zeros(2, 2).numpy()
        images.append(ax.imshow(nothing, cmap="gray", vmin=low, vmax=high, extent=(0, 1, 0, 1)))
    repaint = fast_png(figure, images)

    def draw(kernel: int, stride: int, layers: int, seed: int) -> bytes:
        layer = multiplies(kernel, stride)
        strength = overlap(layer, layers, 4).sqrt()
        torch.manual_seed(seed)
        images[0].set_data((strength / strength.mean()).numpy())
        images[1].set_data(mean_pictures(layer, 1, (16, 12, 8)[-layers:], 4 * stride**layers)[0].numpy())
        return repaint()

    return draw
