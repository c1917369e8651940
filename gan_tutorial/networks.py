"""The two players. G: latent z (N, Z) -> sample x (N, ...).  D: sample x (N, ...) -> score t (N,).

D returns scores, never probabilities: the sigmoid lives in the objective. With `classes` > 0 both
players are told the label y (N,), whole numbers in [0, classes): G(z, y) and D(x, y).
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _one_hot(labels: Tensor | None, classes: int) -> Tensor:
    """y (N,) -> (N, classes), after checking that y is there exactly when `classes` asks for it."""
    if labels is None or classes == 0:
        raise TypeError(
            f"a network with classes={classes} was called with{'out' if labels is None else ''} labels; "
            "give both players the same `classes`, and data that yields labels only if it is > 0"
        )
    if labels.is_floating_point() or labels.ndim != 1:
        raise TypeError(f"labels are {labels.dtype} of shape {tuple(labels.shape)}; expected integers of shape (N,)")
    return F.one_hot(labels.long(), classes).float()


def _check(what: str, x: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(x.shape[1:]) != shape or x.dtype != torch.float32:
        wanted = ", ".join(map(str, ("N", *shape)))
        raise ValueError(f"{what} is {x.dtype} of shape {tuple(x.shape)}; expected float32 ({wanted})")


class Generator(nn.Module):
    """z (N, Z), and y (N,) if there are classes -> what `net` makes of them.

    In float32, as D's scores, even where autocast lets the layers between calculate in half precision.
    """

    def __init__(self, latent_dim: int, classes: int, net: nn.Module):
        super().__init__()
        self.latent_dim, self.classes, self.net = latent_dim, classes, net

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        _check("the latent z", z, (self.latent_dim,))
        if labels is not None or self.classes:
            z = torch.cat([z, _one_hot(labels, self.classes)], dim=1)
        return self.net(z).float()


class Discriminator(nn.Module):
    """x -> features h (N, F) -> t = <w, h> + b, and + <e(y), h> if there are classes.

    The label's part is the projection of Miyato & Koyama 2018.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, net: nn.Module, features: int):
        super().__init__()
        self.shape, self.classes, self.net = shape, classes, net
        self.score = nn.Linear(features, 1)
        if classes:
            self.embedding = nn.Linear(classes, features, bias=False)

    def features(self, x: Tensor) -> Tensor:
        """What D sees in x: (N, ...) -> (N, F)."""
        _check("the sample x", x, self.shape)
        return self.net(x)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        h = self.features(x)
        t = self.score(h).squeeze(1).float()
        if labels is not None or self.classes:
            t = t + (self.embedding(_one_hot(labels, self.classes)) * h).sum(1)
        return t


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with LeakyReLU(0.2) between them: (N, widths[0]) -> (N, widths[-1])."""
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


class MLPGenerator(Generator):
    """z (N, Z) -> x (N, data_dim), for distributions on the line or in the plane."""

    def __init__(
        self,
        data_dim: int = 2,
        latent_dim: int = 2,
        widths: Sequence[int] = (64, 64),
        classes: int = 0,
    ):
        super().__init__(latent_dim, classes, mlp(latent_dim + classes, *widths, data_dim))


class MLPDiscriminator(Discriminator):
    """x (N, data_dim) -> t (N,)."""

    def __init__(self, data_dim: int = 2, widths: Sequence[int] = (64, 64), classes: int = 0):
        net = nn.Sequential(mlp(data_dim, *widths), nn.LeakyReLU(0.2))
        super().__init__((data_dim,), classes, net, widths[-1])


def _ready(network: nn.Module) -> None:
    """Weights ~ N(0, 0.02^2), as in DCGAN; in memory, a pixel's channels lie side by side: faster on CPUs."""
    for m in network.modules():
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(m.weight, 0.0, 0.02)
    network.to(memory_format=torch.channels_last)


class Dropout(nn.Dropout):
    """nn.Dropout with random numbers of its own, which its state holds: a run resumes bit for bit.

    The layers of a network take different `stream`s, or they would drop the same places.
    """

    def __init__(self, p: float = 0.5, stream: int = 0):
        super().__init__(p)
        self.rng = torch.Generator().manual_seed(torch.initial_seed() + stream)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape, generator=self.rng).to(x.device) >= self.p
        return x * keep / (1 - self.p)

    def get_extra_state(self) -> Tensor:
        return self.rng.get_state()

    def set_extra_state(self, state: Tensor) -> None:
        self.rng.set_state(state.cpu())


