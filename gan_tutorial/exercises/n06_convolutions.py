"""The exercises of notebook 06."""

import copy
import functools
import math
from collections.abc import Callable
from itertools import accumulate, chain
from operator import mul

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import ConvDiscriminator, ConvGenerator
from ..pictures import fashion_mnist
from ..plots import to_grid
from ..pretrained import load_generator
from ..sampling import at_rest
from . import Exercise, Open, Recall, Refused
from .engine import as_tensor
from .inputs import numbers

# 06.1


def solve_receptive_field(layers: list[tuple[int, int]]) -> int:
    side = 1
    # backwards: `side` neighbours of a map come from (side - 1) strides and one kernel of the map before
    for kernel, stride in reversed(layers):
        side = (side - 1) * stride + kernel
    return side


def solve_receptive_field_forwards(layers: list[tuple[int, int]]) -> int:
    side, apart = 1, 1  # how far neighbours of this map are apart, in pixels
    for kernel, stride in layers:
        side += (kernel - 1) * apart
        apart *= stride
    return side


def field(term: Callable, start: int = 1) -> Callable:
    """A wrong sum over the layers of term(kernel, stride, product of the strides before)."""

    def wrong(layers):
        before = accumulate(chain([1], (s for _, s in layers)), mul)
        return start + sum(term(k, s, b) for (k, s), b in zip(layers, before, strict=False))

    return wrong


def only_the_stride_before(layers):
    strides = [1, *(s for _, s in layers)]
    return 1 + sum((k - 1) * s for (k, _), s in zip(layers, strides, strict=False))