class Conv2dToGrey(nn.Conv2d):
    """nn.Conv2d(C, 1, ...), three times as fast on a CPU: x (N, C, H, W) -> (N, 1, H, W).

    A convolution filters each map and adds the results; here these are two steps. In one step a CPU's vector unit
    computes sixteen output channels at a time, and fifteen would be thrown away.
    """

    def __init__(self, channels: int, kernel_size: int, padding: int):
        super().__init__(channels, 1, kernel_size, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        filtered = F.conv2d(x, self.weight.transpose(0, 1), padding=self.padding, groups=self.in_channels)
        return filtered.sum(1, keepdim=True) + self.bias


class ConvGenerator(Generator):
    """z (N, Z) -> widths[0] maps of the coarsest side -> each layer doubles the side -> x (N, C, S, S).

    One transposed convolution a width. The last one paints the channels; or, with `full_size_maps` > 0, it makes so
    many maps of the full size, and a 3x3 convolution paints the channels. Pixels in [-1, 1]. For size 28, widths
    (64, 32) and 16 full-size maps: z (N, Z) -> (N, 64, 7, 7) -> (N, 32, 14, 14) -> (N, 16, 28, 28) -> x (N, 1, 28, 28).
    After DCGAN, Radford et al. 2016
    """

    def __init__(
        self,
        size: int = 28,
        channels: int = 1,
        latent_dim: int = 64,
        widths: Sequence[int] = (64, 32),
        full_size_maps: int = 0,
        classes: int = 0,
        slope: float = 0.0,
    ):
        side, rest = divmod(size, 2 ** len(widths))
        if not widths or rest:
            raise ValueError(
                f"widths {tuple(widths)} double the side {len(widths)} times, so the size must be a multiple "
                f"of {2 ** len(widths)}, and at least one width is needed; got size {size}"
            )
        first = widths[0] * side * side
        layers = [
            nn.Linear(latent_dim + classes, first, bias=False),
            nn.Unflatten(1, (widths[0], side, side)),
        ]
        maps = (*widths, full_size_maps) if full_size_maps else tuple(widths)
        for a, b in pairwise((*maps, channels)):
            layers += [nn.BatchNorm2d(a), nn.LeakyReLU(slope)]  # slope 0 is ReLU
            layers += [nn.ConvTranspose2d(a, b, kernel_size=4, stride=2, padding=1, bias=b == channels)]
        if full_size_maps:
            layers[-1] = (
                Conv2dToGrey(full_size_maps, 3, 1)
                if channels == 1
                else nn.Conv2d(full_size_maps, channels, 3, padding=1)
            )
        super().__init__(latent_dim, classes, nn.Sequential(*layers, nn.Tanh()))
        _ready(self)


class ConvDiscriminator(Discriminator):
    """x (N, C, S, S) -> each layer halves the side -> features -> t (N,).

    For size 28 and widths (32, 64): x (N, 1, 28, 28) -> (N, 32, 14, 14) -> (N, 64, 7, 7) -> t (N,).
    An odd side is halved and rounded down: 7 becomes 3.
    After DCGAN, Radford et al. 2016
    """

    def __init__(
        self,
        size: int = 28,
        channels: int = 1,
        widths: Sequence[int] = (32, 64),
        classes: int = 0,
        batch_norm: bool = False,
        dropout: float = 0.0,
    ):
        side = size // 2 ** len(widths)
        if not widths or side < 1:
            raise ValueError(
                f"widths {tuple(widths)} halve the side {len(widths)} times, which leaves nothing of size {size}; "
                "give fewer widths, but at least one"
            )
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(pairwise((channels, *widths))):
            layers += [nn.Conv2d(a, b, kernel_size=4, stride=2, padding=1)]
            layers += [nn.BatchNorm2d(b)] * (batch_norm and i > 0)
            layers += [nn.LeakyReLU(0.2)] + [Dropout(dropout, stream=i)] * (dropout > 0)
        net = nn.Sequential(*layers, nn.Flatten())
        super().__init__((channels, size, size), classes, net, widths[-1] * side * side)
        _ready(self)