def use_receptive_field(receptive_field: Callable) -> str:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        D = ConvDiscriminator(size=64, widths=(4, 4, 4))
    lines = ["Pixels across that move the number in the middle of a map, by autograd; and your answer:"]
    x, h = torch.zeros(1, 1, 64, 64, requires_grad=True), None
    for k in range(1, 4):
        h = D.net[: 2 * k](x)
        (slope,) = torch.autograd.grad(h[0, :, h.shape[2] // 2, h.shape[3] // 2].sum(), x)
        seen = int((slope[0, 0].abs().sum(0) > 0).sum())
        lines.append(f"{k} × (kernel 4, stride 2): {seen}; {int(receptive_field([(4, 2)] * k))}")
    return "\n".join(lines)


receptive_field = Exercise(
    number="06.1",
    level="complete",
    minutes=4,
    solutions=(solve_receptive_field, solve_receptive_field_forwards),
    derivation="Neighbours of map i are s₁ ⋯ sᵢ pixels apart, so a kernel of layer i adds (kᵢ − 1) s₁ ⋯ sᵢ₋₁ to the 1 "
    "pixel "
    "of the start.",
    inputs=lambda: [
        ([(4, 2), (4, 2), (3, 1)],),
        ([(3, 1), (5, 2)],),
        ([(7, 2), (3, 2), (3, 1), (2, 3)],),
        ([(5, 4)],),
        ([(3, 3), (1, 1), (4, 2), (3, 1)],),
        ([(4, 2)] * 4 + [(3, 2)],),
    ],
    mistakes=(
        (
            field(lambda k, s, before: k - 1),
            "the strides play no part: behind a stride of 2 neighbours are two pixels apart.",
        ),
        (
            field(lambda k, s, before: (k - 1) * before * s),
            "the stride of a layer already counts for its own kernel. The kernel lies on the map before the layer.",
        ),
        (
            lambda layers: solve_receptive_field(layers[::-1]),
            "the layers are taken in the wrong order: a stride widens what comes after it.",
        ),
        (
            field(lambda k, s, before: (k - 1) * before, start=0),
            "one pixel too few: one number without any layer sees one pixel.",
        ),
        (
            field(lambda k, s, before: k * before),
            "a kernel of k adds k − 1 neighbours, for one of its places was there before.",
        ),
        (
            field(lambda k, s, before: (k - 2) * before),
            "a kernel of k adds k − 1 neighbours to the one that was there; here it adds k − 2.",
        ),
        (field(lambda k, s, before: k, start=0), "the kernels are added. Two kernels of 3 with stride 1 see 5, not 6."),
        (
            lambda layers: math.prod(k for k, _ in layers),
            "the kernels are multiplied. Neighbouring patches overlap unless the stride is at least the kernel.",
        ),
        (
            lambda layers: functools.reduce(lambda side, layer: side * layer[1] + layer[0], layers[::-1], 1),
            "r neighbours have r − 1 strides between them. Here there are r.",
        ),
        (
            lambda layers: 3 * 2 ** len(layers) - 2,
            "this is the answer if all kernels are 4 and all strides 2. Each layer has its own.",
        ),
        (
            lambda layers: layers[-1][0] * math.prod(s for _, s in layers),
            "the last kernel is multiplied by all strides. Its own does not count, and the kernels before it see "
            "something as well.",
        ),
        (
            lambda layers: sum(k * s for k, s in layers),
            "each kernel times its own stride, added up. How far are neighbours apart, and how many does a kernel add?",
        ),
        (
            only_the_stride_before,
            "a kernel is stretched by the stride before it alone. The strides of all layers before it multiply.",
        ),
        (
            lambda layers: solve_receptive_field([(max(k, s), s) for k, s in layers]),
            "a stride beyond the kernel is counted as a kernel. Count from the first pixel seen to the last one.",
        ),
        (lambda layers: solve_receptive_field(layers[:-1]), "the last layer is left out."),
        (lambda layers: solve_receptive_field(layers[1:]), "the first layer is left out."),
        (
            lambda layers: solve_receptive_field([(k, 2) for k, _ in layers]),
            "every stride is taken as 2. Each layer has its own.",
        ),
        (
            lambda layers: solve_receptive_field([(4, s) for _, s in layers]),
            "every kernel is taken as 4. Each layer has its own.",
        ),
        (lambda layers: layers[0][0], "this is what the first layer sees."),
        (lambda layers: layers[-1][0], "this is what the last layer sees of the map before it, not of the picture."),
        (
            lambda layers: math.prod(s for _, s in layers),
            "this is how far neighbours of the last map are apart, in pixels.",
        ),
        (
            lambda layers: layers[-1][0] * math.prod(s for _, s in layers[:-1]),
            "the last kernel is stretched by the strides, but the kernels before it see something as well.",
        ),
        (
            field(lambda k, s, before: (k - 1) * s),
            "each layer counts its own stride alone. The strides of all layers before it multiply.",
        ),
        (
            field(lambda k, s, before: (k // 2) * before),
            "this is counted to one side only: the kernel reaches to both.",
        ),
        (
            lambda layers: solve_receptive_field(layers) ** 2,
            "this is the area in pixels. The side is asked for.",
        ),
        (
            lambda layers: min(64, solve_receptive_field(layers)),
            "you stop at 64 pixels. What a number sees may be larger than your picture.",
        ),
    ),
    hints=(
        "One number of the last map sees `kernel` numbers of the map before. How many does a row of two neighbours "
        "see?",
        "A row of r neighbours of a map comes from (r − 1) · stride + kernel numbers before it. Go back layer by "
        "layer.",
    ),
    prediction=("What one number sees after three layers of kernel 4, stride 2, pixels across", lambda: 22),
    insight="22 of 28: in eval mode no feature of 07's D sees the whole width; its last layer sees all features. "
    "[(4, 2)] * 3 + [(4, 1)] * 2 gives 70, the 70 × 70 patches of Isola et al. (2017).",
    reward=use_receptive_field,
)


# 06.2


def solve_pictures(G: nn.Module, z: Tensor) -> Tensor:
    training = G.training
    G.eval()  # with brackets: without them the method is only named
    with torch.no_grad():
        x = G(z)
    G.train(training)
    return x


def solve_pictures_by_copy(G: nn.Module, z: Tensor) -> Tensor:
    return copy.deepcopy(G).eval()(z).detach()


def solve_pictures_by_package(G: nn.Module, z: Tensor) -> Tensor:
    with at_rest(G):
        return G(z)


def as_it_is(G, z):
    with torch.no_grad():
        return G(z)


def in_training(G, z):
    return as_it_is(copy.deepcopy(G).train(), z)


def one_by_one(G, z):
    return torch.cat([as_it_is(G, one[None]) for one in z])


def first_layer_at_rest(G, z):
    G = copy.deepcopy(G)
    next(m for m in G.modules() if isinstance(m, nn.BatchNorm2d)).eval()
    return as_it_is(G, z)


def seen_once(G, z):
    G = copy.deepcopy(G)
    as_it_is(G, z)
    return as_it_is(G.eval(), z)


def forgetful(G, z):
    G = copy.deepcopy(G).eval()
    for m in G.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.reset_running_stats()
    return as_it_is(G, z)


def without_norms(G, z):
    return G.net[:2].append(nn.Sequential(*[m for m in G.net[2:] if not isinstance(m, nn.BatchNorm2d)]))(z).detach()


def fixed_company(G, z):
    G = copy.deepcopy(G).train()
    return torch.cat([as_it_is(G, torch.cat([one[None], torch.zeros(7, len(one))]))[:1] for one in z])


def outcome_of_pictures(pictures: Callable, G: nn.Module, z: Tensor):
    def settings():
        norms = [(m.momentum, m.track_running_stats) for m in G.modules() if isinstance(m, nn.BatchNorm2d)]
        return norms, [p.grad is None for p in G.parameters()]

    (norms, without), x = settings(), pictures(G, z)
    if settings()[0] != norms:
        raise Refused("the settings of G's BatchNorms are changed for good, and G is still to be trained with them.")
    if sum(settings()[1]) > sum(without):
        raise Refused("G's gradients are deleted: no zero_grad here, G stays as it was.")
    return [x] if isinstance(x, dict) else x


def small_generators() -> list[tuple]:
    cases = []
    for k, (n, size, widths, training) in enumerate(
        ((5, 8, (6, 3), True), (3, 4, (4,), True), (4, 8, (5, 2), False), (2, 12, (3, 4), True))
    ):
        torch.manual_seed(k)
        G = ConvGenerator(size=size, latent_dim=4, widths=widths)
        for m in G.modules():
            if isinstance(m, nn.ConvTranspose2d):
                m.weight.data *= 10
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = 0.5
                nn.init.normal_(m.weight, 1.0, 0.3)
        for _ in range(5):
            G(1 + torch.randn(16, 4))
        z = torch.randn(n, 4)
        for p in G.parameters():  # as its last turn left it
            p.grad = torch.randn_like(p)
        cases.append((G.train(training), z))
    return cases


def show_company(pictures: Callable):
    """One latent in eight batches, each time with other company: by the learner's function, and in train mode."""
    G, rng = load_generator(), torch.Generator().manual_seed(0)
    one = torch.randn(1, G.latent_dim, generator=rng)
    rows = {"your function": [], "train mode": []}
    for _ in range(8):
        batch = torch.cat([one, torch.randn(7, G.latent_dim, generator=rng)])
        rows["your function"].append(torch.as_tensor(pictures(G.train(), batch))[:1].detach())
        rows["train mode"].append(in_training(G, batch)[:1])
    figure, axes = plt.subplots(2, 1, figsize=(7, 2.3))
    for ax, (name, row) in zip(axes, rows.items(), strict=True):
        ax.imshow(to_grid(torch.cat(row), columns=8), cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"one latent in eight batches: {name}", fontsize=10)
        ax.axis("off")
    plt.close(figure)
    return figure


pictures_at_rest = Exercise(
    number="06.2",
    level="repair",
    minutes=5,
    solutions=(solve_pictures, solve_pictures_by_copy, solve_pictures_by_package),
    inputs=small_generators,
    outcome=outcome_of_pictures,
    mistakes=(
        (
            as_it_is,
            "if G is in train mode, a picture still depends on the others in its batch, and the running averages move.",
            "Print G.training just before x = G(z). What did the line above it do?",
        ),
        (in_training, "G draws in train mode, even if it was in eval mode before: it normalises with the batch."),
        (
            one_by_one,
            "latents come one by one, but in train mode: each picture is normalised by itself alone, as no batch in "
            "training is.",
        ),
        (
            fixed_company,
            "each picture has the same company here, but it still has some: in train mode. In eval mode it needs none.",
        ),
        (lambda G, z: solve_pictures(G, z.clamp(-1, 1)), "the latents are cut off at ±1. Leave them as they are."),
        (first_layer_at_rest, "one BatchNorm is in eval mode, and the others still look at the batch."),
        (seen_once, "G sees the latents in train mode first: its running averages have moved before it draws."),
        (forgetful, "the running averages are set back to 0 and 1. They are what eval mode needs."),
        (without_norms, "the BatchNorms are left out. In eval mode they stay, with the running averages."),
        (
            lambda G, z: (solve_pictures(G, z) + 1) / 2,
            "the pixels are moved to [0, 1]. G's lie in [−1, 1]; leave them there.",
        ),
        (
            lambda G, z: (solve_pictures(G, z) + 1) * 127.5,
            "the pixels are moved to [0, 255]. G's lie in [−1, 1]; leave them there.",
        ),
        (
            lambda G, z: torch.atanh(solve_pictures(G, z)),
            "these are the numbers before tanh, no pixels.",
        ),
        (lambda G, z: solve_pictures(G, z - z.mean(0)), "the latents are centred over the batch: company again."),
        (lambda G, z: solve_pictures(G, F.normalize(z)), "the latents are scaled to length 1. Leave them as they are."),
        (lambda G, z: solve_pictures(G, z).flip(0), "the order of the pictures is turned round."),
        (
            lambda G, z: solve_pictures(G, z).clamp(min=0),
            "all that is darker than grey is cut off.",
        ),
        (lambda G, z: solve_pictures(G, -z), "these are the pictures of −z."),
        (
            lambda G, z: solve_pictures(G, torch.randn_like(z)),
            "these are pictures of latents of your own. Draw those of z.",
        ),
        (
            lambda G, z: solve_pictures(G, z)[:1].expand(len(z), -1, -1, -1),
            "every picture is that of the first latent.",
        ),
    ),
    hints=(
        "Which two things does eval() change in a network, and does torch.no_grad() change them, too?",
        "Look at each line that should *do* something. Is the method called, or only named?",
    ),
    insight="no_grad() switches gradients off and leaves BatchNorm and Dropout as they are; eval() does the opposite. "
    "To "
    "look at a network you want both, and then the mode that it was in.",
    reward=show_company,
)


# 06.3


def solve_matrix(kernel: Tensor, n: int, stride: int) -> Tensor:
    # row i says what output i takes from each input: the kernel, moved i strides to the right
    k = len(kernel)
    rows = (n - k) // stride + 1
    A = torch.zeros(rows, n, dtype=kernel.dtype)
    for i in range(rows):
        A[i, i * stride : i * stride + k] = kernel
    return A


def solve_matrix_by_units(kernel: Tensor, n: int, stride: int) -> Tensor:
    units = torch.eye(n, dtype=kernel.dtype)[:, None]  # column j of A is the answer to the unit vector j
    return F.conv1d(units, kernel[None, None], stride=stride)[:, 0].T


def placed(
    start: Callable = lambda i, stride: i * stride, rows: Callable = lambda n, k, s: (n - k) // s + 1
) -> Callable:
    def wrong(kernel, n, stride):
        k = len(kernel)
        A = torch.zeros(rows(n, k, stride), n, dtype=kernel.dtype)
        for i in range(len(A)):
            for j in range(k):
                if 0 <= start(i, stride) + j < n:
                    A[i, start(i, stride) + j] = kernel[j]
        return A

    return wrong


def padded_to_middle(kernel, n, stride):
    k = len(kernel)
    A = solve_matrix(kernel, n + k, stride)[: (n - k) // stride + 1]
    return A[:, k // 2 : k // 2 + n]


def around(kernel, n, stride):
    """Without an end: the kernel comes back on the other side."""
    first = F.pad(kernel, (0, n - len(kernel)))
    return torch.stack([first.roll(i) for i in range(0, n, stride)])


def show_matrix(matrix: Callable):
    pixels, _ = fashion_mnist("test")
    X = pixels[0].double() / 255
    A = torch.as_tensor(matrix(numbers(0.25, 0.5, 0.25), 28, 2)).detach().double()
    Y = A @ X @ A.T
    back = 4 * A.T @ Y @ A  # a stride of 2 leaves about a quarter of the numbers
    figure, axes = plt.subplots(1, 3, figsize=(7, 2.6))
    for ax, picture, name in zip(axes, (X, Y, back), ("X", "A X Aᵀ", "4 Aᵀ(A X Aᵀ)A"), strict=True):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        ax.set(title=f"{name}: {picture.shape[0]} × {picture.shape[1]}", xticks=[], yticks=[])
    plt.close(figure)
    return figure


matrix_of_convolution = Exercise(
    number="06.3",
    level="derive",
    minutes=8,
    solutions=(solve_matrix, solve_matrix_by_units),
    derivation="Output i is Σⱼ kernel[j] x[i · stride + j]: row i of A holds the kernel from column i · stride on.",
    inputs=lambda: [
        (numbers(1, 2, 4), 6, 1),
        (numbers(-1, 0.5), 7, 2),
        (numbers(0.25, 0.5, -0.75, 3), 12, 3),
        (numbers(2, -1, 3, 0.5, 1), 8, 1),
    ],
    mistakes=(
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, stride).T,
            "this is the matrix of the transposed convolution. Outputs go in rows, inputs in columns.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel.flip(0), n, stride),
            "the kernel is turned round. Networks leave it as it is: `conv1d` is a cross-correlation.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, 1),
            "the stride plays no part: the kernel moves by one place from row to row.",
        ),
        (
            placed(start=lambda i, stride: i),
            "the number of rows is right, but from row to row the kernel moves by one place, not by the stride.",
        ),
        (
            placed(rows=lambda n, k, s: (n - 1) // s + 1),
            "the last rows hold a kernel that is cut off: without padding it has to fit.",
        ),
        (
            around,
            "the kernel comes back on the other side, as if the ends were glued. It has to fit within the n inputs.",
        ),
        (
            placed(start=lambda i, stride: i * stride - 1, rows=lambda n, k, s: (n + 2 - k) // s + 1),
            "this has a padding of 1. There is none here.",
        ),
        (
            padded_to_middle,
            "the kernel lies with its middle on each stop, and a part of it outside. Without padding it begins there.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, stride) * (torch.arange(n) % stride == 0),
            "inputs between the stops are left out. A stride moves the kernel; each kernel takes neighbours.",
        ),
        (
            placed(start=lambda i, stride: i * stride + stride - 1),
            "the kernel begins stride − 1 places too late. Row 0 begins at input 0.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, stride).T.reshape(-1, n),
            "this has the shape of A and the order of Aᵀ: `reshape` exchanges no axes.",
        ),
        (
            placed(rows=lambda n, k, s: n // s),
            "rows for all n // stride stops: the last ones do not fit. Without padding the kernel has to.",
        ),
        (
            placed(rows=lambda n, k, s: (n - k) // s),
            "one row too few: the kernel also fits at the first place, before it has moved.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel / kernel.sum(), n, stride),
            "the kernel is divided by its sum. `conv1d` takes it as it is.",
        ),
        (
            lambda kernel, n, stride: (solve_matrix(kernel, n, stride) != 0).double(),
            "the places are right. Put the kernel's numbers there in place of 1.",
        ),
        (
            lambda kernel, n, stride: (
                kernel.sum() * (solve_matrix(kernel.abs(), n, stride) != 0).double() / len(kernel)
            ),
            "every place holds the mean of the kernel. Its numbers come in order.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, stride).T @ solve_matrix(kernel, n, stride),
            "this is AᵀA: it goes to the outputs and back to the inputs.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(kernel, n, stride) @ torch.ones(n, dtype=kernel.dtype),
            "this is A applied to ones. A itself is asked for.",
        ),
        (lambda kernel, n, stride: 0 * solve_matrix(kernel, n, stride), "the shape is right, but every number is 0."),
        (
            lambda kernel, n, stride: torch.cat([solve_matrix(kernel, n, stride)[:-1], kernel.new_zeros(1, n)]),
            "the last row is empty. The kernel fits there as well.",
        ),
        (
            lambda kernel, n, stride: solve_matrix(torch.cat([kernel[:1], 0 * kernel[1:]]), n, stride),
            "each row holds the first number of the kernel only. All of them belong there.",
        ),
    ),
    hints=(
        "Output i is kernel[0] x[i · stride] + kernel[1] x[i · stride + 1] + ...: what stands in row i of A?",
        "Begin with torch.zeros((n - k) // stride + 1, n) and put the kernel into each row, a stride further each "
        "time.",
    ),
    insight="Aᵀy lets each y paint the kernel, times its value, onto k of the n places, a stride apart: it is "
    "conv_transpose1d with the same kernel and stride. Places past the last kernel get 0: that is what output "
    "padding "
    "keeps.",
    reward=show_matrix,
)


# 06.4


def solve_batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    # one mean and one variance for each map: over pictures, rows and columns, all axes but C
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = (x - mean).square().mean((0, 2, 3), keepdim=True)
    return gamma[:, None, None] * (x - mean) / (variance + eps).sqrt() + beta[:, None, None]


def solve_batch_norm_by_library(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


def norm(
    axes: tuple[int, ...] = (0, 2, 3),
    correction: int = 0,
    scale: Callable = lambda variance, eps: (variance + eps).sqrt(),
    centre: Callable = lambda x, mean: x - mean,
    last: Callable = lambda x, gamma, beta: gamma[:, None, None] * x + beta[:, None, None],
    about_0: bool = False,
) -> Callable:
    """A wrong BatchNorm."""

    def wrong(x, gamma, beta, eps):
        mean = x.mean(axes, keepdim=True)
        variance = x.square().mean(axes, keepdim=True) if about_0 else x.var(axes, correction=correction, keepdim=True)
        return last(centre(x, mean) / scale(variance, eps), gamma, beta)

    return wrong


def fresh_averages(x, gamma, beta, eps):
    zeros, ones = torch.zeros_like(gamma), torch.ones_like(gamma)
    return F.batch_norm(x, zeros, ones, gamma, beta, training=False, eps=eps)


def within_pictures(x, gamma, beta, eps):
    variance = x.var((2, 3), correction=0, keepdim=True).mean(0, keepdim=True)
    return gamma[:, None, None] * (x - x.mean((0, 2, 3), keepdim=True)) / (variance + eps).sqrt() + beta[:, None, None]


def mean_deviation(x, gamma, beta, eps):
    x = x - x.mean((0, 2, 3), keepdim=True)
    deviation = x.abs().mean((0, 2, 3), keepdim=True)
    return gamma[:, None, None] * x / (deviation.square() + eps).sqrt() + beta[:, None, None]


def running_averages(x, gamma, beta, eps):
    layer = nn.BatchNorm2d(x.shape[1], eps=eps).double()
    layer(x)
    return gamma[:, None, None] * layer.eval()(x) + beta[:, None, None]


def maps() -> list[tuple]:
    cases = []
    for k, ((n, c, h, w), eps) in enumerate((((4, 3, 2, 3), 0.1), ((6, 2, 5, 2), 1e-5), ((2, 5, 3, 5), 0.8))):
        rng = torch.Generator().manual_seed(k)
        x = torch.randn(n, c, h, w, generator=rng, dtype=torch.float64)
        x = (
            x * (0.3 + torch.rand(1, c, 1, 1, generator=rng).double())
            + 2 * torch.randn(1, c, 1, 1, generator=rng).double()
        )
        gamma, beta = 1 + torch.rand(2, c, generator=rng, dtype=torch.float64)
        gamma[1] *= -1
        cases.append((x, gamma, -beta, eps))
    return cases


@torch.no_grad()
def use_batch_norm(batch_norm: Callable) -> str:
    G, rng = load_generator(), torch.Generator().manual_seed(0)

    def draw(z: Tensor) -> Tensor:
        h = z
        for layer in G.net:
            if isinstance(layer, nn.BatchNorm2d):
                gamma, beta = layer.weight.detach().double(), layer.bias.detach().double()
                h = as_tensor(batch_norm(h.double(), gamma, beta, layer.eps)).float()
            else:
                h = layer(h)
        return h

    lines = ["The shipped G with your BatchNorm: two pictures of one latent, in two batches of n, differ by (rms)"]
    one = torch.randn(1, G.latent_dim, generator=rng)
    for n in (2, 8, 32):
        twice = [draw(torch.cat([one, torch.randn(n - 1, G.latent_dim, generator=rng)]))[0] for _ in range(2)]
        lines.append(f"n = {n:2d}: {(twice[0] - twice[1]).square().mean().sqrt():.2f}")
    return "\n".join(lines)


batch_norm = Exercise(
    number="06.4",
    level="build",
    minutes=10,
    solutions=(solve_batch_norm, solve_batch_norm_by_library),
    inputs=maps,
    mistakes=(
        (
            norm(correction=1),
            "the variance is divided by n − 1. In train mode PyTorch's BatchNorm divides by n when it normalises.",
        ),
        (
            norm(axes=(2, 3)),
            "mean and variance are taken within each picture (as in InstanceNorm). BatchNorm takes them over the "
            "batch.",
        ),
        (
            norm(axes=(0,)),
            "each pixel has a mean of its own. BatchNorm has one for each map: rows and columns are averaged, too.",
        ),
        (
            norm(axes=(1, 2, 3)),
            "mean and variance are taken over all maps of a picture (as in LayerNorm). They belong to one map, over "
            "the batch.",
        ),
        (norm(axes=(0, 1, 2, 3)), "one mean for everything. Each map has its own."),
        (norm(axes=(1,)), "mean and variance are taken across the maps. Each map has its own, over the batch."),
        (
            norm(scale=lambda variance, eps: variance + eps),
            "you divide by the variance. Divide by the standard deviation, its root.",
        ),
        (norm(scale=lambda variance, eps: variance.sqrt() + eps), "eps stands outside the root."),
        (norm(scale=lambda variance, eps: variance.sqrt()), "eps is missing: a map without variance would give 0 / 0."),
        (
            norm(scale=lambda variance, eps: (variance + eps**2).sqrt()),
            "eps is squared. It is added to the variance as it is.",
        ),
        (
            norm(scale=lambda variance, eps: variance.clamp(min=eps).sqrt()),
            "eps is a floor here: the variance is held above it. It should be added.",
        ),
        (
            norm(last=lambda x, gamma, beta: (1 + gamma[:, None, None]) * x + beta[:, None, None]),
            "each map is multiplied by 1 + γ. γ itself is the factor.",
        ),
        (
            norm(last=lambda x, gamma, beta: gamma.abs()[:, None, None] * x + beta[:, None, None]),
            "γ has lost its sign. A negative one turns a map round.",
        ),
        (
            norm(last=lambda x, gamma, beta: gamma.mean() * x + beta.mean()),
            "one γ and one β for all maps. Each map has its own.",
        ),
        (
            within_pictures,
            "the variance is a mean of the variances within each picture. It is taken about the map's one mean.",
        ),
        (
            mean_deviation,
            "the mean absolute deviation stands in place of the standard deviation.",
        ),
        (
            running_averages,
            "these are the running averages after one batch, as in eval mode. In train mode the batch itself counts.",
        ),
        (norm(last=lambda x, gamma, beta: x + beta[:, None, None]), "gamma is missing."),
        (norm(last=lambda x, gamma, beta: x * gamma[:, None, None]), "beta is missing."),
        (
            norm(last=lambda x, gamma, beta: (x + beta[:, None, None]) * gamma[:, None, None]),
            "beta is multiplied by gamma, too. It is added at the end.",
        ),
        (
            norm(last=lambda x, gamma, beta: x * beta[:, None, None] + gamma[:, None, None]),
            "gamma and beta are exchanged: gamma multiplies, beta is added.",
        ),
        (
            norm(last=lambda x, gamma, beta: x * gamma + beta),
            "gamma and beta are laid along the last axis, the columns. They belong to the maps, the second axis.",
        ),
        (
            norm(axes=(0, 2)),
            "each column has a mean of its own. BatchNorm has one for each map: the last axis is averaged, too.",
        ),
        (
            norm(last=lambda x, gamma, beta: (gamma[:, None, None] * x + beta[:, None, None]).relu()),
            "what is below 0 is cut off. ReLU is the next layer.",
        ),
        (
            fresh_averages,
            "nothing is normalised: these are a fresh BatchNorm's running averages, 0 and 1, as in eval mode.",
        ),
        (norm(centre=lambda x, mean: x), "the mean is not taken away."),
        (
            norm(about_0=True),
            "this is the mean square, about 0. The variance is the mean square about the mean.",
        ),
        (
            lambda x, gamma, beta, eps: nn.BatchNorm2d(x.shape[1], eps=eps).double().eval()(x),
            "this is a fresh layer in eval mode: nothing is normalised, and gamma and beta are left out.",
        ),
        (
            norm(scale=lambda variance, eps: (variance + eps).sqrt().mean()),
            "all maps are divided by one number. Each has its own variance.",
        ),
    ),
    hints=(
        "Over which axes of (N, C, H, W) do you take the mean, if each of the C maps has one?",
        "x.mean((0, 2, 3), keepdim=True) has the shape (1, C, 1, 1) and broadcasts. What must gamma look like to do "
        "so?",
    ),
    insight="The larger the batch, the less its mean and variance depend on who is in it: hence, on average, the "
    "difference falls with n, and hence eval mode, where running averages take the batch's place.",
    reward=use_batch_norm,
)


# 06.5

as_few_as_you_can = Open(
    number="06.5",
    minutes=25,
    outline="""\
Something must mix all of z; in our G the dense layer does. After it shared kernels cost little.

parameters, and the largest number of independent directions in which the picture moves at one z (rank of its
Jacobian):
- ConvGenerator(48, widths=(64, 32)): {full}, rank {full_rank}
- dense 64 → 3 × 3, then four 4 × 4 transposed convolutions of one map each: {thin}, rank {thin_rank}
- dense 64 → 1, one 3 × 3, then four 2 × 2 of stride 2: {tiny}, rank {tiny_rank}
(median and range over the seeds 0 to {last_seed}; in all three every pixel depends on every number of z, which we
checked by the Jacobian at one z, on each seed.)

So {tiny} parameters are enough, and the exercise as it was put has a catch: that net draws one picture or its
negative, faint or strong. "Every pixel can depend on every number" is cheap; what costs is that they depend in
*different* ways. At most as many directions come out as numbers stand in the narrowest layer: 9 in the second net,
one in the third. You may also drop the dense weights (sum z up: none to learn): then only the few weights of the
kernels are left. What these nets could learn, we did not try.""",
)


recall = Recall(
    (
        "Someone says: “The generator's deconvolutions undo the convolutions of the discriminator.” What is wrong?",
        [
            ("They have other kernels.", "With the same kernel it would be just as wrong."),
            (
                "A transposed convolution can restore the shape, not the picture.",
                "Yes: it is Aᵀ, and in general not A⁻¹.",
            ),
            ("Nothing.", "Blur a picture and apply the transpose: it is blurred twice. Section 4."),
        ],
        1,
        "conv_transpose2d is the transpose of a convolution's matrix. Only an inverse would undo it.",
    ),
    (
        "You double the side of G's pictures, with one more transposed convolution at the end. What grows most?",
        [
            ("the number of weights", "The new layer is small: kernels do not know how large a map is."),
            ("the latent", "z may stay as it is."),
            ("the number of multiply-adds", "Yes: few new weights, each used all over a large map."),
        ],
        2,
        "Sharing frees the number of weights from the picture's size, not the operations.",
    ),
    (
        "From 02: D's turn scores G(z).detach(). What for?",
        [
            (
                "so that D's loss sends no gradient into G",
                "Yes: only D's weights move in this turn, and G's way back need not be computed.",
            ),
            ("so that BatchNorm in G uses its running averages", "That is eval(). detach() changes no number."),
            ("so that D gets no gradient", "D's weights do get theirs: detach() cuts the way to G alone."),
        ],
        0,
        "detach() cuts the graph between G and D. The fakes are the same, but for D they are data.",
    ),
)
